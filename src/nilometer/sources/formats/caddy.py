"""Caddy's JSON access log (`http.log.access`); what Caddy logs of itself in the same file is no entry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from nilometer.sources import sql
from nilometer.sources.format import Example, Format, Sample
from nilometer.sources.jsonfields import Columns, Fields, canonical_header, fields_select
from nilometer.sources.jsonlines import objects
from nilometer.sources.pattern import path_of, without_port


def _header(fields: Fields, header: str) -> str:
    name = canonical_header(header)
    return fields.first(("request", "headers", name, 0), ("resp_headers", name, 0))


_COLUMNS: Final[Columns] = {
    "time": lambda f: sql.moment(f.first("ts", "time", "timestamp")),
    "method": lambda f: f.first("request.method"),
    "target": lambda f: path_of(f.first("request.uri")),
    "status": lambda f: f.first("status"),
    "remote_addr": lambda f: (
        f"coalesce({f.first('request.client_ip', 'request.remote_ip')}, {without_port(f.first('request.remote_addr'))})"
    ),
    "remote_user": lambda f: f.first("user_id"),
    "user_agent": lambda f: _header(f, "User-Agent"),
    "referer": lambda f: _header(f, "Referer"),
    "host": lambda f: f.first("request.host"),
    "request_id": lambda f: f.first("uuid", ("request", "headers", "X-Request-Id", 0)),
    "bytes": lambda f: f.first("size"),
    "protocol": lambda f: f.first("request.proto"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Caddy(Format):
    def recognises(self, sample: Sample) -> float:
        found = objects(sample)
        own = [o for o in found if _is_entry(o)]
        foreign = [o for o in found if not _is_entry(o) and not {"level", "ts", "msg"} <= set(o)]
        return 0.95 * len(own) / (len(own) + len(foreign)) if own else 0.0

    def may_have(self, column: str, header: Sequence[str]) -> bool:
        return True

    def select(self, wanted: Sequence[str], header: Sequence[str]) -> str:
        return fields_select(
            wanted, _COLUMNS, _header, entry=lambda f: f"{f.at('request', 'method')} IS NOT NULL AND {f.at('status')} IS NOT NULL"
        )


def _is_entry(found: dict[str, object]) -> bool:
    request = found.get("request")
    return isinstance(request, dict) and "uri" in request and ("remote_ip" in request or "remote_addr" in request) and "status" in found


FORMAT = _Caddy(
    id="caddy",
    title="Caddy access log (JSON)",
    columns=tuple(_COLUMNS),
    defaults={
        "time": "time",
        "ip": "remote_addr",
        "account": "remote_user",
        "user_agent": "user_agent",
        "status": "status",
        "request": "request_id",
    },
    examples=(
        Example(
            line='{"level":"info","ts":1767323045.25,"logger":"http.log.access.log0","msg":"handled request","request":{"remote_ip":"10.0.0.1","remote_port":"60150",'
            '"client_ip":"203.0.113.9","proto":"HTTP/2.0","method":"GET","host":"shop.example","uri":"/users/42?x=1","headers":{"User-Agent":["say \\"hi\\""],'
            '"X-App-Key":["k-1","k-2"]}},"bytes_read":0,"user_id":"app-7","duration":0.0002,"size":3,"status":200,"resp_headers":{"Server":["Caddy"]}}',
            gives={
                "time": "2026-01-02 03:04:05.25",
                "method": "GET",
                "target": "/users/42?x=1",
                "status": "200",
                "remote_addr": "203.0.113.9",
                "remote_user": "app-7",
                "user_agent": 'say "hi"',
                "header:X-App-Key": "k-1",
                "header:server": "Caddy",
                "referer": None,
                "request.proto": "HTTP/2.0",
            },
        ),
        Example(
            line='{"level":"info","ts":"2026-01-02T03:04:05.25Z","request":{"remote_addr":"[2001:db8::1]:60150","method":"GET","uri":"http://shop.example/a?b"},'
            '"user_id":"","status":0}',
            gives={
                "time": "2026-01-02 03:04:05.25",
                "target": "/a?b",
                "remote_addr": "2001:db8::1",
                "remote_user": None,
                "user_agent": None,
            },
        ),
        Example(line='{"level":"info","ts":1767323045.25,"request":{"remote_ip":', gives=None),
    ),
)
