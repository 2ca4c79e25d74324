"""Traefik access logs in its default text format: the combined log with a count, router, server and duration behind."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from nilometer.sources import sql
from nilometer.sources.format import Example, Format, Sample
from nilometer.sources.pattern import QUOTED, REQUEST, method_of, path_of, pattern_select, protocol_of, share, unescaped_target

_GROUPS: Final = ("address", "user", "time", "zone", "request", "status", "bytes", "referer", "agent", "router", "server", "duration")
_LINE: Final = rf"^(\S+) \S+ (.*?) \[([^\] ]*) ([^\]]*)\] {QUOTED} (\S+) (\S+) {QUOTED} {QUOTED} \d+ {QUOTED} {QUOTED} (\d+)ms\s*$"
_PATTERN: Final = re.compile(_LINE)
_STEPS: Final = (*REQUEST, {"plain": unescaped_target("sent")})
_COLUMNS: Final = {
    "time": sql.clf_moment("p.time", "p.zone"),
    "method": sql.present(method_of("words")),
    "target": sql.present(path_of("plain")),
    "status": sql.present("p.status"),
    "remote_addr": sql.present("p.address"),
    "remote_user": sql.present("p.user"),
    "user_agent": sql.present("p.agent"),
    "referer": sql.present("p.referer"),
    "router": sql.present("p.router"),
    "server": sql.present("p.server"),
    "protocol": sql.present(protocol_of("words")),
    "bytes": sql.present("p.bytes"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Traefik(Format):
    def recognises(self, sample: Sample) -> float:
        return 0.95 * share(sample, _PATTERN)

    def select(self, wanted: Sequence[str], header: Sequence[str]) -> str:
        return pattern_select(wanted, _LINE, _GROUPS, _COLUMNS, mark="time", what="a Traefik access log line", steps=_STEPS)


FORMAT = _Traefik(
    id="traefik",
    title="Traefik access log (text)",
    columns=tuple(_COLUMNS),
    defaults={"time": "time", "ip": "remote_addr", "account": "remote_user", "user_agent": "user_agent", "status": "status"},
    examples=(
        Example(
            line='203.0.113.9 - app-7 [02/Jan/2026:03:04:05 +0100] "GET /users/42?x=1 HTTP/2.0" 200 3 "-" "say \\"hi\\"" 17 "shop@file" "http://10.0.0.1:80" 5ms',
            gives={
                "time": "2026-01-02 02:04:05",
                "method": "GET",
                "target": "/users/42?x=1",
                "status": "200",
                "remote_addr": "203.0.113.9",
                "remote_user": "app-7",
                "user_agent": 'say \\"hi\\"',
                "router": "shop@file",
            },
        ),
        Example(
            line='2001:db8::1 - - [02/Jan/2026:03:04:05 +0000] "GET / HTTP/1.1" 404 19 "-" "-" 2 "-" "-" 0ms',
            gives={"remote_addr": "2001:db8::1", "remote_user": None, "user_agent": None, "router": None, "status": "404"},
        ),
        Example(line='203.0.113.9 - - [02/Jan/2026:03:04:05 +0000] "GET / HTTP/1.1" 404 19 "-" "-"', gives=None),
    ),
)
