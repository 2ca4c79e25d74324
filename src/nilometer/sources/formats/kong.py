"""Kong's JSON log entries (file-log, http-log, tcp-log): the consumer is the app, its credential the account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from nilometer.sources import sql
from nilometer.sources.format import Example, Format, Sample
from nilometer.sources.jsonfields import Columns, Fields, fields_select
from nilometer.sources.jsonlines import objects
from nilometer.sources.pattern import path_of


def _header(fields: Fields, header: str) -> str:
    name = header.lower()
    repeated = fields.first(("request", "headers", name, 0), ("response", "headers", name, 0))  # a header sent twice is a list
    return f"coalesce({repeated}, {fields.first(('request', 'headers', name), ('response', 'headers', name))})"


_COLUMNS: Final[Columns] = {
    "time": lambda f: sql.moment(f.first("started_at")),
    "method": lambda f: f.first("request.method"),
    "target": lambda f: path_of(f.first("request.uri", "request.url")),
    "status": lambda f: f.first("response.status"),
    "remote_addr": lambda f: f.first("client_ip"),
    "consumer": lambda f: f.first("consumer.username", "consumer.custom_id", "consumer.id", "authenticated_entity.consumer_id"),
    "credential": lambda f: f.first("authenticated_entity.id"),
    "user_agent": lambda f: _header(f, "user-agent"),
    "referer": lambda f: _header(f, "referer"),
    "host": lambda f: _header(f, "host"),
    "request_id": lambda f: f.first("request.id", ("request", "headers", "x-request-id")),
    "route": lambda f: f.first("route.name", "route.id"),
    "service": lambda f: f.first("service.name", "service.id"),
    "bytes": lambda f: f.first("response.size"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kong(Format):
    def recognises(self, sample: Sample) -> float:
        found = objects(sample)
        own = [
            o
            for o in found
            if "started_at" in o and isinstance(o.get("request"), dict) and {"client_ip", "latencies", "response", "tries"} & set(o)
        ]
        return 0.95 * len(own) / len(found) if found else 0.0

    def may_have(self, column: str, header: Sequence[str]) -> bool:
        return True

    def select(self, wanted: Sequence[str], header: Sequence[str]) -> str:
        return fields_select(wanted, _COLUMNS, _header)


FORMAT = _Kong(
    id="kong",
    title="Kong log entries (JSON)",
    columns=tuple(_COLUMNS),
    defaults={
        "time": "time",
        "ip": "remote_addr",
        "app": "consumer",
        "account": "credential",
        "user_agent": "user_agent",
        "status": "status",
        "request": "request_id",
    },
    examples=(
        Example(
            line='{"started_at":1767323045250,"client_ip":"203.0.113.9","consumer":{"id":"c-id","username":"app-7"},"authenticated_entity":{"id":"key-1","consumer_id":"c-id"},'
            '"request":{"id":"r-1","method":"GET","uri":"/users/42?x=1","url":"https://shop.example:8443/users/42?x=1","querystring":{"x":"1"},'
            '"headers":{"host":"shop.example","user-agent":"say \\"hi\\"","x-app-key":["k-1","k-2"]}},"response":{"status":200,"size":9982,"headers":{"via":"1.1 kong"}},'
            '"route":{"id":"rt","name":"users"},"latencies":{"request":515}}',
            gives={
                "time": "2026-01-02 03:04:05.25",
                "method": "GET",
                "target": "/users/42?x=1",
                "status": "200",
                "remote_addr": "203.0.113.9",
                "consumer": "app-7",
                "credential": "key-1",
                "user_agent": 'say "hi"',
                "header:X-App-Key": "k-1",
                "request_id": "r-1",
                "request.querystring.x": "1",
                "route": "users",
            },
        ),
        Example(
            line='{"started_at":1767323045,"client_ip":"2001:db8::1","request":{"method":"GET","url":"http://shop.example:80/a?b=c"},"response":{"status":401}}',
            gives={
                "time": "2026-01-02 03:04:05",
                "target": "/a?b=c",
                "remote_addr": "2001:db8::1",
                "consumer": None,
                "credential": None,
                "user_agent": None,
                "status": "401",
            },
        ),
        Example(line='{"started_at":1767323045250,"request":', gives=None),
    ),
)
