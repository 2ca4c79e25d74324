"""One level's actor-hours as sorted columns, with what detectors keep asking of them; millions of rows, no Python objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from nilometer.detection.detector import ACTOR_HOURS

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

COUNTS: Final = tuple(field.name for field in ACTOR_HOURS if field.name not in ("actor", "hour"))
_HOUR: Final = 3_600_000_000  # microseconds
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, eq=False)
class Days:
    """The active days of every actor, sorted by (actor, day): one row per actor and UTC day with any row of the ledger."""

    actor: Ints
    day: Ints
    """Days since 1970-01-01, UTC."""
    counts: Mapping[str, Ints]
    """Each count of ACTOR_HOURS summed over the day."""
    ordinal: Ints
    """How many active days the actor had before this one."""

    def __len__(self) -> int:
        return len(self.actor)

    def where(self, keep: Flags) -> Days:
        """Only the days that `keep` marks; `ordinal` then counts kept days."""
        actor = self.actor[keep]
        return Days(actor, self.day[keep], {name: values[keep] for name, values in self.counts.items()}, _ordinal(actor))


@dataclass(frozen=True, eq=False)
class History:
    """What is known of one level: every actor's hours, sorted by (actor, hour)."""

    level: str
    actor: Ints
    hour: Ints
    """Hours since 1970-01-01T00, UTC."""
    counts: Mapping[str, Ints]

    @classmethod
    def of(cls, level: str, hours: pa.Table) -> History:
        """From a table of ACTOR_HOURS in any row order; sorts only if it must."""
        actor = _column(hours, "actor")
        hour = _column(hours, "hour") // _HOUR
        counts = {name: _column(hours, name) for name in COUNTS}
        step = np.diff(actor)
        if len(actor) and not bool(np.all((step > 0) | ((step == 0) & (np.diff(hour) > 0)))):
            order = np.lexsort((hour, actor))
            actor, hour = actor[order], hour[order]
            counts = {name: values[order] for name, values in counts.items()}
        return cls(level, actor, hour, counts)

    def __len__(self) -> int:
        return len(self.actor)

    @cached_property
    def day(self) -> Ints:
        """The UTC day of every row."""
        return self.hour // 24

    @cached_property
    def starts(self) -> Ints:
        """The first row of every actor-day."""
        if not len(self):
            return np.zeros(0, np.int64)
        fresh = np.ones(len(self), np.bool_)
        fresh[1:] = (self.actor[1:] != self.actor[:-1]) | (self.day[1:] != self.day[:-1])
        return np.flatnonzero(fresh)

    @cached_property
    def days(self) -> Days:
        """The rows summed up by actor and day."""
        actor = self.actor[self.starts]
        sums = {name: _sums(values, self.starts) for name, values in self.counts.items()}
        return Days(actor, self.day[self.starts], sums, _ordinal(actor))

    @cached_property
    def row_day(self) -> Ints:
        """For every row, the index of its actor-day in `days`."""
        mark = np.zeros(len(self), np.int64)
        mark[self.starts[1:]] = 1
        return np.cumsum(mark)

    @cached_property
    def first_day(self) -> int:
        """The day on which this level's history begins."""
        return int(self.day.min()) if len(self) else 0

    def running(self, name: str) -> Ints:
        """Each row's count since the start of its UTC day, at the end of its hour."""
        total = np.cumsum(self.counts[name])
        before = total[self.starts] - self.counts[name][self.starts]
        return total - before[self.row_day]


def record(days: Days, values: Ints, rows: Ints, window: int) -> Ints:
    """For each of `rows` of `days`: the largest of `values` on the same actor's earlier active days within `window` days; 0 when none."""
    best = np.zeros(len(rows), np.int64)
    alive = np.arange(len(rows))
    for back in range(1, window + 1):
        alive = alive[days.ordinal[rows[alive]] >= back]
        if not len(alive):
            break
        earlier = rows[alive] - back
        near = days.day[rows[alive]] - days.day[earlier] <= window
        alive, earlier = alive[near], earlier[near]
        best[alive] = np.maximum(best[alive], values[earlier])
    return best


def moment(hours: int) -> datetime:
    """The start of an hour, or with 24 * day of a day, as a datetime."""
    return _EPOCH + timedelta(hours=int(hours))


def _column(table: pa.Table, name: str) -> Ints:
    values = (
        table.column(name).cast(pa.int64()) if name != "hour" else table.column(name).cast(pa.timestamp("us", tz="UTC")).cast(pa.int64())
    )
    return np.ascontiguousarray(values.to_numpy(), dtype=np.int64)


def _sums(values: Ints, starts: Ints) -> Ints:
    return np.add.reduceat(values, starts) if len(starts) else np.zeros(0, np.int64)


def _ordinal(actor: Ints) -> Ints:
    if not len(actor):
        return np.zeros(0, np.int64)
    index = np.arange(len(actor))
    fresh = np.ones(len(actor), np.bool_)
    fresh[1:] = actor[1:] != actor[:-1]
    first = np.maximum.accumulate(np.where(fresh, index, 0))
    return index - first
