"""Options that many commands share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from nilometer.errors import InputError

F = TypeVar("F", bound=Callable[..., Any])


def home(command: F) -> F:
    """--home, which falls back to NILOMETER_HOME and then ./nilometer-home."""
    return click.option("--home", metavar="DIR", help="Home directory (default: NILOMETER_HOME, else ./nilometer-home).")(command)


def as_json(command: F) -> F:
    """--json: exactly one JSON document on standard output."""
    return click.option("--json", "as_json", is_flag=True, help="Answer with one JSON document on standard output.")(command)


def as_ndjson(command: F) -> F:
    """--ndjson: one JSON document a line."""
    return click.option("--ndjson", "as_ndjson", is_flag=True, help="Answer with one JSON document a line.")(command)


def revealing(command: F) -> F:
    """--reveal with what it needs, --reveal-key or --ids."""
    file = click.Path(dir_okay=False, path_type=Path)
    for add in (
        click.option(
            "--ids", "ids_file", type=file, metavar="FILE", help="The platform's own list of ids, .csv or .parquet, to find them in."
        ),
        click.option("--reveal-key", type=file, metavar="FILE", help="The key that `nilometer reveal-key` made."),
        click.option("--reveal", "raw", is_flag=True, help="With the platform's own ids. Recorded before anything is written."),
    ):
        command = add(command)
    return command


def reveal_way(raw: bool, people_file: Path | None, reveal_key: Path | None, ids_file: Path | None) -> dict[str, Any]:
    """What --reveal and its kin say: the key or the list, nothing without --reveal. Raises InputError when they do not fit each other."""
    if raw != (reveal_key is not None or ids_file is not None):
        raise InputError("--reveal goes with --reveal-key FILE or --ids FILE, and these with --reveal.")
    if raw and people_file is None:
        raise InputError("--reveal needs a file to write to: --people FILE.")
    return ({"key": reveal_key} if reveal_key is not None else {"ids": ids_file}) if raw else {}


class Moment(click.ParamType):  # type: ignore[type-arg]
    """An RFC 3339 time; without an offset it is UTC, a bare date is its last moment."""

    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Parses it, or fails naming what was expected."""
        if isinstance(value, datetime):
            return value
        try:
            parsed = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no time; expected RFC 3339 such as 2026-01-31T12:00:00Z, or a date.", param, ctx)
        if len(value) == 10:
            parsed = parsed.replace(hour=23, minute=59, second=59, microsecond=999_999)
        return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def example(*lines: str) -> str:
    """An epilog with examples, as every command has one."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)
