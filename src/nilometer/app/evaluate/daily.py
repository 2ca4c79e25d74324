"""What each actor was shown on each UTC day, person by person: the shared ground of the rules that count by the day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nilometer.app.evaluate.baseline import Alarms, alarms_of
from nilometer.app.evaluate.columns import DAY, Columns, Flags, Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Daily:
    """m steps: each is the first time that an actor met something new to that day (a person, or simply the next row).

    Sorted by actor, day and time. `count`, shape (m,), is how many it makes on that day; `cell`, shape (m,), is the place of the
    actor's day in `actor`, `day` and `total`, which have a row for each actor and day, sorted by both.
    """

    time: Ints
    count: Ints
    cell: Ints
    actor: Ints
    day: Ints
    total: Ints

    def crossing(self, level: str, lines: Ints) -> Alarms:
        """For each actor's day the moment when its count first passes that day's line (`lines`, shape as `total`): is above it."""
        hit: Flags = self.count == lines[self.cell] + 1
        return alarms_of(level, self.actor[self.cell[hit]], self.time[hit])


def people(columns: Columns, level: str) -> Daily:
    """Distinct people really shown to each actor on each day."""
    rows = np.flatnonzero((columns.actors(level) >= 0) & columns.shown)
    actor, day = columns.actors(level)[rows].astype(np.int64), columns.time[rows] // DAY
    # rows are in order of time and lexsort is stable, so the first of equals is the first that was shown
    order = np.lexsort((columns.subject[rows], day, actor))
    actor, day, subject, rows = actor[order], day[order], columns.subject[rows][order], rows[order]
    fresh = np.ones(len(rows), np.bool_)
    fresh[1:] = (np.diff(actor) != 0) | (np.diff(day) != 0) | (np.diff(subject) != 0)
    return _ranked(actor[fresh], day[fresh], columns.time[rows[fresh]])


def requests(columns: Columns, level: str) -> Daily:
    """Rows of each actor on each day, shown or asked for in vain: what systems that count requests count."""
    rows = np.flatnonzero(columns.actors(level) >= 0)
    return _ranked(columns.actors(level)[rows].astype(np.int64), columns.time[rows] // DAY, columns.time[rows])


def _ranked(actor: Ints, day: Ints, time: Ints) -> Daily:
    order = np.lexsort((time, day, actor))
    actor, day, time = actor[order], day[order], time[order]
    starts = np.ones(len(time), np.bool_)
    starts[1:] = (np.diff(actor) != 0) | (np.diff(day) != 0)
    first = np.flatnonzero(starts)
    cell = np.cumsum(starts) - 1
    count = np.arange(len(time)) - first[cell] + 1 if len(time) else np.empty(0, np.int64)
    total = np.diff(np.append(first, len(time)))
    return Daily(time=time, count=count, cell=cell, actor=actor[first], day=day[first], total=total)


def of_past(daily: Daily, *, days: int, least: int, z: float) -> Ints:
    """The line of each actor's day: mean + z standard deviations of its own totals on the active days among the `days` before.

    Shape as `total`. Where fewer than `least` such days are there is no line: nothing passes it. The deviation is at least one,
    so that an actor that does the same every day is not accused of one more.
    """
    wide = int(daily.day.max(initial=0)) + days + 2
    key = daily.actor * wide + daily.day
    before = np.arange(len(key))
    since = np.maximum(np.searchsorted(key, key - days), np.searchsorted(daily.actor, daily.actor))
    there = before - since
    total = daily.total.astype(np.float64)
    sums, squares = (np.concatenate([[0.0], np.cumsum(x)]) for x in (total, total**2))
    count = np.maximum(there, 1)
    mean = (sums[before] - sums[since]) / count
    spread = np.sqrt(np.maximum((squares[before] - squares[since]) / count - mean**2, 0.0))
    lines = np.floor(mean + z * np.maximum(spread, 1.0))
    return np.where(there >= least, lines, np.iinfo(np.int64).max // 2).astype(np.int64)
