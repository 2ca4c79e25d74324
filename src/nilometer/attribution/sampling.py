"""Rows drawn evenly over a table whose length is not known beforehand: every so many-th, fewer and fewer as it goes on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa

ROWS: Final = 20_000
"""Rows that are looked at, twice as many at most."""
_CELLS: Final = 2_000_000


@dataclass(slots=True)
class Sample:
    """Every `step`-th row of what was taken."""

    step: int = 1
    seen: int = 0
    parts: int = 0
    _held: list[pa.Table] = field(default_factory=list)

    def take(self, rows: pa.Table) -> None:
        """Rows that go on where those before ended; of the same columns."""
        first = -self.seen % self.step
        self.seen += rows.num_rows
        self.parts += 1
        places = np.arange(first, rows.num_rows, self.step)
        if len(places):
            self._held.append(rows.take(pa.array(places)))
        most = 2 * max(1_000, min(ROWS, _CELLS // max(1, rows.num_columns)))
        while sum(part.num_rows for part in self._held) > most:
            whole = self.table
            self.step *= 2
            self._held = [whole.take(pa.array(np.arange(0, whole.num_rows, 2)))]

    @property
    def table(self) -> pa.Table:
        """The rows drawn. At least one table must have been taken."""
        return pa.concat_tables(self._held).combine_chunks()
