"""nginx `combined` and `common` access logs, with a virtual-host prefix and missing parts or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nilometer.sources.combined import COLUMNS, combined_select, combined_share
from nilometer.sources.format import Example, Format, Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class _Nginx(Format):
    def recognises(self, sample: Sample) -> float:
        return 0.8 * combined_share(sample)

    def select(self, wanted: Sequence[str], header: Sequence[str]) -> str:
        return combined_select(wanted)


FORMAT = _Nginx(
    id="nginx",
    title="nginx combined/common access log",
    columns=COLUMNS,
    defaults={"time": "time", "ip": "remote_addr", "account": "remote_user", "user_agent": "user_agent", "status": "status"},
    examples=(
        Example(
            line='203.0.113.9 - app-7 [02/Jan/2026:03:04:05 +0800] "GET /users/42?x=1 HTTP/1.1" 200 512 "-" "curl/8.5"',
            gives={
                "time": "2026-01-01 19:04:05",
                "method": "GET",
                "target": "/users/42?x=1",
                "status": "200",
                "remote_addr": "203.0.113.9",
                "remote_user": "app-7",
                "user_agent": "curl/8.5",
                "referer": None,
            },
        ),
        Example(
            line=r'2001:db8::1 - an na [02/Jan/2026:03:04:05 +0000] "GET /a\x22b/\xE5\xBC\xA0 c HTTP/1.1" 404 0 "-" "say \x22hi\x22"',
            gives={
                "time": "2026-01-02 03:04:05",
                "remote_addr": "2001:db8::1",
                "remote_user": "an na",
                "status": "404",
                "target": "/a%22b/%E5%BC%A0 c",
                "user_agent": r"say \x22hi\x22",
            },
        ),
        Example(
            line='203.0.113.9 - - [02/Jan/2026:03:04:05 +0000] "-" 400 0 "-" "-"',
            gives={"method": None, "target": None, "status": "400", "remote_user": None},
        ),
        Example(line="certainly not a log line", gives=None),
    ),
)
