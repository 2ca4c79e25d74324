"""formats, mapping suggest: what logs can be read, and how one becomes disclosures."""

from __future__ import annotations

import click

from nilometer.app import suggest as suggesting
from nilometer.cli import options, show


@click.command(epilog=options.example("nilometer formats", "nilometer formats --json"))
@options.as_json
def formats(as_json: bool) -> None:
    """List the log formats that can be read, with their columns."""
    found = suggesting.formats()
    if as_json:
        show.document(
            {"formats": [{"id": f.id, "title": f.title, "columns": list(f.columns), "defaults": dict(f.defaults)} for f in found.values()]}
        )
        return
    rows = [[f.id, f.title, ", ".join(f.columns) or "those of the source"] for f in found.values()]
    show.out().print(show.table(f"{len(rows)} formats", [("id", "left"), ("what", "left"), ("columns", "left")], rows))


@click.group(epilog=options.example("nilometer mapping suggest access.log > mapping.toml"))
def mapping() -> None:
    """How a log of any shape becomes disclosures."""


@mapping.command(
    epilog=options.example("nilometer mapping suggest access.log > mapping.toml", "nilometer mapping suggest export.csv --format csv")
)
@click.argument("file", metavar="FILE")
@click.option("--format", "form", metavar="ID", help="The format, when it is not to be recognised.")
def suggest(file: str, form: str | None) -> None:
    """Look at a sample and propose a mapping for you to edit: routes folded, parameters that look like people named."""
    print(suggesting.propose(file, form, show.say), end="")


COMMANDS = (formats, mapping)
