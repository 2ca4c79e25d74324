"""IIS logs in the W3C extended format: `#Fields` may change in mid-file, spaces are written as `+`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from nilometer.sources.format import Example, Format, Sample
from nilometer.sources.w3c import DIRECTIVE, Columns, Part, header_field, may_be_field, moment_of, named_fields, target_of, w3c_select


def _spaced(part: Part, name: str) -> str:
    return f"replace({part(name)}, '+', ' ')"


_COLUMNS: Final[Columns] = {
    "time": moment_of,
    "method": lambda p: p("cs-method"),
    "target": target_of,
    "status": lambda p: p("sc-status"),
    "remote_addr": lambda p: p("c-ip"),
    "remote_user": lambda p: p("cs-username"),
    "user_agent": lambda p: _spaced(p, "cs(User-Agent)"),
    "referer": lambda p: p("cs(Referer)"),
    "host": lambda p: f"coalesce({p('cs-host')}, {p('s-computername')})",
    "site": lambda p: p("s-sitename"),
    "protocol": lambda p: p("cs-version"),
    "bytes": lambda p: p("sc-bytes"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Iis(Format):
    def recognises(self, sample: Sample) -> float:
        names = named_fields(sample)
        if "cs-method" not in names or any(name.startswith("x-edge-") for name in names):
            return 0.0
        said = any(line.startswith("#Software: Microsoft Internet Information Services") for line in sample.lines)
        return 0.98 if said or "sc-win32-status" in names or "s-ip" in names else 0.6

    def header(self, sample: Sample) -> tuple[str, ...]:
        return named_fields(sample)

    def may_have(self, column: str, header: Sequence[str]) -> bool:
        if column.startswith("header:"):
            field = header_field(column.removeprefix("header:")).lower()
            return not header or field in (name.lower() for name in header)
        return may_be_field(column, _COLUMNS, header)

    def select(self, wanted: Sequence[str], header: Sequence[str]) -> str:
        return w3c_select(wanted, header, _COLUMNS, separator=" ")


_HEADER = (
    "#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n#Date: 2026-01-02 03:04:05\n#Fields: date time s-ip cs-method cs-uri-stem "
    "cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken\n"
)

FORMAT = _Iis(
    id="iis",
    title="IIS W3C extended log",
    columns=tuple(_COLUMNS),
    defaults={"time": "time", "ip": "remote_addr", "account": "remote_user", "user_agent": "user_agent", "status": "status"},
    directive=DIRECTIVE,
    examples=(
        Example(
            line=_HEADER
            + "2026-01-02 03:04:05 10.0.0.1 GET /users/42 x=1 443 SHOP\\anna 203.0.113.9 Mozilla/5.0+(Windows+NT+10.0) - 200 0 0 15",
            gives={
                "time": "2026-01-02 03:04:05",
                "method": "GET",
                "target": "/users/42?x=1",
                "status": "200",
                "remote_addr": "203.0.113.9",
                "remote_user": "SHOP\\anna",
                "user_agent": "Mozilla/5.0 (Windows NT 10.0)",
                "referer": None,
                "s-port": "443",
                "cs-host": None,
            },
        ),
        Example(
            line=_HEADER + "2026-01-02 03:04:05 ::1 GET / - 443 - 2001:db8::1%12 - - 404 0 2 0",
            gives={"remote_addr": "2001:db8::1%12", "remote_user": None, "user_agent": None, "target": "/", "status": "404"},
        ),
        Example(
            line=_HEADER + "#Fields: date time cs-method cs-uri-stem sc-status c-ip\n2026-01-02 03:04:06 GET /a 200 203.0.113.9",
            gives={"time": "2026-01-02 03:04:06", "remote_addr": "203.0.113.9", "target": "/a", "user_agent": None},
        ),
        Example(line=_HEADER + "2026-01-02 03:04:05 10.0.0.1 GET /users/42", gives=None),
    ),
)
