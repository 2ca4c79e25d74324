"""Microsoft 365 unified audit records as JSON: an array, `{"value": [...]}`, or one record a line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from nilometer.sources.format import Example, Format, Sample
from nilometer.sources.jsonfields import fields_select
from nilometer.sources.unifiedaudit import COLUMNS, DEFAULTS, REQUIRED

_MARKS: Final = tuple(re.compile(rf'"{key}"\s*:\s*"') for key in REQUIRED)


@dataclass(frozen=True, slots=True, kw_only=True)
class _M365(Format):
    def recognises(self, sample: Sample) -> float:
        head = sample.head[: 1 << 16].decode("utf-8", "replace").lstrip("\ufeff \r\n\t")
        return 0.95 if head[:1] in ("{", "[") and all(mark.search(head) for mark in _MARKS) else 0.0

    def may_have(self, column: str, header: Sequence[str]) -> bool:
        return not column.startswith("header:")

    def select(self, wanted: Sequence[str], header: Sequence[str]) -> str:
        return fields_select(wanted, COLUMNS, what="a Microsoft 365 audit record")


FORMAT = _M365(
    id="m365",
    title="Microsoft 365 unified audit (JSON)",
    framing="documents",
    columns=tuple(COLUMNS),
    defaults=DEFAULTS,
    examples=(
        Example(
            line='[{"CreationTime":"2026-01-02T03:04:05","Id":"r-1","Operation":"FileAccessed","OrganizationId":"o-1","RecordType":6,"UserId":"anna@shop.example","Workload":"SharePoint",'
            '"ClientIP":"203.0.113.9","ObjectId":"https://shop.example/people/42.docx","AppAccessContext":{"AADSessionId":"s-1","ClientAppId":"a-1"}}]',
            gives={
                "time": "2026-01-02 03:04:05",
                "org": "o-1",
                "app": "a-1",
                "account": "anna@shop.example",
                "session": "s-1",
                "ip": "203.0.113.9",
                "status": "200",
                "surface": "SharePoint:FileAccessed",
                "request": "r-1",
                "ObjectId": "https://shop.example/people/42.docx",
                "target": "/SharePoint/FileAccessed",
            },
        ),
        Example(
            line='{"CreationTime":"2026-01-02T03:04:05","Operation":"MailItemsAccessed","Workload":"Exchange","UserId":"anna@shop.example","ClientIPAddress":"[2001:db8::1]:51002",'
            '"ResultStatus":"Failed","SessionId":"s-2","ClientInfoString":"Client=REST"}',
            gives={"ip": "2001:db8::1", "status": "403", "session": "s-2", "user_agent": "Client=REST", "app": None},
        ),
        Example(
            line='{"value":[{"CreationTime":"2026-01-02T03:04:05","Operation":"UserLoggedIn","Workload":"AzureActiveDirectory","ClientIP":"203.0.113.9:4711","ResultStatus":"Success"}]}',
            gives={"ip": "203.0.113.9", "status": "200", "account": None},
        ),
        Example(line='{"CreationTime":"2026-01-02T03:04:05","Operation":"FileAccessed","Workload":"SharePoint",', gives=None),
    ),
)
