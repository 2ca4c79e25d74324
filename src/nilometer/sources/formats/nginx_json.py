"""nginx access logs that a `log_format ... escape=json` writes as JSON, under the usual names of nginx's variables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from nilometer.sources import sql
from nilometer.sources.format import Example, Format, Sample
from nilometer.sources.jsonfields import Columns, Fields, fields_select, header_keys
from nilometer.sources.jsonlines import objects
from nilometer.sources.pattern import method_of, path_of, protocol_of, target_of, without_any_port

_TIMES: Final = ("time_iso8601", "msec", "time_local", "@timestamp", "timestamp", "time", "ts", "datetime")
_OWN: Final = frozenset(
    "remote_addr remote_user request_uri body_bytes_sent http_user_agent http_referer time_iso8601 time_local request_time upstream_response_time "
    "http_x_forwarded_for server_protocol upstream_addr".split()
)


def _time(fields: Fields) -> str:
    stamp = fields.first(*_TIMES)
    parts = fields.step(f"split(trim({stamp}, '[]'), ' ')")
    written = f"CASE WHEN {stamp} SIMILAR TO '\\[?[0-9]{{2}}/[A-Za-z]{{3}}/.*' THEN {sql.clf_moment(f'{parts}[1]', f'{parts}[2]')}"
    return f"{written} ELSE {sql.moment(stamp)} END"


def _words(fields: Fields) -> str:
    return fields.step(f"split({fields.first('request', 'request_line')}, ' ')")


def _target(fields: Fields) -> str:
    plain = f"{fields.first('uri', 'path', 'document_uri', 'url')} || coalesce('?' || {fields.first('args', 'query_string', 'query')}, '')"
    sent = f"coalesce({fields.first('request_uri')}, {target_of(_words(fields))}, {plain})"
    return path_of(fields.step(f"regexp_replace({sent}, '\\\\x([0-9A-Fa-f]{{2}})', '%\\1', 'g')", 2))


def _header(fields: Fields, header: str) -> str:
    return fields.first(*((key,) for key in header_keys(header)))


_COLUMNS: Final[Columns] = {
    "time": _time,
    "method": lambda f: f"coalesce({f.first('request_method', 'method', 'verb')}, {method_of(_words(f))})",
    "target": _target,
    "status": lambda f: f.first("status", "status_code", "response_status"),
    "remote_addr": lambda f: without_any_port(f.first("remote_addr", "client_ip", "clientip", "remote_ip", "client", "ip")),
    "remote_user": lambda f: f.first("remote_user", "user", "auth_user"),
    "user_agent": lambda f: f.first("http_user_agent", "user_agent", "agent"),
    "referer": lambda f: f.first("http_referer", "http_referrer", "referer", "referrer"),
    "host": lambda f: f.first("host", "http_host", "server_name"),
    "request_id": lambda f: f.first("request_id", "req_id", "http_x_request_id"),
    "bytes": lambda f: f.first("body_bytes_sent", "bytes_sent", "bytes"),
    "protocol": lambda f: f"coalesce({f.first('server_protocol')}, {protocol_of(_words(f))})",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _NginxJson(Format):
    def recognises(self, sample: Sample) -> float:
        found = objects(sample)
        own = [o for o in found if len(_OWN & set(o)) >= 2 and "status" in o and not isinstance(o.get("request"), dict)]
        return 0.85 * len(own) / len(found) if found else 0.0

    def may_have(self, column: str, header: Sequence[str]) -> bool:
        return True

    def select(self, wanted: Sequence[str], header: Sequence[str]) -> str:
        return fields_select(wanted, _COLUMNS, _header)


FORMAT = _NginxJson(
    id="nginx_json",
    title="nginx access log in JSON",
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
            line='{"time_iso8601":"2026-01-02T03:04:05+08:00","remote_addr":"203.0.113.9","remote_user":"app-7","request":"GET /users/42?x=1 HTTP/1.1",'
            '"status":200,"http_user_agent":"say \\"hi\\"","http_x_app_key":"k-1"}',
            gives={
                "time": "2026-01-01 19:04:05",
                "method": "GET",
                "target": "/users/42?x=1",
                "status": "200",
                "remote_addr": "203.0.113.9",
                "remote_user": "app-7",
                "user_agent": 'say "hi"',
                "header:X-App-Key": "k-1",
                "protocol": "HTTP/1.1",
            },
        ),
        Example(
            line='{"time_local":"02/Jan/2026:03:04:05 +0000","remote_addr":"2001:db8::1","remote_user":"-","request_method":"POST","uri":"/a","args":"b=c","status":"404"}',
            gives={
                "time": "2026-01-02 03:04:05",
                "method": "POST",
                "target": "/a?b=c",
                "remote_addr": "2001:db8::1",
                "remote_user": None,
                "user_agent": None,
            },
        ),
        Example(
            line='{"msec":1767323045.25,"remote_addr":"unix:","remote_user":"","request_uri":"/","request":"GET / HTTP/2.0","status":"200"}',
            gives={"time": "2026-01-02 03:04:05.25", "target": "/", "remote_user": None},
        ),
        Example(  # written without escape=json, or with bytes that are no UTF-8
            line=r'{"msec":1767323045.25,"remote_addr":"203.0.113.9","request_uri":"/a\x22\xff\xfe","http_user_agent":"say \\\x22hi\x22","status":"200","request_time":"0"}',
            gives={"remote_addr": "203.0.113.9", "target": "/a%22%ff%fe", "user_agent": r"say \\x22hi\x22", "status": "200"},
        ),
        Example(line='{"remote_addr":"203.0.113.9","status":', gives=None),
    ),
)
