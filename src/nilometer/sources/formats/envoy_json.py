"""Envoy access logs in JSON (`json_format`, Istio, Envoy Gateway), under the usual names of Envoy's command operators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from nilometer.sources import sql
from nilometer.sources.format import Example, Format, Sample
from nilometer.sources.jsonfields import Columns, Fields, fields_select, header_keys
from nilometer.sources.jsonlines import objects
from nilometer.sources.pattern import path_of, without_any_port

_FORWARDED: Final = ("x_forwarded_for", "x-forwarded-for", "forwarded_for")


def _address(fields: Fields) -> str:
    seen = fields.first(
        "downstream_remote_address_without_port",
        "downstream_remote_address",
        "downstream_direct_remote_address",
        "client_ip",
        "remote_address",
    )
    first = fields.step(f"trim(split_part({fields.first(*_FORWARDED)}, ',', 1))")
    return f"coalesce({without_any_port(seen)}, {without_any_port(first)})"


def _header(fields: Fields, header: str) -> str:
    return fields.first(*((key,) for key in header_keys(header)))


_COLUMNS: Final[Columns] = {
    "time": lambda f: sql.moment(f.first("start_time", "startTime", "@timestamp", "timestamp", "time")),
    "method": lambda f: f.first("method", "request_method", ":method", "req_method"),
    "target": lambda f: path_of(
        f.first("x-envoy-origin-path", "x-envoy-original-path", "x_envoy_original_path", "path", ":path", "request_path", "uri")
    ),
    "status": lambda f: f.first("response_code", "responseCode", "status"),
    "remote_addr": _address,
    "forwarded_for": lambda f: f.first(*_FORWARDED),
    "user_agent": lambda f: f.first("user_agent", "user-agent", "userAgent"),
    "request_id": lambda f: f.first("request_id", "x-request-id", "x_request_id"),
    "host": lambda f: f.first("authority", ":authority", "host"),
    "route": lambda f: f.first("route_name"),
    "bytes": lambda f: f.first("bytes_sent"),
    "protocol": lambda f: f.first("protocol"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _EnvoyJson(Format):
    def recognises(self, sample: Sample) -> float:
        found = objects(sample)
        own = [
            o
            for o in found
            if "response_code" in o and {"response_flags", "start_time", "upstream_host", "downstream_remote_address"} & set(o)
        ]
        return 0.9 * len(own) / len(found) if found else 0.0

    def may_have(self, column: str, header: Sequence[str]) -> bool:
        return True

    def select(self, wanted: Sequence[str], header: Sequence[str]) -> str:
        return fields_select(wanted, _COLUMNS, _header)


FORMAT = _EnvoyJson(
    id="envoy_json",
    title="Envoy or Istio access log in JSON",
    columns=tuple(_COLUMNS),
    defaults={"time": "time", "ip": "remote_addr", "user_agent": "user_agent", "status": "status", "request": "request_id"},
    examples=(
        Example(
            line='{"start_time":"2026-01-02T03:04:05.116Z","method":"GET","path":"/users/42?x=1","response_code":200,"response_flags":"-","x_forwarded_for":"203.0.113.9",'
            '"downstream_remote_address":"203.0.113.10:0","user_agent":"say \\"hi\\"","request_id":"r-1","authority":"shop.example","x_app_key":"k-1"}',
            gives={
                "time": "2026-01-02 03:04:05.116",
                "method": "GET",
                "target": "/users/42?x=1",
                "status": "200",
                "remote_addr": "203.0.113.10",
                "forwarded_for": "203.0.113.9",
                "user_agent": 'say "hi"',
                "header:X-App-Key": "k-1",
                "x_app_key": "k-1",
                "route": None,
            },
        ),
        Example(
            line='{"start_time":"2026-01-02T03:04:05.116Z",":authority":"shop.example","method":null,"x-envoy-origin-path":null,"response_code":0,"response_flags":"DPE",'
            '"x-forwarded-for":"2001:db8::1, 10.0.0.1"}',
            gives={"method": None, "target": None, "status": "0", "remote_addr": "2001:db8::1", "user_agent": None, "host": "shop.example"},
        ),
        Example(line='{"start_time":"2026-01-02T03:04:05.116Z","response_code":', gives=None),
    ),
)
