"""init, ingest, follow, unreadable: getting disclosures into a home."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click

import nilometer as nm
from nilometer.app import assembly
from nilometer.app import follow as following
from nilometer.cli import options, show


@click.command(epilog=options.example("nilometer init", "nilometer init --home /srv/nilometer"))
@options.home
@options.as_json
def init(home: str | None, as_json: bool) -> None:
    """Make a home: commented settings, and keys that only you can read."""
    folder = assembly.chosen(home)
    fresh = assembly.create(folder)
    if as_json:
        show.document({"home": str(folder), "created": fresh})
        return
    print(f"{'Made' if fresh else 'There is already'} a home in {folder}.")
    if fresh:
        print("Keep a copy of its keys/ elsewhere: without the key nobody, you included, can look up a person.")


@click.command(
    epilog=options.example(
        "nilometer ingest access.log --mapping mapping.toml",
        "nilometer ingest logs/ 'archive/*.gz'",
        "zcat x.gz | nilometer ingest - --format ndjson --mapping m.toml",
    )
)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--mapping", metavar="FILE", help="How lines become disclosures (see `nilometer mapping suggest`).")
@click.option("--format", "form", metavar="ID", help="The format, when it is not to be recognised (see `nilometer formats`).")
@options.home
@options.as_json
def ingest(paths: tuple[str, ...], mapping: str | None, form: str | None, home: str | None, as_json: bool) -> None:
    """Read files, folders, globs or - (standard input), compressed or not, into the ledger. What is there already stays as it is."""
    with nm.open(home) as nilometer, show.progress("Reading", "B") as progress:
        summary = nilometer.ingest(list(paths), mapping=mapping, form=form, tell=show.say, progress=progress)
    if as_json:
        show.document(dataclasses.asdict(summary))
        return
    rate = summary.lines / summary.seconds if summary.seconds else 0
    print(
        f"{summary.disclosures:,} disclosures stored from {summary.lines:,} entries in {summary.files:,} files ({summary.seconds:.1f} s, {rate:,.0f} entries/s)."
    )
    print(f"  shown {summary.shown:,} · asked but not shown {summary.disclosures - summary.shown:,} · people in them {summary.subjects:,}")
    print(f"  duplicates {summary.duplicates:,} · covered by no surface {summary.unmatched:,} · unreadable {summary.unreadable:,}")
    for reason, count in sorted(summary.reasons.items(), key=lambda item: -item[1]):
        print(f"    {count:,} x {show.safe(reason, 100)}, first at {show.safe(summary.examples[reason], 200)}")
    for label, why in summary.skipped.items():
        print(f"  left out {show.safe(label, 200)}: {show.safe(why, 300)}")


@click.command(
    epilog=options.example(
        "nilometer follow /var/log/nginx/access.log --mapping mapping.toml", "nilometer follow access.log --mapping m.toml --once"
    )
)
@click.argument("source", metavar="SOURCE")
@click.option("--mapping", metavar="FILE", help="How lines become disclosures.")
@click.option("--format", "form", metavar="ID", help="The format, when it is not to be recognised.")
@click.option("--every", type=click.FloatRange(0.05), default=2.0, show_default=True, metavar="SECONDS", help="How often to look for more.")
@click.option("--once", is_flag=True, help="Read what is there now, then stop.")
@options.home
def follow(source: str, mapping: str | None, form: str | None, every: float, once: bool, home: str | None) -> None:
    """Read a growing file into the ledger as it grows, through rotation, until stopped with Ctrl-C."""
    with nm.open(home) as nilometer:
        following.follow(nilometer, Path(source), mapping=mapping, form=form, every=every, once=once, tell=show.say)


@click.command(epilog=options.example("nilometer unreadable", "nilometer unreadable --reveal --json"))
@click.option("--reveal", is_flag=True, help="Show the lines themselves; they may hold personal data.")
@options.home
@options.as_json
def unreadable(reveal: bool, home: str | None, as_json: bool) -> None:
    """List the lines that could not be read, with the reason for each; they are kept encrypted in the home."""
    with nm.open(home) as nilometer:
        rows = nilometer.home.ledger.unreadable().to_pylist()
    if not reveal:
        rows = [{k: v for k, v in row.items() if k != "text"} for row in rows]
    if as_json:
        show.document({"unreadable": rows})
        return
    columns = [("source", "left"), ("line", "right"), ("reason", "left"), *([("text", "left")] if reveal else [])]
    body = [
        [show.safe(r["source"]), r["number"], show.safe(r["reason"]), *([show.safe(r["text"], 200)] if reveal else [])] for r in rows[:1000]
    ]
    show.out().print(show.table(f"{len(rows):,} lines could not be read", columns, body))


COMMANDS = (init, ingest, follow, unreadable)
