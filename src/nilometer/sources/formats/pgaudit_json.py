"""pgaudit in PostgreSQL's jsonlog (15 and later); what else the server logs is no entry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nilometer.sources import sql
from nilometer.sources.auditlines import COLUMNS, DEFAULTS, MARK, audited_select, may_have
from nilometer.sources.format import Example, Format, Sample
from nilometer.sources.jsonlines import objects

_KEYS = {
    "stamp": "timestamp", "message": "message", "user": "user", "database": "dbname", "application": "application_name", "remote_addr": "remote_host",
    "session": "session_id", "process": "pid",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _PgauditJson(Format):
    def recognises(self, sample: Sample) -> float:
        found = objects(sample)
        own = [o for o in found if {"timestamp", "error_severity", "message"} <= set(o)]
        return (0.95 if any(MARK.search(str(o["message"])) for o in own) else 0.5) * len(own) / len(found) if found else 0.0

    def may_have(self, column: str, header: Sequence[str]) -> bool:
        return may_have(column)

    def select(self, wanted: Sequence[str], header: Sequence[str]) -> str:
        paths = ", ".join(sql.text(f"$.{key}") for key in _KEYS.values())
        listed = ", ".join(f"j[{place}] AS {sql.name(name)}" for place, name in enumerate(_KEYS, start=1))
        origin = f"""SELECT number, line, {listed.replace("j[6]", "nullif(j[6], '[local]')")} FROM (SELECT number, line,
  CASE WHEN json_valid(line) AND ltrim(line)[1] = '{{' THEN json_extract_string(line, [{paths}]) END AS j FROM lines)"""
        return audited_select(wanted, origin, "CASE WHEN trim(line) = '' THEN '' ELSE 'not a jsonlog entry' END")


FORMAT = _PgauditJson(
    id="pgaudit_json",
    title="pgaudit in PostgreSQL's jsonlog",
    columns=COLUMNS,
    defaults=DEFAULTS,
    examples=(
        Example(
            line='{"timestamp":"2026-01-02 03:04:05.678 UTC","user":"anna","dbname":"shop","pid":21629,"remote_host":"2001:db8::1","remote_port":54964,"session_id":"6b04cb8a.547d",'
            '"error_severity":"LOG","message":"AUDIT: SESSION,3,1,READ,SELECT,,,\\"select a,\\n b from patients where id = $1\\",\\"42,\\"\\"b\\"\\"\\",1","application_name":"desk"}',
            gives={
                "time": "2026-01-02 03:04:05.678",
                "user": "anna",
                "remote_addr": "2001:db8::1",
                "statement": "select a,\n b from patients where id = $1",
                "parameter_1": "42",
                "parameter_2": "b",
                "rows": "1",
                "application": "desk",
                "process": "21629",
            },
        ),
        Example(
            line='{"timestamp":"2026-01-02 03:04:05.678 UTC","remote_host":"[local]","error_severity":"LOG","message":"AUDIT: SESSION,1,1,READ,SELECT,,,select 1,<not logged>"}',
            gives={"user": None, "remote_addr": None, "parameter": None, "surface": "SELECT"},
        ),
        Example(line='{"timestamp":"2026-01-02 03:04:05.678 UTC","message":"AUDIT: ', gives=None),
    ),
)
