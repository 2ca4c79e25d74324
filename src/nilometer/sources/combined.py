"""Reading the combined and common log formats, which nginx and Apache share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from nilometer.errors import ConfigError
from nilometer.sources import sql
from nilometer.sources.format import Sample
from nilometer.sources.pattern import method_of, path_of, protocol_of, target_of, unescaped_target

COLUMNS: Final = ("time", "method", "target", "status", "remote_addr", "remote_user", "user_agent", "referer", "bytes", "protocol")

_QUOTED: Final = r'"((?:[^"\\]|\\.)*)"'
_SLOW: Final = (
    r"^(?:[^\s:]+:\d+ )?(\S+) (\S+) (.*?) \[([^\] ]*) ?([^\]]*)\] " + _QUOTED + r" (\S+) (\S+)(?: " + _QUOTED + r"(?: " + _QUOTED + r")?)?"
)
_LINE: Final = re.compile(_SLOW)
_PARTS: Final = ["addr", "ident", "person", "stamp", "zone", "request", "status", "bytes", "referer", "agent"]


def combined_select(wanted: Sequence[str]) -> str:
    """SQL for the combined and common formats of nginx and Apache.

    Lines of the plain shape are split at quotes and spaces; those with escapes, spaces in the user name or missing
    parts go through a regular expression, which costs six times as much and is needed for few.
    """
    fast = (
        "struct_pack(addr := a[1], ident := a[2], person := a[3], stamp := substr(a[4], 2), zone := rtrim(a[5], ']'), request := q[2],"
        " status := split_part(ltrim(q[3]), ' ', 1), bytes := split_part(ltrim(q[3]), ' ', 2), referer := q[4], agent := q[6])"
    )
    slow = f"regexp_extract(line, {sql.text(_SLOW)}, {_PARTS})"
    plain = "len(q) = 7 AND q[7] = '' AND len(a) = 6 AND starts_with(a[4], '[') AND ends_with(a[5], ']') AND NOT contains(line, chr(92))"
    expressions = {
        "time": sql.clf_moment("p.stamp", "p.zone"),
        "method": method_of("r"),
        "target": unescaped_target("t"),
        "protocol": protocol_of("r"),
        "status": sql.present("p.status"),
        "bytes": sql.present("p.bytes"),
        "remote_addr": sql.present("p.addr"),
        "remote_user": sql.present("p.person"),
        "referer": sql.present("p.referer"),
        "user_agent": sql.present("p.agent"),
    }
    unknown = [w for w in wanted if w not in expressions]
    if unknown:
        raise ConfigError(f"A combined log has no column {unknown[0]!r}. It has: {', '.join(COLUMNS)}.")
    chosen = ", ".join(f"{expressions[w]} AS {sql.name(w)}" for w in wanted)
    return f"""
WITH quoted AS (SELECT number, line, split(line, '"') AS q FROM lines),
spaced AS (SELECT *, split(q[1], ' ') AS a FROM quoted),
cut AS (SELECT number, line, CASE WHEN {plain} THEN {fast} ELSE {slow} END AS p FROM spaced),
requested AS (SELECT *, split(p.request, ' ') AS r FROM cut),
targeted AS (SELECT *, {path_of(target_of("r"))} AS t FROM requested)
SELECT number, CASE WHEN line = '' THEN '' WHEN p.stamp = '' THEN 'not a combined or common log line' END AS unreadable
{"," if chosen else ""} {chosen} FROM targeted"""


def combined_share(sample: Sample) -> float:
    """Which share of the sample's lines look like combined or common log lines."""
    lines = [line for line in sample.lines if line]
    return sum(1 for line in lines if _LINE.match(line)) / len(lines) if lines else 0.0
