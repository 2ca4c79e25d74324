"""doctor: is everything in order?"""

from __future__ import annotations

import dataclasses
import sys

import click

import nilometer as nm
from nilometer.app import doctor as examining
from nilometer.cli import options, show

_MARKS = {"good": "ok  ", "note": "note", "bad": "BAD "}


@click.command(epilog=options.example("nilometer doctor", "nilometer doctor --json"))
@options.home
@options.as_json
def doctor(home: str | None, as_json: bool) -> None:
    """Check the home, the ledger's integrity, the extensions and the machine. Exits with 1 when something is bad."""
    with nm.open(home) as nilometer, show.progress("Checking") as progress:
        checks = examining.examine(nilometer.home, progress)
    if as_json:
        show.document({"checks": [dataclasses.asdict(c) for c in checks]})
    else:
        for check in checks:
            print(f"{_MARKS[check.verdict]}  {check.about:<10}  {show.safe(check.says, 400)}")
    if any(c.verdict == "bad" for c in checks):
        sys.exit(1)


COMMANDS = (doctor,)
