"""Traefik access logs in JSON; headers are there when `fields.headers` keeps them."""

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
    return fields.first(*((f"{side}_{name}",) for side in ("request", "downstream", "origin")))


_COLUMNS: Final[Columns] = {
    "time": lambda f: sql.moment(f.first("StartUTC", "StartLocal", "time")),
    "method": lambda f: f.first("RequestMethod"),
    "target": lambda f: path_of(f.first("RequestPath")),
    "status": lambda f: f.first("DownstreamStatus", "OriginStatus"),
    "remote_addr": lambda f: f"coalesce({f.first('ClientHost')}, {without_port(f.first('ClientAddr'))})",
    "remote_user": lambda f: f.first("ClientUsername"),
    "user_agent": lambda f: f.first("request_User-Agent"),
    "referer": lambda f: f.first("request_Referer"),
    "host": lambda f: f.first("RequestHost"),
    "router": lambda f: f.first("RouterName"),
    "server": lambda f: f.first("ServiceURL", "ServiceAddr"),
    "request_id": lambda f: f.first("request_X-Request-Id", "TraceId"),
    "bytes": lambda f: f.first("DownstreamContentSize"),
    "protocol": lambda f: f.first("RequestProtocol"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _TraefikJson(Format):
    def recognises(self, sample: Sample) -> float:
        found = objects(sample)
        own = [o for o in found if "RequestMethod" in o and "RequestPath" in o and ("ClientHost" in o or "DownstreamStatus" in o)]
        return 0.95 * len(own) / len(found) if found else 0.0

    def may_have(self, column: str, header: Sequence[str]) -> bool:
        return True

    def select(self, wanted: Sequence[str], header: Sequence[str]) -> str:
        return fields_select(wanted, _COLUMNS, _header)


FORMAT = _TraefikJson(
    id="traefik_json",
    title="Traefik access log in JSON",
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
            line='{"ClientAddr":"203.0.113.9:48644","ClientHost":"203.0.113.9","ClientUsername":"app-7","DownstreamStatus":200,"RequestMethod":"GET",'
            '"RequestPath":"/users/42?x=1","RouterName":"shop@file","StartUTC":"2026-01-02T03:04:05.858725688Z","level":"info","msg":"",'
            '"request_User-Agent":"say \\"hi\\"","request_X-App-Key":"k-1","time":"2026-01-02T03:04:06Z"}',
            gives={
                "time": "2026-01-02 03:04:05.858725",
                "method": "GET",
                "target": "/users/42?x=1",
                "status": "200",
                "remote_addr": "203.0.113.9",
                "remote_user": "app-7",
                "user_agent": 'say "hi"',
                "header:x-app-key": "k-1",
                "referer": None,
            },
        ),
        Example(
            line='{"ClientAddr":"[2001:db8::1]:48644","ClientUsername":"-","DownstreamStatus":499,"RequestMethod":"GET","RequestPath":"/","time":"2026-01-02T03:04:06+01:00"}',
            gives={"time": "2026-01-02 02:04:06", "remote_addr": "2001:db8::1", "remote_user": None, "user_agent": None, "status": "499"},
        ),
        Example(line='{"ClientHost":"203.0.113.9",', gives=None),
    ),
)
