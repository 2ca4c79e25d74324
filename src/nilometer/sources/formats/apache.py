"""Apache `combined`, `common` and `vhost_combined` access logs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from nilometer.sources.combined import COLUMNS, combined_select, combined_share
from nilometer.sources.format import Example, Format, Sample

# What only Apache writes: a virtual host first, a host name or an identd answer, `\"`, `-` for no bytes, `"-" 408`.
_OWN: Final = re.compile(r'^[^\s:"]+:\d+ \S+ \S+ |^[A-Za-z][\w-]*\.[\w.-]* |^\S+ [^-\s]\S* .*?\[|\\"|" \d{3} -(?: |$)|"-" 408 ')
_NGINX: Final = re.compile(r'\\x22|\\x5C|"" 400 ')


@dataclass(frozen=True, slots=True, kw_only=True)
class _Apache(Format):
    def recognises(self, sample: Sample) -> float:
        share = combined_share(sample)
        if share == 0:
            return 0.0
        own = any(_OWN.search(line) for line in sample.lines) and not any(_NGINX.search(line) for line in sample.lines)
        return (0.85 if own else 0.75) * share

    def select(self, wanted: Sequence[str], header: Sequence[str]) -> str:
        return combined_select(wanted)


FORMAT = _Apache(
    id="apache",
    title="Apache combined/common access log",
    columns=COLUMNS,
    defaults={"time": "time", "ip": "remote_addr", "account": "remote_user", "user_agent": "user_agent", "status": "status"},
    examples=(
        Example(
            line=r'shop.example:443 203.0.113.9 - app-7 [02/Jan/2026:03:04:05 -0500] "GET /users/42 HTTP/1.1" 200 512 "-" "say \"hi\""',
            gives={
                "time": "2026-01-02 08:04:05",
                "target": "/users/42",
                "remote_addr": "203.0.113.9",
                "remote_user": "app-7",
                "user_agent": r"say \"hi\"",
            },
        ),
        Example(
            line=r'2001:db8::1 ident an na [02/Jan/2026:03:04:05 +0000] "GET /a\"b/\xe5\xbc\xa0 HTTP/1.1" 404 -',
            gives={
                "remote_addr": "2001:db8::1",
                "remote_user": "an na",
                "target": "/a%22b/%e5%bc%a0",
                "status": "404",
                "bytes": None,
                "user_agent": None,
            },
        ),
        Example(
            line='client.example.net - - [02/Jan/2026:03:04:05 +0000] "-" 408 0 "-" "-"',
            gives={"remote_addr": "client.example.net", "target": None},
        ),
        Example(line='203.0.113.9 - - "GET / HTTP/1.1" 200 1', gives=None),
    ),
)
