"""Nilometer's own canonical shape: NDJSON, CSV with a header, or Parquet with the columns of a disclosure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from nilometer.sources.format import Example, Format, Sample
from nilometer.sources.jsonlines import json_select, objects
from nilometer.sources.mapping import CANONICAL, is_canonical

_OWN: Final = {column: column for column in CANONICAL}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Disclosures(Format):
    def recognises(self, sample: Sample) -> float:
        found = objects(sample)
        return 0.95 if found and sum(1 for o in found if is_canonical(list(o))) * 2 > len(found) else 0.0

    def select(self, wanted: Sequence[str], header: Sequence[str]) -> str:
        return json_select(wanted)

    def may_have(self, column: str, header: Sequence[str]) -> bool:
        return not column.startswith("header:")


FORMAT = _Disclosures(
    id="disclosures",
    title="canonical disclosures (NDJSON, CSV, Parquet)",
    columns=CANONICAL,
    defaults=_OWN,
    clock=None,
    examples=(
        Example(
            line='{"time":"2026-01-02T03:04:05+08:00","subject":42,"app":"a1","fields":["phone","nickname"],"status":200.0}',
            gives={
                "time": "2026-01-02T03:04:05+08:00",
                "subject": "42",
                "app": "a1",
                "fields": '["phone","nickname"]',
                "status": "200.0",
                "org": None,
            },
        ),
        Example(line="{", gives=None),
    ),
)
