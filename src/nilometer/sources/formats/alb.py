"""AWS Application Load Balancer access logs: fields by position; those that AWS appends later are ignored."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from nilometer.sources import sql
from nilometer.sources.format import Example, Format, Sample
from nilometer.sources.pattern import QUOTED, REQUEST, method_of, path_of, pattern_select, protocol_of, share, without_port

_GROUPS: Final = (
    "type", "time", "elb", "client", "backend", "processing", "status", "backend_status", "received", "sent", "request", "agent",
    "cipher", "tls", "group_arn", "trace", "domain", "certificate", "rule", "created", "actions", "redirect", "error",
)  # fmt: skip
_TAIL: Final = (
    rf" (\S+) (\S+)(?: (\S+) {QUOTED}(?: {QUOTED} {QUOTED}(?: (\S+) (\S+) {QUOTED}(?: {QUOTED}(?: {QUOTED})?)?)?)?)?"  # to "error_reason"
)
_LINE: Final = (
    r"^([a-z][a-z0-9]*) (\d{4}-\d\d-\d\dT\S+) (\S+) (\S+) (\S+) (\S+ \S+ \S+) (\d{3}|-) (\S+) (-?\d+) (-?\d+) "
    f"{QUOTED} {QUOTED}(?:{_TAIL})?"
)
_PATTERN: Final = re.compile(_LINE)
# Without escapes the quotes cut the line, and what stands between them is where it should be.
_USUAL: Final = (
    "len(a) = 13 AND a[13] = '' AND a[1] SIMILAR TO '[a-z][a-z0-9]*' AND a[2] SIMILAR TO '[0-9]{4}-[0-9]{2}-[0-9]{2}T[^ ]+' AND a[9] SIMILAR TO '[0-9]{3}|-'"
    " AND a[11] SIMILAR TO '-?[0-9]+' AND a[12] SIMILAR TO '-?[0-9]+' AND list_min(list_transform(a[3:10], lambda field: len(field))) > 0"
    " AND len(q) >= 13 AND q[3] = ' ' AND q[5] SIMILAR TO ' [^ ]+ [^ ]+ [^ ]+ ' AND q[7] = ' ' AND q[9] = ' '"
    " AND q[11] SIMILAR TO ' [^ ]+ [^ ]+ ' AND q[13] = ' '"
)
_PLAIN: Final = (
    _USUAL,
    {
        "type": "a[1]",
        "time": "a[2]",
        "elb": "a[3]",
        "client": "a[4]",
        "backend": "a[5]",
        "status": "a[9]",
        "backend_status": "a[10]",
        "received": "a[11]",
        "sent": "a[12]",
        "request": "q[2]",
        "agent": "q[4]",
        "group_arn": "split(q[5], ' ')[4]",
        "trace": "q[6]",
        "domain": "q[8]",
        "actions": "q[12]",
        "error": "CASE WHEN q[15] = ' ' AND len(q) >= 17 THEN q[16] ELSE '' END",
    },
)
_STEPS: Final = (*REQUEST, {"path": path_of("sent")})
_COLUMNS: Final = {
    "time": sql.moment("p.time"),
    "method": sql.present(method_of("words")),
    "target": sql.present("path"),
    "status": sql.present("p.status"),
    "remote_addr": without_port("p.client"),
    "user_agent": sql.present("p.agent"),
    "url": sql.present("sent"),
    "protocol": sql.present(protocol_of("words")),
    "bytes": sql.present("p.sent"),
    "type": sql.present("p.type"),
    "elb": sql.present("p.elb"),
    "backend": sql.present("p.backend"),
    "backend_status": sql.present("p.backend_status"),
    "target_group": sql.present("p.group_arn"),
    "trace_id": sql.present("p.trace"),
    "domain": sql.present("p.domain"),
    "actions": sql.present("p.actions"),
    "error": sql.present("p.error"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Alb(Format):
    def recognises(self, sample: Sample) -> float:
        return 0.95 * share(sample, _PATTERN)

    def select(self, wanted: Sequence[str], header: Sequence[str]) -> str:
        return pattern_select(wanted, _LINE, _GROUPS, _COLUMNS, mark="time", what="an ALB access log line", steps=_STEPS, plain=_PLAIN)


FORMAT = _Alb(
    id="alb",
    title="AWS Application Load Balancer access log",
    columns=tuple(_COLUMNS),
    defaults={"time": "time", "ip": "remote_addr", "user_agent": "user_agent", "status": "status", "request": "trace_id"},
    examples=(
        Example(
            line="https 2026-01-02T03:04:05.186641Z app/my-loadbalancer/50dc6c495c0c9188 203.0.113.9:2817 10.0.0.1:80 0.086 0.048 0.037 200 200 0 57 "
            '"GET https://shop.example:443/users/42?x=1 HTTP/1.1" "curl/7.46.0" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 '
            'arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/my-targets/73e2d6bc24d8a067 "Root=1-58337281-1d84f3d73c47ec4e58577259" '
            '"shop.example" "arn:aws:acm:us-east-2:123456789012:certificate/12345678-1234-1234-1234-123456789012" 1 2026-01-02T03:04:05.100000Z '
            '"authenticate,forward" "-" "-" "10.0.0.1:80" "200" "-" "-" TID_1234abcd5678ef90 "-" "-" "-" "a field of the future"',
            gives={
                "time": "2026-01-02 03:04:05.186641",
                "method": "GET",
                "target": "/users/42?x=1",
                "status": "200",
                "remote_addr": "203.0.113.9",
                "domain": "shop.example",
                "user_agent": "curl/7.46.0",
                "trace_id": "Root=1-58337281-1d84f3d73c47ec4e58577259",
                "error": None,
                "actions": "authenticate,forward",
            },
        ),
        Example(
            line='h2 2026-01-02T03:04:05.186641Z app/lb/50dc6c495c0c9188 2001:db8::1:48914 - -1 -1 -1 403 - 34 366 "GET https://shop.example:443/ HTTP/2.0" "-" - -',
            gives={"remote_addr": "2001:db8::1", "target": "/", "status": "403", "backend": None, "user_agent": None, "trace_id": None},
        ),
        Example(
            line='http 2026-01-02T03:04:05.186641Z app/lb/50dc6c495c0c9188 [2001:db8::2]:48914 - -1 -1 -1 460 - 0 0 "- http://shop.example:80- -" "-" - - - "-" "-"',
            gives={"remote_addr": "2001:db8::2", "method": None, "status": "460", "protocol": None},
        ),
        Example(line="https 2026-01-02T03:04:05.186641Z app/lb/50dc6c495c0c9188 203.0.113.9:2817", gives=None),
    ),
)
