"""Envoy access logs in the default text format, and in Istio's longer one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from nilometer.sources import sql
from nilometer.sources.format import Example, Format, Sample
from nilometer.sources.pattern import first_of_list, path_of, pattern_select, share, without_any_port

_GROUPS: Final = (
    "time", "method", "target", "protocol", "status", "flags", "details", "received", "sent", "duration", "service_time",
    "forwarded", "agent", "request_id", "authority", "upstream", "cluster", "local", "downstream_local", "downstream", "sni", "route",
)  # fmt: skip
# Envoy does not escape quotes in header values: the user agent ends where what follows can only be the rest of the line.
_LINE: Final = (
    r'^\[(\d{4}-\d\d-\d\dT[^\]\s]*)\] "(\S*) (\S*) (\S*)" (\d+|-) (\S+)(?: (\S+) \S+ ".*?")? (\d+|-) (\d+|-) (\d+|-) (\S+)'
    r' "([^"]*)" "(.*)" "([^"]*)" "([^"]*)" "([^"]*)"(?: (\S+) (\S+) (\S+) (\S+) (\S+) (\S+))?\s*$'
)
_PATTERN: Final = re.compile(_LINE)
_COLUMNS: Final = {
    "time": sql.moment("p.time"),
    "method": sql.present("p.method"),
    "target": sql.present(path_of("p.target")),
    "status": sql.present("p.status"),
    "remote_addr": f"coalesce({without_any_port('p.downstream')}, {first_of_list('p.forwarded')})",
    "forwarded_for": sql.present("p.forwarded"),
    "user_agent": sql.present("p.agent"),
    "request_id": sql.present("p.request_id"),
    "host": sql.present("p.authority"),
    "upstream": sql.present("p.upstream"),
    "cluster": sql.present("p.cluster"),
    "route": sql.present("p.route"),
    "flags": sql.present("p.flags"),
    "protocol": sql.present("p.protocol"),
    "bytes": sql.present("p.sent"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Envoy(Format):
    def recognises(self, sample: Sample) -> float:
        return 0.95 * share(sample, _PATTERN)

    def select(self, wanted: Sequence[str], header: Sequence[str]) -> str:
        return pattern_select(wanted, _LINE, _GROUPS, _COLUMNS, mark="time", what="an Envoy access log line")


FORMAT = _Envoy(
    id="envoy",
    title="Envoy or Istio access log (text)",
    columns=tuple(_COLUMNS),
    defaults={"time": "time", "ip": "remote_addr", "user_agent": "user_agent", "status": "status", "request": "request_id"},
    examples=(
        Example(
            line='[2026-01-02T03:04:05.310Z] "POST /users/42?x=1 HTTP/2" 200 - 154 0 226 100 "203.0.113.9,10.0.0.7" "nsq2http" '
            '"cc21d9b0-cf5c-432b-8c7e-98aeb7988cd2" "shop.example" "tcp://10.0.2.1:80"',
            gives={
                "time": "2026-01-02 03:04:05.31",
                "method": "POST",
                "target": "/users/42?x=1",
                "status": "200",
                "remote_addr": "203.0.113.9",
                "user_agent": "nsq2http",
                "request_id": "cc21d9b0-cf5c-432b-8c7e-98aeb7988cd2",
                "host": "shop.example",
                "cluster": None,
            },
        ),
        Example(
            line='[2026-01-02T03:04:05.310Z] "GET /a HTTP/1.1" 503 UF upstream_reset - "delayed connect error: 111" 0 98 0 - "-" "say "hi" \\ back" '
            '"c26bae52-f7aa-44c4-b4a1-65d21465a525" "127.0.0.1:18087" "127.0.0.1:1" down - 127.0.0.1:18087 [2001:db8::1]:55182 - all',
            gives={
                "status": "503",
                "remote_addr": "2001:db8::1",
                "user_agent": 'say "hi" \\ back',
                "route": "all",
                "cluster": "down",
                "forwarded_for": None,
            },
        ),
        Example(
            line='[2026-01-02T03:04:05.310Z] "- - HTTP/1.1" 400 DPE 0 11 0 - "-" "-" "-" "-" "-"',
            gives={"method": None, "target": None, "status": "400", "remote_addr": None, "user_agent": None},
        ),
        Example(line='[2026-01-02T03:04:05.310Z] "GET /a HTTP/1.1" 200', gives=None),
    ),
)
