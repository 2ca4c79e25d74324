"""CSV (or TSV) of any shape with a header line; columns are those of the header."""

from __future__ import annotations

import csv as stdlib_csv
from collections.abc import Sequence
from dataclasses import dataclass

from nilometer.sources import sql
from nilometer.sources.delimited import delimiter_of, header_of
from nilometer.sources.format import Format, Sample
from nilometer.sources.mapping import is_canonical


@dataclass(frozen=True, slots=True, kw_only=True)
class _Csv(Format):
    def recognises(self, sample: Sample) -> float:
        names = header_of(sample)
        if len(sample.lines) == 1 and is_canonical(names):
            return 0.9  # a day on which nobody was shown anybody
        if not names or len(sample.lines) < 2:
            return 0.0
        wide = [len(row) for row in stdlib_csv.reader(sample.lines[1:20], delimiter=delimiter_of(sample.lines[0]))]
        return 0.3 if wide and sum(1 for w in wide if w == len(names)) * 2 > len(wide) else 0.0

    def header(self, sample: Sample) -> tuple[str, ...]:
        return header_of(sample)

    def select(self, wanted: Sequence[str], header: Sequence[str]) -> str:
        listed = ", ".join(f"nullif({sql.name(w)}, '') AS {sql.name(w)}" for w in wanted)
        return f"SELECT number, NULL AS unreadable{', ' + listed if listed else ''} FROM lines"


FORMAT = _Csv(id="csv", title="CSV or TSV of any shape (needs a mapping)", framing="records", clock=None, defaults={"*": "own"})
