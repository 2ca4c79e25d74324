"""pgaudit in PostgreSQL's csvlog, which has no header line; a statement may run over several lines."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from nilometer.sources import sql
from nilometer.sources.auditlines import COLUMNS, DEFAULTS, MARK, audited_select, may_have
from nilometer.sources.format import Example, Format, Sample

_CSVLOG: Final = (
    "log_time user_name database_name process_id connection_from session_id session_line_num command_tag session_start_time virtual_transaction_id "
    "transaction_id error_severity sql_state_code message detail hint internal_query internal_query_pos context query query_pos location "
    "application_name backend_type leader_pid query_id"
).split()
"""PostgreSQL 14 and later; 13 ends before leader_pid, 12 and earlier before backend_type."""

_WIDTHS: Final = (23, 24, 26)


def _width(sample: Sample) -> int:
    """How many columns the first record has; 0 when it is no csvlog."""
    try:
        first = next(csv.reader(sample.lines), [])
    except csv.Error:
        return 0
    return len(first) if len(first) in _WIDTHS and first[0][:2].isdigit() and first[11].isupper() else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pgaudit(Format):
    def recognises(self, sample: Sample) -> float:
        return (0.95 if any(MARK.search(line) for line in sample.lines) else 0.5) if _width(sample) else 0.0

    def header(self, sample: Sample) -> tuple[str, ...]:
        return tuple(_CSVLOG[: _width(sample) or len(_CSVLOG)])

    def may_have(self, column: str, header: Sequence[str]) -> bool:
        return may_have(column)

    def select(self, wanted: Sequence[str], header: Sequence[str]) -> str:
        names = header if "message" in header else _CSVLOG
        address = "regexp_replace(connection_from, ':[0-9]+$', '')"
        found = {
            "stamp": "log_time", "message": "message", "user": "user_name", "database": "database_name", "application": "application_name",
            "remote_addr": f"CASE WHEN connection_from = '[local]' THEN '' ELSE {address} END", "session": "session_id", "process": "process_id",
        }  # fmt: skip
        listed = ", ".join(f"{value} AS {sql.name(name)}" for name, value in found.items())
        origin = f"SELECT number, {listed} FROM lines" if "message" in names else "SELECT number FROM lines"
        return audited_select(wanted, origin, "''")


FORMAT = _Pgaudit(
    id="pgaudit",
    title="pgaudit in PostgreSQL's csvlog",
    framing="records",
    headed=False,
    columns=COLUMNS,
    defaults=DEFAULTS,
    examples=(
        Example(
            line='2026-01-02 03:04:05.678 CET,"anna","shop",21629,"203.0.113.9:54964",6b04cb8a.547d,5,"EXECUTE",2026-01-02 03:04:02 CET,3/10,0,LOG,00000,'
            '"AUDIT: SESSION,3,1,READ,SELECT,TABLE,public.patients,""select name,\n  phone from patients where id = $1 or name = $2;"",""42,""""O\'Hara, """"""""Q"""""""""""""",2"'
            ',,,,,,,,,"desk ""3"", east","client backend",,0',
            gives={
                "time": "2026-01-02 02:04:05.678",
                "user": "anna",
                "database": "shop",
                "application": 'desk "3", east',
                "remote_addr": "203.0.113.9",
                "session": "6b04cb8a.547d",
                "class": "READ",
                "command": "SELECT",
                "object": "public.patients",
                "surface": "public.patients",
                "rows": "2",
                "statement": "select name,\n  phone from patients where id = $1 or name = $2;",
                "parameter_1": "42",
                "parameter_2": 'O\'Hara, "Q"',
                "parameter_3": None,
                "target": "/shop/SELECT/public.patients",
                "request": "6b04cb8a.547d/3",
            },
        ),
        Example(
            line='2026-01-02 03:04:05.678 +05:30,"anna","shop",21629,"2001:db8::1:54964",6b04cb8a.547d,5,"SELECT",2026-01-02 03:04:02 CET,3/10,0,LOG,00000,'
            '"AUDIT: OBJECT,1,1,READ,SELECT,,,select count(*) from patients,<none>",,,,,,,,,"","client backend",,0',
            gives={
                "time": "2026-01-01 21:34:05.678",
                "remote_addr": "2001:db8::1",
                "application": None,
                "object": None,
                "surface": "SELECT",
                "parameter": None,
                "rows": None,
            },
        ),
        Example(
            line='2026-01-02 03:04:05.678 CST,"anna","shop",21629,"[local]",6b04cb8a.547d,5,"SELECT",2026-01-02 03:04:02 CST,3/10,0,LOG,00000,'
            '"AUDIT: SESSION,1,1,READ,SELECT,,,select 1,<none>",,,,,,,,,"","client backend",,0',
            gives=None,
        ),
    ),
)
