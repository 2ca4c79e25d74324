"""detect, findings, finding, actor, who, reach, report: asking the ledger."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

import nilometer as nm
from nilometer.app import related, reveal, scope
from nilometer.cli import options, show
from nilometer.errors import NilometerError
from nilometer.findings.finding import Finding

_SEVERITIES = ("low", "medium", "high", "critical")


def _list(found: list[dict[str, Any]]) -> None:
    if not found:
        print("No findings: against nobody is there enough evidence for the stated false-alarm rate.")
        print("docs/guide/detection.md says what each detector misses; `nilometer reach` lists who was shown most.")
        return
    rows = [
        [
            f["id"],
            f["severity"],
            f"{f['actors'][0]['level']} {show.safe(f['actors'][0]['id'], 40)}",
            f["detected_at"][:16].replace("T", " "),
            f["people_at_detection"],
            f["people"],
        ]
        for f in found
    ]
    columns = [
        ("finding", "left"),
        ("severity", "left"),
        ("actor", "left"),
        ("alarm (UTC)", "left"),
        ("people then", "right"),
        ("people now", "right"),
    ]
    show.out().print(show.table(f"{len(found):,} open finding{'s' if len(found) != 1 else ''}", columns, rows))
    print("\n`nilometer finding ID` explains one; `nilometer report -o report.html` draws them all.")


def _suggest(together: list[related.Suggested]) -> None:
    """Which findings belong together, and what to type; ten at most."""
    for one in together[:10]:
        what = f"nilometer case join {one.case} {one.finding}" if one.case else f"nilometer case open {one.finding} {one.other}"
        print(f"{one.finding} may belong with {one.other}: {show.safe(one.because, 200)}. {what}")
    if len(together) > 10:
        print(f"and {len(together) - 10:,} more; `nilometer case open FINDING --related` takes what belongs together.")


@click.command(epilog=options.example("nilometer detect", "nilometer detect --as-of 2026-01-31 --json", "nilometer detect --fail-on high"))
@click.option("--as-of", type=options.Moment(), help="What would have been found by then; looks at nothing later.")
@click.option("--fail-on", type=click.Choice(_SEVERITIES), help="Exit with 1 when there is a finding this severe or worse.")
@options.home
@options.as_json
@options.as_ndjson
def detect(as_of: datetime | None, fail_on: str | None, home: str | None, as_json: bool, as_ndjson: bool) -> None:
    """Run the detectors over the ledger and list all open findings."""
    seen: list[list[Finding]] = []
    told: list[str] = []
    trouble: NilometerError | None = None
    together = []
    with nm.open(home) as nilometer, show.progress("Looking", " disclosures") as progress:
        try:
            nilometer.detect(as_of, progress, told.append, seen.append)
            together = [] if as_of is not None or as_json or as_ndjson else related.related(nilometer.home)
        except NilometerError as cause:
            if not seen:
                raise
            trouble = cause  # what was found is shown first
    found = [one.to_json() for one in seen[-1]]
    if as_json:
        show.document({"findings": found})
    elif as_ndjson:
        show.lines(found)
    else:
        _list(found)
        _suggest(together)
    for text in told:
        show.say(text)
    if trouble is not None:
        raise trouble
    if fail_on and any(_SEVERITIES.index(f["severity"]) >= _SEVERITIES.index(fail_on) for f in found):
        sys.exit(1)


@click.command(epilog=options.example("nilometer findings", "nilometer findings --json"))
@options.home
@options.as_json
@options.as_ndjson
def findings(home: str | None, as_json: bool, as_ndjson: bool) -> None:
    """List the findings of the last `detect`."""
    with nm.open(home) as nilometer:
        found = nilometer.findings()
    if as_json:
        show.document({"findings": found})
    elif as_ndjson:
        show.lines(found)
    else:
        _list(found)


@click.command(epilog=options.example("nilometer finding F-2026-0A1B2C3D"))
@click.argument("ident", metavar="ID")
@options.home
@options.as_json
def finding(ident: str, home: str | None, as_json: bool) -> None:
    """Explain one finding: each reason with what was measured and what is usual."""
    with nm.open(home) as nilometer:
        found = nilometer.finding(ident)
    if as_json:
        show.document(found)
        return
    console = show.out()
    print(f"{found['id']} · {found['severity']} · confidence {found['confidence']:.2f}")
    print(show.safe(found["title"], 300))
    if len(found["actors"]) > 1:
        named = [f"{a['level']} {show.safe(a['id'], 60)}" for a in found["actors"][1:13]]
        more = len(found["actors"]) - 13
        print(f"  acting as one: {', '.join(named)}" + (f" and {more:,} more" if more > 0 else ""))
    print(f"  first seen {found['first_seen']} · alarm {found['detected_at']} · last seen {found['last_seen']}")
    print(
        f"  {found['people_at_detection']:,} people exposed at the alarm, {found['people']:,} by now, in {found['disclosures']:,} disclosures"
    )
    print(
        f"  fields: {show.safe(', '.join(found['fields']) or 'not known', 200)} · surfaces: {show.safe(', '.join(found['surfaces']) or 'not known', 300)}"
    )
    rows = [[r["detector"], show.safe(r["says"], 300), f"{r['measured']:,.4g}", f"{r['usual']:,.4g}"] for r in found["reasons"]]
    console.print(show.table("Why", [("detector", "left"), ("reason", "left"), ("measured", "right"), ("usual", "right")], rows))
    print(f"It looks like: {show.safe(found['looks_like'], 600)}")
    print(f"Do first: {show.safe(found['action'], 600)}")


@click.command(
    epilog=options.example(
        "nilometer actor app partner-7",
        "nilometer actor ip 203.0.113.9 --json",
        "nilometer actor app partner-7 --people people.csv",
        "nilometer actor app partner-7 --people raw.csv --reveal --ids all-ids.csv --why 'notice of 3 May'",
    )
)
@click.argument("level")
@click.argument("ident", metavar="ID")
@click.option(
    "--people",
    "people_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write exactly whose data to a .csv or .parquet file: pseudonyms, or ids with --reveal.",
)
@options.revealing
@click.option("--why", default="", metavar="TEXT", help="Why the ids are revealed; it is recorded.")
@options.home
@options.as_json
def actor(
    level: str, ident: str, people_file: Path | None, raw: bool, reveal_key: Path | None, ids_file: Path | None, why: str,
    home: str | None, as_json: bool,
) -> None:  # fmt: skip
    """One actor's page: how many people it was shown, in which windows, through which surfaces."""
    way = options.reveal_way(raw, people_file, reveal_key, ids_file)
    with nm.open(home) as nilometer:
        page = nilometer.actor(level, ident)
        if people_file is not None and way:
            whole = scope.of_actor(nilometer.home, level, ident)
            told = reveal.of_scope(nilometer.home, whole, {"actor": f"{level} {ident}"}, people_file, why=why, **way)
            show.say(f"{told.people:,} people written to {people_file}, {told.revealed:,} with the platform's own id; this is recorded")
        elif people_file is not None:
            written = scope.write(nilometer.home, scope.of_actor(nilometer.home, level, ident), people_file)
            show.say(f"{written:,} people written to {people_file}")
    if as_json:
        show.document(page)
        return
    print(
        f"{level} {show.safe(ident)}: {page['people']:,} people (exact) in {page['disclosures']:,} disclosures; {page['asked_not_shown']:,} asked for and not shown"
    )
    print(f"  from {page['first']} to {page['last']}")
    print("  most people in any " + " · ".join(f"{window} {count:,}" for window, count in page["reach"].items()))
    for heading in ("fields", "surfaces"):
        if page[heading]:
            print(f"  {heading}: " + ", ".join(f"{show.safe(n)} {c:,}" for n, c in list(page[heading].items())[:12]))
    for heading in ("parents", "children"):
        if page[heading]:
            more = len(page[heading]) - 8
            print(
                f"  {heading}: "
                + ", ".join(f"{a['level']} {show.safe(a['id'])} ({a['people']:,} people)" for a in page[heading][:8])
                + (f" and {more:,} more" if more > 0 else "")
            )
    if page["findings"]:
        print("  findings: " + ", ".join(page["findings"]))
    days = page["new_by_day"][-14:]
    show.out().print(
        show.table(
            "Last days",
            [("day (UTC)", "left"), ("people", "right"), ("never shown before", "right")],
            [[d["day"], d["people"], d["new"]] for d in days],
        )
    )


@click.command(epilog=options.example("nilometer who 4711", "nilometer who user-4711 --json", "nilometer who --by phone '+49 170 1234567'"))
@click.argument("subject")
@click.option("--by", metavar="KIND", help="SUBJECT is no id of the platform but a phone, email, nickname: see `nilometer identities`.")
@options.home
@options.as_json
def who(subject: str, by: str | None, home: str | None, as_json: bool) -> None:
    """Accounting of disclosures for one person: every actor that was shown their data. The look-up is recorded."""
    with nm.open(home) as nilometer, show.progress("Folding", " disclosures") as progress:
        answer = nilometer.who(subject, progress, by=by)
    if as_json:
        show.document(answer)
        return
    columns = [
        ("actor", "left"),
        ("company", "left"),
        ("fields", "left"),
        ("surfaces", "left"),
        ("first", "left"),
        ("last", "left"),
        ("times", "right"),
    ]
    for key, title in (("exposures", "shown this person's data"), ("asked_not_shown", "that asked for it and got nothing")):
        rows = [
            [
                f"{e['actor']['level']} {show.safe(e['actor']['id'], 30)}",
                show.safe(e["company"] or "", 24),
                show.safe(", ".join(e["fields"])),
                show.safe(", ".join(e["surfaces"])),
                e["first"][:16].replace("T", " "),
                e["last"][:16].replace("T", " "),
                e["count"],
            ]
            for e in answer[key]
        ]
        if rows or key == "exposures":
            show.out().print(show.table(f"{len(rows)} actor{'s' if len(rows) != 1 else ''} {title}", columns, rows))
    for one in answer["revealed"]:
        print(
            f"Revealed by Nilometer itself: {one['at'][:16].replace('T', ' ')}, for {show.safe(one['case'])}, by {show.safe(one['by'])}: {show.safe(one['why'], 200)}"
        )


@click.command(epilog=options.example("nilometer reach", "nilometer reach --level ip --top 20", "nilometer reach --level app --json"))
@click.option("--level", default=None, help="org, app, account, session, ip or user_agent (default: the widest there is).")
@click.option("--top", type=click.IntRange(1), default=20, show_default=True, help="How many actors to list.")
@options.home
@options.as_json
def reach(level: str | None, top: int, home: str | None, as_json: bool) -> None:
    """Who has been shown the most people, ever."""
    with nm.open(home) as nilometer:
        level = level or next(iter(nilometer.levels()), "app")
        rows = nilometer.reach(level).to_arrow().to_pylist()
    if as_json:
        show.document(
            {
                "level": level,
                "actors": [
                    {
                        "id": r["actor"],
                        **{k: r[k] for k in ("people", "disclosures")},
                        "first": r["first"].isoformat(),
                        "last": r["last"].isoformat(),
                    }
                    for r in rows[:top]
                ],
            }
        )
        return
    body = [
        [show.safe(r["actor"] or "?"), r["people"], r["disclosures"], f"{r['first']:%Y-%m-%d}", f"{r['last']:%Y-%m-%d}"] for r in rows[:top]
    ]
    show.out().print(
        show.table(
            f"{len(rows):,} actors at level {level}, by people",
            [(level, "left"), ("people", "right"), ("disclosures", "right"), ("first", "left"), ("last", "left")],
            body,
        )
    )


@click.command(epilog=options.example("nilometer report -o report.html"))
@click.option(
    "-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Where to write the page."
)
@options.home
@options.as_json
def report(output: Path, home: str | None, as_json: bool) -> None:
    """Write one self-contained HTML page: the ledger at a glance, every finding with its reasons and plots."""
    with nm.open(home) as nilometer, show.progress("Looking, counting, drawing"):
        html = nilometer.report()
    try:
        output.write_text(html, encoding="utf-8")
    except OSError as cause:
        raise nm.InputError(f"{output} cannot be written: {cause.strerror or cause}.") from None
    if as_json:
        show.document({"report": str(output), "bytes": len(html.encode())})
    else:
        print(f"Report written to {output}.")


COMMANDS = (detect, findings, finding, actor, who, reach, report)
