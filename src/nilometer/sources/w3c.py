"""Reading W3C extended logs, whose `#Fields:` lines name the columns of the lines below them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from nilometer.errors import ConfigError
from nilometer.sources import sql
from nilometer.sources.format import Sample

DIRECTIVE: Final = "#Fields:"

_NAMES: Final = re.compile(
    r"(?:c|s|r|cs|sc|sr|rs|x)-[A-Za-z0-9-]+|(?:c|s|r|cs|sc|sr|rs|x)(?:-[a-z-]+)?\([^()\s]+\)|date|time|timestamp(?:\(ms\))?", re.ASCII
)

Part = Callable[[str], str]
"""Gives the SQL of a field by its name in `#Fields`; NULL where the section has no such field."""

Columns = Mapping[str, Callable[[Part], str]]


def named_fields(sample: Sample) -> tuple[str, ...]:
    """The names after the first `#Fields:` of a sample; empty when it has none."""
    for line in sample.lines:
        if line.startswith(DIRECTIVE):
            return tuple(line.removeprefix(DIRECTIVE).split())
    return ()


def may_be_field(column: str, columns: Columns, header: Sequence[str]) -> bool:
    """Whether a section of such a log can have the column: a later `#Fields:` may bring any field that W3C could name."""
    return column in columns or column in header or _NAMES.fullmatch(column) is not None


def header_field(header: str) -> str:
    """The field that logs a request header: `X-App-Key` is `cs(X-App-Key)`."""
    return f"cs({header})"


def w3c_select(
    wanted: Sequence[str], header: Sequence[str], columns: Columns, *, separator: str, assumed: Sequence[str] = (), fewest: int = 0
) -> str:
    """SQL for the section below one `#Fields:` line with the names `header`.

    Without a header, lines are read as `assumed` when they have at least `fewest` fields; they are unreadable if nothing
    is assumed. A line with another number of fields than its header is unreadable: its values could be of other columns.
    """
    names = [name.lower() for name in header or assumed]

    def part(name: str) -> str:
        return sql.present(f"a[{names.index(name.lower()) + 1}]") if name.lower() in names else "CAST(NULL AS VARCHAR)"

    chosen = ""
    for want in wanted:
        if want in columns:
            expression = columns[want](part)
        elif want.startswith("header:"):
            expression = part(header_field(want.removeprefix("header:")))
        elif may_be_field(want, columns, header):
            expression = part(want)
        else:
            raise ConfigError(f"A W3C log has no column {want!r}. It has: {', '.join([*columns, *header])}.")
        chosen += f", {expression} AS {sql.name(want)}"
    if header:
        wrong = f"WHEN len(a) <> {len(names)} THEN concat(len(a), ' fields where #Fields names {len(names)}')"
    elif assumed:
        wrong = f"WHEN len(a) < {fewest} THEN 'no #Fields line before it, and too few fields'"
    else:
        wrong = "ELSE 'no #Fields line before it'"
    return f"""
WITH cut AS (SELECT number, line, split(rtrim(line, chr(32)), {sql.text(separator)}) AS a FROM lines)
SELECT number, CASE WHEN starts_with(line, '#') OR trim(line) = '' THEN '' {wrong} END AS unreadable{chosen} FROM cut"""


def moment_of(part: Part) -> str:
    """SQL: the time of a line from its fields `date` and `time`, which W3C logs write in UTC."""
    return f"try_cast({part('date')} || ' ' || {part('time')} AS TIMESTAMP)"


def target_of(part: Part) -> str:
    """SQL: path and query of the request."""
    return f"{part('cs-uri-stem')} || coalesce('?' || {part('cs-uri-query')}, '')"
