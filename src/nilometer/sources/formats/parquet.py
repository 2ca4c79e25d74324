"""Parquet of any shape: columns are those of its schema."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nilometer.sources import sql
from nilometer.sources.format import Format, Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parquet(Format):
    def recognises(self, sample: Sample) -> float:
        return 1.0 if sample.head.startswith(b"PAR1") else 0.0

    def select(self, wanted: Sequence[str], header: Sequence[str]) -> str:
        listed = ", ".join(f"{sql.name(w)}" for w in wanted)
        return f"SELECT number, CAST(NULL AS VARCHAR) AS unreadable{', ' + listed if listed else ''} FROM lines"


FORMAT = _Parquet(id="parquet", title="Parquet of any shape", framing="table", clock=None, defaults={"*": "own"})
