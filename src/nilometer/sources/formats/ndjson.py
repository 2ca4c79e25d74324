"""NDJSON of any shape: one JSON object a line; columns are its keys, dotted for nested ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nilometer.sources.format import Example, Format, Sample
from nilometer.sources.jsonlines import json_select, objects


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ndjson(Format):
    def recognises(self, sample: Sample) -> float:
        return 0.3 if objects(sample) else 0.0

    def may_have(self, column: str, header: Sequence[str]) -> bool:
        return not column.startswith("header:")

    def select(self, wanted: Sequence[str], header: Sequence[str]) -> str:
        return json_select(wanted)


FORMAT = _Ndjson(
    id="ndjson",
    title="NDJSON of any shape (needs a mapping)",
    clock=None,
    defaults={"*": "own"},
    examples=(
        Example(line='{"who":{"id":7},"t":"2026-01-02T03:04:05Z"}', gives={"who.id": "7", "t": "2026-01-02T03:04:05Z", "absent": None}),
        Example(line='{"who":', gives=None),
        Example(line="[1]", gives=None),
    ),
)
