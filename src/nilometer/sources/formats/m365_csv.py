"""Microsoft 365 unified audit as the portal and PowerShell export it: CSV whose column AuditData holds a JSON record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from nilometer.sources.delimited import header_of
from nilometer.sources.format import Example, Format, Sample
from nilometer.sources.jsonfields import fields_select
from nilometer.sources.unifiedaudit import COLUMNS, DEFAULTS

_DATA: Final = "AuditData"


@dataclass(frozen=True, slots=True, kw_only=True)
class _M365Csv(Format):
    def recognises(self, sample: Sample) -> float:
        return 0.95 if _DATA in header_of(sample) else 0.0

    def header(self, sample: Sample) -> tuple[str, ...]:
        return header_of(sample)

    def may_have(self, column: str, header: Sequence[str]) -> bool:
        return not column.startswith("header:")

    def select(self, wanted: Sequence[str], header: Sequence[str]) -> str:
        if _DATA not in header:  # asked for by name over a file of another shape: nothing in it can be read
            nothing = "".join(f', CAST(NULL AS {"TIMESTAMP" if w == "time" else "VARCHAR"}) AS "{w}"' for w in wanted)
            return f"SELECT number, 'no column {_DATA}' AS unreadable{nothing} FROM lines"
        return fields_select(wanted, COLUMNS, text=_DATA, verbatim=header, what=f"a JSON record in {_DATA}")


_HEADER = "RecordId,CreationDate,RecordType,Operation,UserId,AuditData,AssociatedAdminUnits,AssociatedAdminUnitsNames\n"

FORMAT = _M365Csv(
    id="m365_csv",
    title="Microsoft 365 unified audit (CSV export)",
    framing="records",
    columns=tuple(COLUMNS),
    defaults=DEFAULTS,
    examples=(
        Example(
            line=_HEADER
            + 'r-1,2026-01-02T03:04:05.0000000Z,6,FileAccessed,anna@shop.example,"{""CreationTime"":""2026-01-02T03:04:05"",""Id"":""r-1"",""Operation"":""FileAccessed"",'
            '""Workload"":""OneDrive"",""UserId"":""anna@shop.example"",""ClientIP"":""[2001:db8::1]:51002"",""ObjectId"":""https://shop.example/42, copy.docx""}",,',
            gives={
                "time": "2026-01-02 03:04:05",
                "account": "anna@shop.example",
                "ip": "2001:db8::1",
                "surface": "OneDrive:FileAccessed",
                "status": "200",
                "ObjectId": "https://shop.example/42, copy.docx",
                "RecordId": "r-1",
                "AssociatedAdminUnits": None,
                "session": None,
            },
        ),
        Example(
            line="CreationDate,UserIds,Operations,AuditData\n"
            '2026-01-02T03:04:05.0000000Z,anna@shop.example,UserLoginFailed,"{""CreationTime"":""2026-01-02T03:04:05"",""Operation"":""UserLoginFailed"",'
            '""Workload"":""AzureActiveDirectory"",""ClientIP"":""203.0.113.9:4711"",""ResultStatus"":""Success""}"',
            gives={"account": None, "UserIds": "anna@shop.example", "ip": "203.0.113.9", "status": "403"},
        ),
        Example(
            line=_HEADER + 'r-2,2026-01-02T03:04:05.0000000Z,6,FileAccessed,anna@shop.example,"{""CreationTime"":""2026-01",,', gives=None
        ),
    ),
)
