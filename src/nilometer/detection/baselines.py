"""What is usual among peers, from complete days (or hours) only, in a way that heavy tails and a few leaks among the peers do not spoil."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nilometer.detection.history import Days, Floats, History, Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """A crowd's usual count, summed up: how many there were, the middle, the ninth decile, the largest."""

    actors: int
    middle: float
    high: float
    top: float

    def reach(self, deviations: float, narrowest: float) -> float:
        """The count that lies `deviations` log-normal standard deviations above the middle.

        The spread is read between the median and the ninth decile, so that one in ten peers may be a leak without moving it;
        it is at least `narrowest`, and wider the fewer peers there are (its own standard error is about 1.3 / sqrt(actors)).
        """
        if self.actors == 0:
            return float("inf")
        spread = max(narrowest, float(np.log(self.high / self.middle)) / 1.2816) * (1.0 + 2.0 / float(np.sqrt(self.actors)))
        return self.middle * float(np.exp(min(600.0, deviations * spread)))


NOBODY = Usual(actors=0, middle=0.0, high=0.0, top=0.0)


def usual(values: Ints | Floats) -> Usual:
    """The summary of positive `values`."""
    if not len(values):
        return NOBODY
    middle, high = np.quantile(values, (0.5, 0.9), method="higher")
    return Usual(actors=len(values), middle=float(middle), high=float(high), top=float(np.max(values)))


class DailyUsual:
    """What was usual on each day among actors with at least `least`; a look back never includes the day itself."""

    def __init__(self, days: Days, values: Ints, least: int, window: int) -> None:
        keep = np.flatnonzero(values >= least)
        keep = keep[np.argsort(days.day[keep], kind="stable")]
        marks, first = np.unique(days.day[keep], return_index=True)
        groups = np.split(values[keep], first[1:]) if len(marks) else []
        self._by_day = {int(mark): usual(group) for mark, group in zip(marks, groups, strict=True)}
        self._window = window

    def over(self, day: int) -> list[Usual]:
        """The summaries of the days in the window before `day`."""
        return [self._by_day[d] for d in range(day - self._window, day) if d in self._by_day]

    def before(self, day: int) -> Usual:
        """One summary of the window before `day`: the median of its days' sizes, middles and highs, the largest top."""
        found = self.over(day)
        if not found:
            return NOBODY
        return Usual(
            actors=int(np.median([one.actors for one in found])),
            middle=float(np.median([one.middle for one in found])),
            high=float(np.median([one.high for one in found])),
            top=max(one.top for one in found),
        )


def so_far_today(history: History, name: str, day: int, least: int) -> dict[int, Usual]:
    """For each hour of `day` but the first: the summary of all actors' running counts as of the end of the hour before it."""
    rows = np.flatnonzero(history.day == day)
    actor, hour, count = history.actor[rows], history.hour[rows], history.running(name)[rows]
    found: dict[int, Usual] = {}
    for now in range(day * 24 + 1, day * 24 + 24):
        known = np.flatnonzero(hour < now)
        latest = np.ones(len(known), np.bool_)
        latest[:-1] = actor[known][1:] != actor[known][:-1]  # rows are sorted by (actor, hour): an actor's last row has its count so far
        values = count[known][latest]
        found[now] = usual(values[values >= least])
    return found
