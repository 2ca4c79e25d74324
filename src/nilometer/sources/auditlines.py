"""pgaudit's messages (`AUDIT: SESSION,1,1,READ,SELECT,...`), which PostgreSQL writes into its csvlog, jsonlog or stderr log."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from nilometer.errors import ConfigError
from nilometer.sources import sql

_VALUE: Final = r'("(?:[^"]|"")*"?|[^,"]*)'
# The statement stands unquoted when it has neither comma, quote nor line end.
_MESSAGE: Final = (
    r"(?s)AUDIT: (SESSION|OBJECT),(\d+),(\d+),([^,]*),([^,]*),([^,]*),"
    + _VALUE + "," + _VALUE + r'(?:,("(?:[^"]|"")*"?|[^,\n]*))?(?:,(\d+))?\s*$'
)  # fmt: skip
_GROUPS: Final = ("kind", "statement_id", "substatement_id", "class", "command", "object_type", "object", "statement", "parameter", "rows")

MARK: Final = re.compile(r"AUDIT: (?:SESSION|OBJECT),\d+,\d+,")
"""What gives a pgaudit message away."""

AUDITED: Final = ("class", "command", "object_type", "object", "statement", "parameter", "rows", "statement_id", "kind")
PREFIXED: Final = ("user", "database", "application", "remote_addr", "session", "process")
COLUMNS: Final = ("time", *PREFIXED, *AUDITED, "surface", "request", "method", "target")
"""The columns of every pgaudit format; `parameter_1` and so on are the statement's parameters one by one."""

DEFAULTS: Final = {
    "time": "time",
    "account": "user",
    "app": "application",
    "session": "session",
    "ip": "remote_addr",
    "surface": "surface",
    "request": "request",
}

_PARAMETER: Final = re.compile(r"parameter_([1-9]\d?)")
_OFFSETS: Final = {
    "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 60, "CET": 60, "CEST": 120, "EET": 120, "EEST": 180, "MSK": 180, "EST": -300, "EDT": -240,
    "CDT": -300, "MST": -420, "MDT": -360, "PST": -480, "PDT": -420, "JST": 540, "KST": 540, "HKT": 480, "AEST": 600, "AEDT": 660, "NZST": 720, "NZDT": 780,
}  # fmt: skip
"""Zones that mean one offset everywhere, in minutes. CST, IST and BST do not: a guess would be hours wrong."""


def may_have(column: str) -> bool:
    """Whether a pgaudit format has this column."""
    return column in COLUMNS or _PARAMETER.fullmatch(column) is not None


_ZONE: Final = "regexp_extract(stamp, ' ([A-Z]+|[+-][0-9:]+)$', 1)"


def _moment() -> str:
    """SQL: naive UTC from PostgreSQL's `2026-01-02 03:04:05.678 CET` in `stamp`, whose `zone` has been cut out.

    NULL when the zone does not mean one offset.
    """
    hours = "try_cast(regexp_extract(zone, '^([+-][0-9]{2})', 1) AS INTEGER)"
    minutes = "coalesce(try_cast(nullif(regexp_extract(zone, '^[+-][0-9]{2}:?([0-9]{2})$', 1), '') AS INTEGER), 0)"
    listed = " ".join(f"WHEN '{name}' THEN {offset}" for name, offset in _OFFSETS.items())
    offset = f"CASE zone {listed} ELSE {hours} * 60 + CASE WHEN starts_with(zone, '-') THEN -{minutes} ELSE {minutes} END END"
    return f"try_cast(regexp_extract(stamp, '^([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}} [0-9:.]+)', 1) AS TIMESTAMP) - to_minutes({offset})"


def audited_select(wanted: Sequence[str], origin: str, blank: str) -> str:
    """SQL for audit entries out of `origin`: a query with `number`, `stamp`, `message` and the columns of PREFIXED.

    Rows with another message than an audit are no entries. `blank` is SQL for the reason why a row that has no message
    is unreadable ('' when it is none).
    """
    chosen = ""
    for want in wanted:
        chosen += f", {_expression(want)} AS {sql.name(want)}"
    cut = "regexp_extract_all(" + _unquoted("p.parameter") + """ || ',', '("(?:[^"]|"")*"|[^,]*),', 1)"""
    parameters = f", {cut} AS parameters" if any(_PARAMETER.fullmatch(want) for want in wanted) else ""
    names = "[" + ", ".join(sql.text(group) for group in _GROUPS) + "]"
    return f"""
WITH origin AS ({origin}),
cut AS (SELECT *, regexp_extract(message, {sql.text(_MESSAGE)}, {names}) AS p, {_ZONE} AS zone FROM origin),
timed AS (SELECT *, {_moment()} AS moment{parameters} FROM cut)
SELECT number, CASE WHEN message IS NULL THEN {blank} WHEN NOT contains(message, 'AUDIT: ') THEN ''
  WHEN p.kind = '' THEN 'not a pgaudit message' WHEN moment IS NULL THEN 'the time zone does not mean one offset; set log_timezone to UTC' END AS unreadable{chosen}
FROM timed"""


def _expression(column: str) -> str:
    """SQL for one column out of the prefix and the struct `p`."""
    if column in PREFIXED:
        return f"CASE WHEN p.kind <> '' THEN {sql.present(column)} END"
    if column in AUDITED:
        return _unquoted(f"p.{sql.name(column)}")
    place = _PARAMETER.fullmatch(column)
    if place:
        return _unquoted(f"parameters[{place[1]}]")
    shown = f"coalesce({_unquoted('p.object')}, {_unquoted('p.command')})"
    derived = {
        "time": "moment",
        "surface": shown,
        "request": "CASE WHEN p.kind <> '' THEN session || '/' || p.statement_id END",
        "method": _unquoted('p."class"'),
        "target": f"'/' || {sql.present('database')} || '/' || {_unquoted('p.command')} || coalesce('/' || {_unquoted('p.object')}, '')",
    }
    if column not in derived:
        raise ConfigError(f"A pgaudit log has no column {column!r}. It has: {', '.join(COLUMNS)}, parameter_1 and so on.")
    return derived[column]


def _unquoted(value: str) -> str:
    """SQL: a CSV value without its quotes; pgaudit's ways of saying "none" are NULL."""
    plain = f"CASE WHEN {value} = '\"\"' THEN NULL WHEN starts_with({value}, '\"') THEN replace(regexp_replace(substr({value}, 2), '\"$', ''), '\"\"', '\"') ELSE {value} END"
    return f"CASE WHEN {value} NOT IN ('', '<none>', '<not logged>', '<previously logged>') THEN {plain} END"
