"""case: findings that belong together, what was decided about them, and exactly whose data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

import nilometer as nm
from nilometer.app import cases, related, reveal, scope
from nilometer.cli import options, show

_WHY = click.option("--why", default="", metavar="TEXT", help="The reason, for those who come later. It is sealed with the step.")
_NEEDED = click.option("--why", required=True, metavar="TEXT", help="The reason, for those who come later. It is sealed with the step.")


@click.group(epilog=options.example("nilometer case open F-2026-0A1B2C3D", "nilometer case show K-2026-7Q3F2A", "nilometer case list"))
def case() -> None:
    """Findings that belong together, with a history: who did what, when and why. Nothing is ever removed from it."""


@case.command("list", epilog=options.example("nilometer case list", "nilometer case list --state open --json"))
@click.option("--state", "only", type=click.Choice(("open", "investigating", "contained", "closed")), help="Only cases in this state.")
@options.home
@options.as_json
def listed(only: str | None, home: str | None, as_json: bool) -> None:
    """List all cases, newest first."""
    with nm.open(home) as nilometer:
        found = [one for one in cases.listed(nilometer.home) if only in (None, one["state"]) and (one["into"] is None or as_json)]
    if as_json:
        show.document({"cases": found})
        return
    if not found:
        print("No cases. `nilometer findings` lists findings; `nilometer case open FINDING` opens a case with one.")
        return
    columns = [(name, "left") for name in ("case", "state", "severity", "title", "assigned", "updated (UTC)")] + [
        ("people at least", "right")
    ]
    rows = [
        [
            one["id"],
            one["state"] + (f", {one['verdict']}" if one["verdict"] else "") + (", hold" if one["hold"] else ""),
            one["severity"],
            show.safe(one["title"], 60),
            show.safe(one["assigned"] or "", 20),
            one["updated"][:16].replace("T", " "),
            one["people"],
        ]
        for one in found
    ]
    show.out().print(show.table(f"{len(found):,} case{'s' if len(found) != 1 else ''}", columns, rows))


@case.command("show", epilog=options.example("nilometer case show K-2026-7Q3F2A", "nilometer case show K-2026-7Q3F2A --json"))
@click.argument("ident", metavar="ID")
@options.home
@options.as_json
def shown(ident: str, home: str | None, as_json: bool) -> None:
    """The page of facts of one case. Every figure is exact, counted from every disclosure."""
    with nm.open(home) as nilometer, show.progress("Counting") as progress:
        page = cases.facts(nilometer.home, ident, progress)
    if as_json:
        show.document(page)
        return
    print(f"{page['id']} · {page['state']}{_more(page)} · {page['severity']} · confidence {page['confidence']:.2f}")
    print(show.safe(page["title"], 300))
    print(f"  shown from {page['since']} to {page['until']}; alarm {page['detected_at']}")
    print(f"  {page['people']:,} people (exact), {page['people_at_detection']:,} of them by the first alarm")
    asked = page["asked_not_shown"]
    print(f"  asked for and not shown: {asked['people']:,} people in {asked['disclosures']:,} disclosures")
    for unit, counted in page["items"].items():
        print(f"  {unit}: {counted['count']:,}. {counted['deduplication']} [{counted['law']}]")
    for heading in ("fields", "surfaces"):
        print(f"  {heading}: " + (", ".join(f"{show.safe(n)} {c:,}" for n, c in list(page[heading].items())[:20]) or "not known"))
    rows = [[one["level"], show.safe(one["id"]), one["people"]] for one in page["hierarchy"][:30]]
    show.out().print(show.table("To whom, up to the company", [("level", "left"), ("id", "left"), ("people", "right")], rows))
    for sentence in page["how_found"]:
        print(f"  {show.safe(sentence, 600)}")
    for one in page["unknown"]:
        when = f", {one['from']} to {one['until']}" if one["from"] else ""
        print(f"  not known: {show.safe(one['what'], 300)}{when}. {show.safe(one['bound'], 300)}")
    rows = [
        [s["at"][:19].replace("T", " "), show.safe(s["by"], 24), show.safe(s["did"], 100), show.safe(s["why"], 200)]
        for s in page["history"]
    ]
    show.out().print(show.table("What was done", [("when (UTC)", "left"), ("who", "left"), ("what", "left"), ("why", "left")], rows))


def _more(page: dict[str, Any]) -> str:
    return (f" as {page['verdict']}" if page["verdict"] else "") + (", under legal hold" if page["hold"] else "")


@case.command(
    "open", epilog=options.example("nilometer case open F-2026-0A1B2C3D", "nilometer case open F-2026-0A1B2C3D --related --title 'Crawler'")
)
@click.argument("findings", nargs=-1, required=True, metavar="FINDING...")
@click.option("--title", default="", metavar="TEXT", help="What the case is called (default: what its first finding is called).")
@click.option("--related", "take", is_flag=True, help="Take every finding that belongs with these and is in no case yet.")
@_WHY
@options.home
@options.as_json
def opened(findings: tuple[str, ...], title: str, take: bool, why: str, home: str | None, as_json: bool) -> None:
    """Open a case with findings of the last `detect`; what belongs with them is suggested."""
    with nm.open(home) as nilometer:
        wanted = list(findings)
        if take:
            tied = related.related(nilometer.home, people=True)
            for _ in tied:  # what belongs with what belongs with it
                wanted += [
                    b for one in tied for a, b in ((one.finding, one.other), (one.other, one.finding)) if a in wanted and not one.case
                ]
                wanted = list(dict.fromkeys(wanted))
        made = cases.opened(nilometer.home, wanted, title=title, why=why)
        suggested = [one for one in related.related(nilometer.home, people=True) if one.case == made.id]
    if as_json:
        show.document(_plain(made) | {"suggestions": [{"finding": s.finding, "with": s.other, "because": s.because} for s in suggested]})
        return
    print(f"Opened {made.id} with {', '.join(made.findings)}.")
    for one in suggested:
        print(f"  {one.finding} may belong to it: {show.safe(one.because, 200)}. nilometer case join {made.id} {one.finding}")
    print(f"`nilometer case show {made.id}` counts; `nilometer case scope {made.id} --people people.csv` lists exactly whose data.")


@case.command("close", epilog=options.example("nilometer case close K-2026-7Q3F2A --verdict benign --why 'search engine, contract 2026-7'"))
@click.argument("ident", metavar="ID")
@click.option(
    "--verdict", type=click.Choice(("confirmed", "benign")), required=True, help="What it was. Benign teaches detection, with a ceiling."
)
@click.option(
    "--people-a-day", type=click.IntRange(0, 10**10), help="New people a day that are in order (default: what each actor lately was shown)."
)
@_NEEDED
@options.home
@options.as_json
def closed(ident: str, verdict: str, people_a_day: int | None, why: str, home: str | None, as_json: bool) -> None:
    """Close a case with a verdict; `reopen` takes both back."""
    with nm.open(home) as nilometer:
        made = cases.closed(nilometer.home, ident, verdict, why, people_a_day=people_a_day)
    if as_json:
        show.document(_plain(made))
        return
    print(f"{made.id} is closed as {verdict}. `nilometer case reopen {made.id} --why ...` takes it back.")
    for one in made.taught[:20] if verdict == "benign" else ():
        name = f"{one.level} {show.safe(one.id)}"
        if one.people_a_day:
            print(
                f"  {name}: {one.people_a_day:,} new people a day are in order; half as many more are let pass, for 90 days from {one.at:%Y-%m-%d}."
            )
        else:
            print(f"  {name}: done once, so nothing is taught for the days to come (--people-a-day N teaches a number).")


def _plain(made: Any) -> dict[str, Any]:
    """A case after a step, as JSON."""
    return {
        "id": made.id,
        "title": made.title,
        "state": made.state,
        "verdict": made.verdict,
        "hold": made.hold,
        "assigned": made.assigned,
        "findings": list(made.findings),
        "into": made.into,
        "taught": [{"level": t.level, "id": t.id, "from": t.at, "people_a_day": t.people_a_day} for t in made.taught],
        "history": [{"at": p.at.isoformat(), "by": p.by, "did": p.did, "why": p.why, "index": p.index} for p in made.history],
    }


def _step(home: str | None, as_json: bool, ident: str, did: str, why: str, **more: Any) -> None:
    with nm.open(home) as nilometer:
        made = cases.told(nilometer.home, ident, did, why, **more)
    if as_json:
        show.document(_plain(made))
    else:
        print(f"{made.id}: {show.safe(made.history[-1].did, 200)}.")


@case.command("note", epilog=options.example("nilometer case note K-2026-7Q3F2A --why 'called the partner; they look into it'"))
@click.argument("ident", metavar="ID")
@_NEEDED
@options.home
@options.as_json
def note(ident: str, why: str, home: str | None, as_json: bool) -> None:
    """Write something into the history of a case."""
    _step(home, as_json, ident, "note", why)


@case.command("state", epilog=options.example("nilometer case state K-2026-7Q3F2A contained --why 'key revoked at 14:05'"))
@click.argument("ident", metavar="ID")
@click.argument("state", type=click.Choice(("open", "investigating", "contained")))
@_NEEDED
@options.home
@options.as_json
def state(ident: str, state: str, why: str, home: str | None, as_json: bool) -> None:
    """Say how far work on a case is; another `state` answers a mistaken one."""
    _step(home, as_json, ident, "state", why, state=state)


@case.command("hold", epilog=options.example("nilometer case hold K-2026-7Q3F2A --why 'court order 12/26'"))
@click.argument("ident", metavar="ID")
@_NEEDED
@options.home
@options.as_json
def hold(ident: str, why: str, home: str | None, as_json: bool) -> None:
    """Put a case under legal hold: nothing of it is erased until `release`."""
    _step(home, as_json, ident, "hold", why)


@case.command("release", epilog=options.example("nilometer case release K-2026-7Q3F2A --why 'proceedings ended'"))
@click.argument("ident", metavar="ID")
@_NEEDED
@options.home
@options.as_json
def release(ident: str, why: str, home: str | None, as_json: bool) -> None:
    """Release a case from legal hold."""
    _step(home, as_json, ident, "release", why)


@case.command("assign", epilog=options.example("nilometer case assign K-2026-7Q3F2A dana"))
@click.argument("ident", metavar="ID")
@click.argument("who")
@_WHY
@options.home
@options.as_json
def assign(ident: str, who: str, why: str, home: str | None, as_json: bool) -> None:
    """Say who works on a case."""
    _step(home, as_json, ident, "assign", why, to=who)


@case.command("reopen", epilog=options.example("nilometer case reopen K-2026-7Q3F2A --why 'it goes on'"))
@click.argument("ident", metavar="ID")
@_NEEDED
@options.home
@options.as_json
def reopen(ident: str, why: str, home: str | None, as_json: bool) -> None:
    """Open a closed case again; what its verdict taught is forgotten with the next `detect`."""
    _step(home, as_json, ident, "reopen", why)


@case.command(
    "join",
    epilog=options.example("nilometer case join K-2026-7Q3F2A F-2026-0B2C3D4E", "nilometer case join K-2026-7Q3F2A F-2026-0B2C3D4E --move"),
)
@click.argument("ident", metavar="ID")
@click.argument("findings", nargs=-1, required=True, metavar="FINDING...")
@click.option("--move", is_flag=True, help="Take findings from other cases, too.")
@_WHY
@options.home
@options.as_json
def join(ident: str, findings: tuple[str, ...], move: bool, why: str, home: str | None, as_json: bool) -> None:
    """Add findings to a case; `split` takes them out again."""
    with nm.open(home) as nilometer:
        made = cases.joined(nilometer.home, ident, findings, move=move, why=why)
    if as_json:
        show.document(_plain(made))
    else:
        print(f"{made.id}: {show.safe(made.history[-1].did, 400)}.")


@case.command("split", epilog=options.example("nilometer case split K-2026-7Q3F2A F-2026-0B2C3D4E --why 'another company'"))
@click.argument("ident", metavar="ID")
@click.argument("findings", nargs=-1, required=True, metavar="FINDING...")
@_WHY
@options.home
@options.as_json
def split(ident: str, findings: tuple[str, ...], why: str, home: str | None, as_json: bool) -> None:
    """Take findings out of a case into a new one; `join --move` brings them back."""
    with nm.open(home) as nilometer:
        left, made = cases.split(nilometer.home, ident, findings, why=why)
    if as_json:
        show.document({"left": _plain(left), "made": _plain(made)})
    else:
        print(f"{made.id}: {show.safe(made.history[-1].did, 400)}. {left.id} keeps {', '.join(left.findings)}.")
        if made.hold:
            print(f"  {made.id} is under legal hold, as {left.id} is: release each when its time has come.")


@case.command(
    "scope",
    epilog=options.example(
        "nilometer case scope K-2026-7Q3F2A --people people.parquet --asked asked.csv",
        "nilometer case scope K-2026-7Q3F2A --people notice.csv --reveal --reveal-key /media/key/reveal.key --why 'notice of 3 May'",
        "nilometer case scope K-2026-7Q3F2A --people notice.csv --reveal --ids all-ids.csv --why 'notice of 3 May'",
    ),
)
@click.argument("ident", metavar="ID")
@click.option(
    "--people",
    "people_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write whose data was shown: .csv or .parquet.",
)
@click.option(
    "--asked", "asked_file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write who was asked for and refused."
)
@options.revealing
@_WHY
@options.home
@options.as_json
def scoped(
    ident: str, people_file: Path | None, asked_file: Path | None, raw: bool, reveal_key: Path | None, ids_file: Path | None, why: str,
    home: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Exactly whose data: fields, first and last time, count; never sampled. As pseudonyms unless a notice needs the ids."""
    way = options.reveal_way(raw, people_file, reveal_key, ids_file)
    answer: dict[str, Any] = {"case": ident}
    with nm.open(home) as nilometer, show.progress("Counting", " people") as progress:
        whole = scope.of(nilometer.home, ident)
        if way:
            assert people_file is not None
            told = reveal.reveal(nilometer.home, ident, people_file, why=why, **way)
            answer |= {"people": told.people, "revealed": told.revealed, "file": str(people_file)}
        elif people_file is not None:
            answer |= {"people": scope.write(nilometer.home, whole, people_file, progress=progress), "file": str(people_file)}
        else:
            answer["people"] = scope.counted(nilometer.home, whole)
        if asked_file is not None:
            answer["asked_not_shown"] = scope.write(nilometer.home, whole, asked_file, shown=False, progress=progress)
            answer["asked_file"] = str(asked_file)
        else:
            answer["asked_not_shown"] = scope.counted(nilometer.home, whole, shown=False)
    if as_json:
        show.document(answer)
        return
    print(f"{answer['people']:,} people were shown" + (f", written to {people_file}" if people_file else "") + ".")
    if raw:
        print(f"  {answer['revealed']:,} with the platform's own id; the others are in no list that was given. This reveal is recorded.")
    print(f"{answer['asked_not_shown']:,} people were asked for and refused" + (f", written to {asked_file}" if asked_file else "") + ".")


@click.command("reveal-key", epilog=options.example("nilometer reveal-key -o /media/key/reveal.key"))
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where the private key goes: a place that this machine does not keep.",
)
@click.option("--new", is_flag=True, help="Another key, when the one before is lost; what was kept under that one stays closed.")
@options.home
@options.as_json
def reveal_key(output: Path, new: bool, home: str | None, as_json: bool) -> None:
    """Make the key that reveals. This home keeps only its public half: it can seal ids (`[reveal] keep = true`), and read none."""
    with nm.open(home) as nilometer:
        made = reveal.make_key(nilometer.home, output, new=new)
    if as_json:
        show.document({"key": made, "file": str(output)})
        return
    print(f"Private key {made} written to {output}. Keep it away from this machine; without it nobody can read what is sealed.")
    print("Set `keep = true` under [reveal] in nilometer.toml, so that ids that come in from now on are kept sealed.")


COMMANDS = (case, reveal_key)
