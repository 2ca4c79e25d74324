"""Keeps count while rows go by: the ground truth is counted, never assumed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from nilometer.simulation.people import People
from nilometer.simulation.rows import Rows

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Tally:
    """Exact counts over all rows added. Holds one byte for each person of the platform."""

    everybody: People
    rows: int = 0
    shown: int = 0
    surfaces: set[int] = field(default_factory=set)
    first: datetime | None = None
    last: datetime | None = None
    _seen: NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        self._seen = np.zeros(self.everybody.total, dtype=np.bool_)

    @property
    def people(self) -> int:
        """How many distinct people were shown."""
        return int(np.count_nonzero(self._seen))

    def add(self, rows: Rows) -> None:
        """Counts a batch of at least one row, in any order. Times and surfaces count whether or not anything was shown."""
        shown = rows.shown()
        self.rows += len(rows)
        self.shown += int(np.count_nonzero(shown))
        self._seen[self.everybody.index(rows.subject[shown])] = True
        self.surfaces.update(np.unique(rows.surface).tolist())
        first, last = _moment(rows.time.min()), _moment(rows.time.max())
        self.first = first if self.first is None else min(self.first, first)
        self.last = last if self.last is None else max(self.last, last)


def _moment(microseconds: np.int64) -> datetime:
    return _EPOCH + timedelta(microseconds=int(microseconds))
