"""What a person sees: tables that fit, numbers that read, progress only on a terminal, and no control characters from logs."""

from __future__ import annotations

import json
import sys
import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_LONGEST = 60


def out() -> Console:
    """Standard output; in a pipe wide enough that nothing is cut."""
    return Console(width=None if sys.stdout.isatty() else 200, highlight=False, soft_wrap=not sys.stdout.isatty())


def err() -> Console:
    """Standard error."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def safe(text: str, longest: int = _LONGEST) -> str:
    """Text from a log, made harmless for a terminal: control and direction characters are spelt out, long ones cut."""
    clean = "".join(c if unicodedata.category(c) not in _HIDDEN else c.encode("unicode_escape").decode() for c in text[: longest * 4])
    return clean if len(clean) <= longest else clean[: longest - 1] + "…"


def number(value: int) -> str:
    """A whole number with thousands separators."""
    return f"{value:,}"


def table(title: str, columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[object]]) -> Table:
    """A table; `columns` are (heading, `left` or `right`)."""
    made = Table(title=Text(title), title_justify="left", title_style="bold", header_style="bold", box=None, pad_edge=False)
    for heading, side in columns:
        made.add_column(heading, justify="right" if side == "right" else "left", overflow="fold")
    for row in rows:
        made.add_row(*(Text(number(v) if isinstance(v, int) else str(v)) for v in row))
    return made


def say(text: str) -> None:
    """One line for the user on standard error, with nothing of a log taken for markup."""
    err().print(Text(safe(text, 4000)))


def document(value: Any) -> None:
    """The one JSON document of a `--json` answer."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None, default=str) + "\n")


def lines(values: Sequence[Any]) -> None:
    """The answer as NDJSON."""
    for value in values:
        sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")


@contextmanager
def progress(what: str, unit: str = "") -> Iterator[Callable[[int, int], None]]:
    """A progress bar with rate and time left, on a terminal; silent in a pipe."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err(), transient=True) as bar:
        task = bar.add_task(what, total=None, rate="")
        began = time.monotonic()

        def told(done: int, total: int) -> None:
            rate = done / max(time.monotonic() - began, 1e-3)
            bar.update(task, completed=min(done, total) if total else done, total=total or None, rate=f"{_scaled(rate)}{unit}/s")

        yield told


def _scaled(value: float) -> str:
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.1f} {letter}"
    return f"{value:.0f} "
