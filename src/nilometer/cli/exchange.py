"""export: findings and cases in the forms that other systems read."""

from __future__ import annotations

import sys
from pathlib import Path

import click

import nilometer as nm
from nilometer.app import exchange
from nilometer.cli import options, show


def _with(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    """`NAME=VALUE` pairs as a dictionary; a name twice is an error."""
    made: dict[str, str] = {}
    for pair in given:
        name, sign, value = pair.partition("=")
        if not sign or name in made:
            raise click.BadParameter(f"{pair!r}: expected NAME=VALUE, each name once, such as version=1.6.0.")
        made[name] = value
    return made


_as = click.option(
    "--as", "form", required=True, metavar="FORM", help="ocsf, stix, cef or csv; `nilometer export forms` says what each can be told."
)
_switches = click.option(
    "--with",
    "switches",
    multiple=True,
    metavar="NAME=VALUE",
    callback=_with,
    help="What a form can be told, such as version=1.6.0; repeatable.",
)
_output = click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Where to write; without it, standard output."
)


@click.group(
    epilog=options.example(
        "nilometer export findings --as ocsf",
        "nilometer export case K-2026-7Q3F2A --as stix --with tlp=red -o case.json",
        "nilometer export forms",
    )
)
def export() -> None:
    """Write findings or a case for a SIEM, a data lake, a partner or a spreadsheet. What leaves is recorded with its hash."""


@export.command(
    epilog=options.example(
        "nilometer export findings --as ocsf",
        "nilometer export findings --as cef --with framing=syslog",
        "nilometer export findings --as csv -o f.csv",
    )
)
@_as
@_switches
@_output
@options.home
def findings(form: str, switches: dict[str, str], output: Path | None, home: str | None) -> None:
    """Write the findings of the last `detect`."""
    with nm.open(home) as nilometer:
        _write(exchange.findings(nilometer.home, form, switches), output)


@export.command(
    epilog=options.example("nilometer export case K-2026-7Q3F2A --as ocsf", "nilometer export case K-2026-7Q3F2A --as stix -o case.json")
)
@click.argument("ident", metavar="ID")
@_as
@_switches
@_output
@options.home
def case(ident: str, form: str, switches: dict[str, str], output: Path | None, home: str | None) -> None:
    """Write a case with its findings."""
    with nm.open(home) as nilometer:
        _write(exchange.case(nilometer.home, ident, form, switches), output)


@export.command(epilog=options.example("nilometer export forms", "nilometer export forms --json"))
@options.as_json
def forms(as_json: bool) -> None:
    """List the forms and what each can be told with --with."""
    there = exchange.described()
    if as_json:
        show.document({"forms": there})
        return
    for one in there:
        print(f"{one['id']:6}{one['title']}")
        for name, values in one["switches"].items():
            print(f"      --with {name}={'|'.join(values)}   (default {values[0]})")


def _write(text: str, output: Path | None) -> None:
    """Exactly the text, in UTF-8, with its own line ends; a file is readable by its owner only."""
    data = text.encode()
    if output is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    exchange.keep(output, data)
    show.say(f"{len(data):,} bytes written to {output}")


COMMANDS = (export,)
