"""Amazon CloudFront standard logs: tab-separated W3C fields named by `#Fields`; user agents are percent-encoded twice."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from nilometer.sources import sql
from nilometer.sources.format import Example, Format, Sample
from nilometer.sources.pattern import share
from nilometer.sources.w3c import DIRECTIVE, Columns, Part, header_field, may_be_field, moment_of, named_fields, target_of, w3c_select

_LEGACY: Final = (
    "date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) "
    "x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes time-taken x-forwarded-for ssl-protocol ssl-cipher "
    "x-edge-response-result-type cs-protocol-version fle-status fle-encrypted-fields c-port time-to-first-byte x-edge-detailed-result-type "
    "sc-content-type sc-content-len sc-range-start sc-range-end"
).split()
"""The order of the standard log; new fields have only ever been appended."""

_FEWEST: Final = 15
_BARE: Final = re.compile(r"^\d{4}-\d\d-\d\d\t\d\d:\d\d:\d\d\t[A-Z]{3}\d")


def _twice(part: Part, name: str) -> str:
    """SQL: a field that is percent-encoded twice; one encoded once comes out the same."""
    return sql.decoded(sql.decoded(part(name)))


def _target(part: Part) -> str:
    """SQL: path and query, percent-encoded once: CloudFront encodes what the viewer had encoded already."""
    return f"regexp_replace({target_of(part)}, '%25([0-9A-Fa-f]{{2}})', '%\\1', 'g')"


def _moment(part: Part) -> str:
    return f"coalesce({moment_of(part)}, {sql.moment(part('timestamp(ms)'))}, {sql.moment(part('timestamp'))})"


_COLUMNS: Final[Columns] = {
    "time": _moment,
    "method": lambda p: p("cs-method"),
    "target": _target,
    "status": lambda p: p("sc-status"),
    "remote_addr": lambda p: p("c-ip"),
    "user_agent": lambda p: _twice(p, "cs(User-Agent)"),
    "referer": lambda p: _twice(p, "cs(Referer)"),
    "host": lambda p: f"coalesce({p('x-host-header')}, {p('cs(Host)')})",
    "forwarded_for": lambda p: p("x-forwarded-for"),
    "request_id": lambda p: p("x-edge-request-id"),
    "protocol": lambda p: p("cs-protocol-version"),
    "bytes": lambda p: p("sc-bytes"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _CloudFront(Format):
    def recognises(self, sample: Sample) -> float:
        names = named_fields(sample)
        if names:
            return 0.98 if any(name.startswith("x-edge-") for name in names) else 0.0
        return 0.9 * share(sample, _BARE)

    def header(self, sample: Sample) -> tuple[str, ...]:
        return named_fields(sample)

    def may_have(self, column: str, header: Sequence[str]) -> bool:
        if column.startswith("header:"):
            field = header_field(column.removeprefix("header:")).lower()
            return not header or field in (name.lower() for name in header)
        return column in _LEGACY or may_be_field(column, _COLUMNS, header)

    def select(self, wanted: Sequence[str], header: Sequence[str]) -> str:
        return w3c_select(wanted, header, _COLUMNS, separator="\t", assumed=_LEGACY, fewest=_FEWEST)


_HEADER = "#Version: 1.0\n#Fields: " + " ".join(_LEGACY[:20]) + "\n"

FORMAT = _CloudFront(
    id="cloudfront",
    title="Amazon CloudFront standard log",
    columns=tuple(_COLUMNS),
    defaults={"time": "time", "ip": "remote_addr", "user_agent": "user_agent", "status": "status", "request": "request_id"},
    directive=DIRECTIVE,
    examples=(
        Example(
            line=_HEADER + "2026-01-02\t03:04:05\tLHR61-C1\t2390282\t203.0.113.9\tGET\td111111abcdef8.cloudfront.net\t/users/42\t200\t-\t"
            "Mozilla/5.0%2520(Windows%2520NT%252010.0)\tx=1\t-\tHit\tSOX4xwn4XV6Q4rgb7XiVGOHms_BGlTAC4KyHmureZmBNrjGdRLiNIQ==\tshop.example\thttps\t23\t0.001\t-",
            gives={
                "time": "2026-01-02 03:04:05",
                "method": "GET",
                "target": "/users/42?x=1",
                "status": "200",
                "remote_addr": "203.0.113.9",
                "host": "shop.example",
                "user_agent": "Mozilla/5.0 (Windows NT 10.0)",
                "referer": None,
                "cs-protocol": "https",
            },
        ),
        Example(
            line="2026-01-02\t03:04:05\tLHR61-C1\t0\t2001:db8::1\tGET\td111111abcdef8.cloudfront.net\t/\t000\t-\tcurl/8.5\t-\t-\tError\tid==\tshop.example\thttps\t23\t0.001\t-",
            gives={"remote_addr": "2001:db8::1", "target": "/", "status": "000", "user_agent": "curl/8.5"},
        ),
        Example(line=_HEADER + "2026-01-02\t03:04:05\tLHR61-C1\t0\t203.0.113.9", gives=None),
    ),
)
