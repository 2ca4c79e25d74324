"""pgaudit in PostgreSQL's plain log (stderr or syslog); a statement of several lines is cut: csvlog or jsonlog keep it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from nilometer.sources import sql
from nilometer.sources.auditlines import COLUMNS, DEFAULTS, MARK, audited_select, may_have
from nilometer.sources.format import Example, Format, Sample

_SEVERITY: Final = r"(?:LOG|NOTICE|INFO|WARNING|ERROR|FATAL|PANIC|STATEMENT|DETAIL|HINT|CONTEXT|DEBUG\d?):  ?"
_LINE: Final = r"^(.*?)" + _SEVERITY + r"(.*)$"


def _prefixed(*keys: str) -> str:
    """SQL: a value that log_line_prefix names (`user=anna`), as pgBadger and others recommend."""
    return "nullif(regexp_extract(prefix, " + sql.text(r"(?:^|[\s,\[])(?:" + "|".join(keys) + r")=([^,\s\]]*)") + ", 1), '')"


_AT: Final = r"(?:^|\s)([^\s@=,]+)@([^\s@=,]+)(?:\s|$)"
_FOUND: Final = {
    "stamp": r"regexp_extract(prefix, '([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.]+ (?:[A-Z]+|[+-][0-9:]+))', 1)",
    "user": f"coalesce({_prefixed('user', 'u')}, regexp_extract(prefix, {sql.text(_AT)}, 1))",
    "database": f"coalesce({_prefixed('db', 'database', 'd')}, regexp_extract(prefix, {sql.text(_AT)}, 2))",
    "application": _prefixed("app", "application_name", "a"),
    "remote_addr": f"nullif(regexp_replace({_prefixed('client', 'host', 'remote', 'h', 'r')}, '[(][0-9]+[)]$', ''), '[local')",
    "session": _prefixed("session", "sid", "c"),
    "process": r"regexp_extract(prefix, '\[([0-9]+)\]', 1)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _PgauditStderr(Format):
    def recognises(self, sample: Sample) -> float:
        found = [line for line in sample.lines if MARK.search(line) and "LOG:  AUDIT: " in line and not line.startswith("{")]
        return 0.9 if found else 0.0

    def may_have(self, column: str, header: Sequence[str]) -> bool:
        return may_have(column)

    def select(self, wanted: Sequence[str], header: Sequence[str]) -> str:
        listed = ", ".join(f"{value} AS {sql.name(name)}" for name, value in _FOUND.items())
        origin = f"""SELECT number, line, nullif(p.message, '') AS message, {listed} FROM (SELECT *, p.prefix AS prefix FROM
  (SELECT number, line, regexp_extract(line, {sql.text(_LINE)}, ['prefix', 'message']) AS p FROM lines))"""
        return audited_select(
            wanted, origin, "CASE WHEN trim(line) = '' OR starts_with(line, chr(9)) THEN '' ELSE 'not a PostgreSQL log line' END"
        )


FORMAT = _PgauditStderr(
    id="pgaudit_stderr",
    title="pgaudit in PostgreSQL's plain log",
    columns=COLUMNS,
    defaults=DEFAULTS,
    examples=(
        Example(
            line='2026-01-02 03:04:05.678 CEST [21629] anna@shop LOG:  AUDIT: SESSION,3,1,READ,SELECT,TABLE,public.patients,"select a, b from patients where id = $1","42,""b""",1',
            gives={
                "time": "2026-01-02 01:04:05.678",
                "user": "anna",
                "database": "shop",
                "object": "public.patients",
                "parameter_1": "42",
                "parameter_2": "b",
                "rows": "1",
                "remote_addr": None,
                "process": "21629",
            },
        ),
        Example(
            line="2026-01-02 03:04:05 UTC [21629]: user=anna,db=shop,app=desk,client=2001:db8::1 LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,select 1,<none>",
            gives={
                "user": "anna",
                "database": "shop",
                "application": "desk",
                "remote_addr": "2001:db8::1",
                "statement": "select 1",
                "parameter": None,
                "rows": None,
            },
        ),
        Example(
            line='2026-01-02 03:04:05.678 UTC [1] anna@shop LOG:  AUDIT: SESSION,2,1,READ,SELECT,,,"select a,',
            gives={"user": "anna", "parameter": None},
        ),
        Example(line="2026-01-02 03:04:05.678 UTC [1] anna@shop AUDIT: SESSION", gives=None),
    ),
)
