"""HAProxy's HTTP log (`option httplog`, also `httpslog`), with or without a syslog prefix; its local time is taken as UTC."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from nilometer.sources import sql
from nilometer.sources.format import Example, Format, Sample
from nilometer.sources.pattern import REQUEST, method_of, path_of, pattern_select, protocol_of, share

_GROUPS: Final = ("address", "time", "frontend", "backend", "server", "status", "bytes", "state", "sent", "answered", "request")
_LINE: Final = (
    r"^(?:.*? )?(\S+):\d+ \[(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d\.\d+)\] (\S+) ([^/\s]+)/(\S+) [-+\d]+(?:/[-+]?\d+){2,} (-?\d+) \+?(\d+)"
    r' \S+ \S+ (\S{4}) \S+ \S+(?: \{([^}]*)\})?(?: \{([^}]*)\})? "([^"]*)"?'
)
_PATTERN: Final = re.compile(_LINE)
_PLACE: Final = re.compile(r"captured_(request|response)_([1-9]\d?)")
# What HAProxy does not print as it is, it writes as #XX.
_STEPS: Final = (*REQUEST, {"plain": "regexp_replace(sent, '#([0-9A-F]{2})', '%\\1', 'g')"})
_COLUMNS: Final = {
    "time": "try_strptime(p.time, '%d/%b/%Y:%H:%M:%S.%g')",
    "method": sql.present(method_of("words")),
    "target": sql.present(path_of("plain")),
    "status": sql.present("p.status"),
    "remote_addr": sql.present("p.address"),
    "frontend": "nullif(rtrim(p.frontend, '~'), '')",
    "backend": sql.present("p.backend"),
    "server": sql.present("p.server"),
    "state": sql.present("p.state"),
    "captured_request": sql.present("p.sent"),
    "captured_response": sql.present("p.answered"),
    "protocol": sql.present(protocol_of("words")),
    "bytes": sql.present("p.bytes"),
}


def _columns(wanted: Sequence[str]) -> dict[str, str]:
    """The format's columns, with `captured_request_1` and the like: one captured header of the list in braces."""
    found = dict(_COLUMNS)
    for column in wanted:
        place = _PLACE.fullmatch(column)
        if place:
            group = "sent" if place[1] == "request" else "answered"
            found[column] = sql.present(f"split_part(p.{group}, '|', {place[2]})")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Haproxy(Format):
    def recognises(self, sample: Sample) -> float:
        return 0.95 * share(sample, _PATTERN)

    def may_have(self, column: str, header: Sequence[str]) -> bool:
        return column in _COLUMNS or _PLACE.fullmatch(column) is not None

    def select(self, wanted: Sequence[str], header: Sequence[str]) -> str:
        return pattern_select(wanted, _LINE, _GROUPS, _columns(wanted), mark="time", what="an HAProxy HTTP log line", steps=_STEPS)


FORMAT = _Haproxy(
    id="haproxy",
    title="HAProxy HTTP log",
    columns=tuple(_COLUMNS),
    defaults={"time": "time", "ip": "remote_addr", "status": "status"},
    examples=(
        Example(
            line="Jan  2 03:04:05 lb haproxy[14389]: 203.0.113.9:33317 [02/Jan/2026:03:04:05.655] http-in~ static/srv1 10/0/30/69/109 200 2750 - - ---- "
            '1/1/1/1/0 0/0 {app-7|curl/8.5} {1234} "GET /users/42?x=1 HTTP/1.1"',
            gives={
                "time": "2026-01-02 03:04:05.655",
                "method": "GET",
                "target": "/users/42?x=1",
                "status": "200",
                "remote_addr": "203.0.113.9",
                "frontend": "http-in",
                "captured_request": "app-7|curl/8.5",
                "captured_request_1": "app-7",
                "captured_request_3": None,
                "captured_response": "1234",
            },
        ),
        Example(
            line='2001:db8::1:33317 [02/Jan/2026:03:04:05.655] web app/s1 0/0/0/0/+0 304 +97 - - ---- 1/1/0/0/0 0/0 "GET /a#22b#22/x y HTTP/1.1',
            gives={
                "remote_addr": "2001:db8::1",
                "target": "/a%22b%22/x y",
                "status": "304",
                "captured_request": None,
                "protocol": "HTTP/1.1",
            },
        ),
        Example(
            line='<134>1 2026-01-02T03:04:05.1+00:00 - haproxy 1 - - 203.0.113.9:5 [02/Jan/2026:03:04:05.655] web web/<NOSRV> -1/-1/-1/-1/0 400 0 - - PR-- 1/1/0/0/0 0/0 "<BADREQ>"',
            gives={"remote_addr": "203.0.113.9", "method": None, "target": None, "status": "400", "server": "<NOSRV>"},
        ),
        Example(line="Jan  2 03:04:05 lb haproxy[14389]: Server app/s1 is DOWN.", gives=None),
    ),
)
