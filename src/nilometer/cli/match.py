"""match, identities, canary: naming where a dump came from."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

import nilometer as nm
from nilometer.app import canaries, identities, identityfiles
from nilometer.cli import options, show

_FILE = click.Path(dir_okay=False, path_type=Path)
_country = click.option("--country", metavar="CODE", help="Calling code of phones that come without one, such as 86 or 49.")
_mapping = click.option("--mapping", type=_FILE, metavar="FILE", help="A mapping whose [columns] says what columns are.")


@click.command(
    epilog=options.example(
        "nilometer match dump.csv",
        "nilometer match leak.sql.gz --until 2020-07-01 --json",
        "nilometer match forum/ --case K-2020-0A1B2C3D",
        "nilometer match hashed.csv --identities members.csv --country 86",
    )
)
@click.argument("dumps", metavar="DUMP...", nargs=-1, required=True)
@click.option(
    "--identities", "members", multiple=True, metavar="FILE",
    help="A list of members (as `nilometer identities` reads it) for this question only: its values and their MD5, SHA-1, SHA-256 are compared, nothing is kept (repeatable).",
)  # fmt: skip
@_mapping
@_country
@click.option("--until", type=options.Moment(), help="The dump was there by then: later disclosures cannot be behind it.")
@click.option("--fields", metavar="A,B", help="What the source was shown of each person (default: told by the columns; '' for anything).")
@click.option(
    "--nobody", type=click.FloatRange(0, 1, min_open=True, max_open=True), default=0.5, show_default=True,
    help="How likely it is, before looking, that the source is nobody in the ledger.",
)  # fmt: skip
@click.option("--top", type=click.IntRange(1, 1000), default=10, show_default=True, help="How many suspects to list.")
@click.option("--case", metavar="ID", help="The case this belongs to: the verdict becomes part of its history.")
@options.home
@options.as_json
def match(
    dumps: tuple[str, ...],
    members: tuple[str, ...],
    mapping: Path | None,
    country: str | None,
    until: datetime | None,
    fields: str | None,
    nobody: float,
    top: int,
    case: str | None,
    home: str | None,
    as_json: bool,
) -> None:
    """Say which actor could have made a dump that was found: CSV, SQL, JSON, spreadsheet or Parquet, also packed.

    Columns are recognised by whose values they hold. The verdict is "cannot tell" where chance, or somebody who holds the same
    people, explains it as well. Nothing of the dump is kept; the verdict is recorded.
    """
    chosen = None if fields is None else [name.strip() for name in fields.split(",") if name.strip()]
    with nm.open(home) as nilometer, show.progress("Reading", "B") as progress:
        said = nilometer.match(
            *dumps, members=members, mapping=mapping, country=country, until=until, fields=chosen, nobody=nobody, most=top, case=case, progress=progress
        )  # fmt: skip
    if as_json:
        show.document(said)
    else:
        _tell(said)


def _tell(said: dict[str, Any]) -> None:
    print(
        f"{said['rows']:,} rows: {said['matched']:,} of {said['people']:,} people who are known here, {said['unmatched']:,} "
        + ("of nobody known" if any(one["kind"] for one in said["columns"]) else "that no column says whose they are")
        + (f"; {said['unreadable']:,} could not be read" if said["unreadable"] else "")
        + ("; the file breaks off" if said["dump"]["broken_off"] else "")
    )
    known = [
        f"{show.safe(one['name'], 30)} is {show.safe(one['kind'], 30)} ({one['known']:.0%} of {one['sampled']:,} values known)"
        for one in said["columns"]
        if one["kind"]
    ]
    print("  columns: " + ("; ".join(known[:12]) or "none could be recognised; `nilometer identities` and a mapping help"))
    if said["fields"]:
        print(f"  whoever made it was shown: {show.safe(', '.join(said['fields']), 200)}")
    print(f"  {said['freshness']['says']}")
    company = f" of company {show.safe(said['company'])}" if said["company"] and said["named"]["level"] != "org" else ""
    print(f"\nVerdict: {show.safe(said['verdict'], 120)}{company}")
    for text in said["why"]:
        print(f"  {show.safe(text, 600)}")
    rows = [
        [
            f"{one['level']} {show.safe(one['id'], 40)}",
            f"{one['probability']:.3f}",
            f"{one['low']:.3f} to {one['high']:.3f}",
            one["held"],
            f"{one['expected']:,.0f}",
            one["reach"],
            " to ".join(moment[:10] for moment in one["window"]) if one["window"] else "not known",
        ]
        for one in said["suspects"]
    ]
    columns = [("actor", "left"), ("probability", "right"), ("range", "right"), ("held of these", "right"), ("by chance", "right"), ("ever shown", "right"), ("taken (UTC)", "left")]  # fmt: skip
    if rows:
        print()
        show.out().print(show.table("Suspects", columns, rows))
    print(f"Somebody whose disclosures are not in the ledger: {said['elsewhere']:.3f}")
    for one in said["excluded"][:5]:
        print(f"  not the source: {show.safe(' '.join(one['why']), 300)}")


@click.command(
    name="identities",
    epilog=options.example("nilometer identities phones.csv --country 86", "nilometer identities members.csv --mapping members.toml", "nilometer identities --json"),
)  # fmt: skip
@click.argument("paths", metavar="PATH...", nargs=-1)
@_mapping
@_country
@click.option(
    "--change-country",
    is_flag=True,
    help="Let another calling code hold from now on: phones kept without one before are not found any more.",
)
@options.home
@options.as_json
def identities_(
    paths: tuple[str, ...], mapping: Path | None, country: str | None, change_country: bool, home: str | None, as_json: bool
) -> None:
    """Take in which phones, e-mails, nicknames belong to whom, and when; without PATH, say how many are known.

    Columns: subject, kind, value, from, to; or subject and one column per kind. Kept as keyed pseudonyms only.
    """
    with nm.open(home) as nilometer, show.progress("Reading", "B") as progress:
        taken = None
        if paths:
            taken = identityfiles.take(
                nilometer.home, paths, mapping=mapping, country=country, change_country=change_country, progress=progress
            )
        held = identities.of(nilometer.home)
        counts, people = held.counts(), len(held.people())
    known = {"identities": sum(counts.values()), "kinds": counts, "people": people}
    if as_json:
        read = {} if taken is None else {"files": taken.files, "rows": taken.rows, "new": taken.new, "unreadable": taken.unreadable, "reasons": taken.reasons, "left_out": list(taken.left_out)}  # fmt: skip
        show.document({**read, **known})
        return
    if taken is not None:
        print(
            f"{taken.rows:,} rows read: {taken.new:,} new identities"
            + (f"; {taken.unreadable:,} rows could not be used" if taken.unreadable else "")
        )
        for text in taken.reasons:
            print(f"  {show.safe(text, 300)}")
        if taken.left_out:
            names = ", ".join(show.safe(name, 30) for name in list(taken.left_out)[:12])
            print(f"  columns left out: {names}. A mapping with [columns] takes more of them in.")
    print(
        f"{known['identities']:,} identities of {people:,} people: "
        + (", ".join(f"{show.safe(kind)} {count:,}" for kind, count in counts.items()) or "none yet")
    )


@click.group(
    epilog=options.example(
        "nilometer canary plant app partner-7 --make 20 --like '88#########'",
        "nilometer canary list",
        "nilometer canary remove app partner-7",
    )
)
def canary() -> None:
    """Made-up people that the platform shows to one actor only: found in a dump, they prove whose it is."""


@canary.command(
    epilog=options.example(
        "nilometer canary plant app partner-7 --make 20 --like '88#########'", "nilometer canary plant org acme --value user-990017 --value user-990018"
    )
)  # fmt: skip
@click.argument("level")
@click.argument("ident", metavar="ID")
@click.option("--value", "values", multiple=True, metavar="VALUE", help="A made-up value that you have chosen (repeatable).")
@click.option("--make", type=click.IntRange(1, canaries.MOST), metavar="N", help="Make N values, out of a seed of the actor's own.")
@click.option(
    "--like",
    metavar="PATTERN",
    help="What made values look like: # is a digit, ? a letter, all else itself. Numbers that are assigned to people (13#########) prove nothing against a dump of them.",
)
@click.option("--kind", default="subject", show_default=True, help="What the values are: subject, phone, email, nickname.")
@options.home
@options.as_json
def plant(
    level: str, ident: str, values: tuple[str, ...], make: int | None, like: str | None, kind: str, home: str | None, as_json: bool
) -> None:
    """Keep made-up values for one actor, and print them: the platform must show them to nobody else."""
    if bool(values) == bool(make) or bool(make) != bool(like):
        raise nm.InputError("Give either --value (repeatable), or --make N together with --like PATTERN.")
    with nm.open(home) as nilometer:
        chosen = list(values) or canaries.made(nilometer.home, level, ident, int(make or 0), str(like), kind=kind)
        added = canaries.plant(nilometer.home, level, ident, chosen, kind=kind, like=str(like or ""))
    if as_json:
        show.document({"canaries": [_canary(one) for one in added]})
        return
    for one in added:
        print(show.safe(one.value, 200))
    show.say(f"{len(added):,} canaries kept for {level} {show.safe(ident)}. Show them to nobody else.")


@canary.command(name="list", epilog=options.example("nilometer canary list", "nilometer canary list --json"))
@options.home
@options.as_json
def list_(home: str | None, as_json: bool) -> None:
    """List the canaries of all actors."""
    with nm.open(home) as nilometer:
        kept = canaries.kept(nilometer.home)
    if as_json:
        show.document({"canaries": [_canary(one) for one in kept]})
        return
    rows = [[f"{one.level} {show.safe(one.actor, 40)}", one.kind, show.safe(one.value, 60), one.at[:16].replace("T", " ")] for one in kept]
    columns = [("for", "left"), ("kind", "left"), ("value", "left"), ("planted (UTC)", "left")]
    show.out().print(show.table(f"{len(kept):,} canaries", columns, rows))


@canary.command(epilog=options.example("nilometer canary remove app partner-7"))
@click.argument("level")
@click.argument("ident", metavar="ID")
@options.home
def remove(level: str, ident: str, home: str | None) -> None:
    """Forget an actor's canaries (undoes plant)."""
    with nm.open(home) as nilometer:
        count = canaries.remove(nilometer.home, level, ident)
    print(f"{count:,} canaries of {level} {show.safe(ident)} forgotten.")


def _canary(one: canaries.Canary) -> dict[str, str]:
    return {"level": one.level, "id": one.actor, "kind": one.kind, "value": one.value, "planted": one.at}


COMMANDS = (match, identities_, canary)
