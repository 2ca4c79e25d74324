"""Walks: somebody takes people they have no business with, one after the other, at a plan's pace."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nilometer.simulation.days import OFFICE, Day
from nilometer.simulation.mixing import Floats, Ints, key_of
from nilometer.simulation.platform import Platform, missed
from nilometer.simulation.rows import Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """Accounts take the people of one walk, everybody once, from their own companies' addresses and with their usual tool.

    `crew` (K,) are the credentials, each person being taken by one of them at random; `reached[k]`, shape (days + 1,), is
    how many people the walk has passed before its k-th day, `first_day` the number of day 0. `route` names the walk: two
    walks of one route meet the same people in the same order, `offset` people apart. `revisits` reads that share of the
    day's people again, out of those taken on earlier days. Requests fall into `hours` (24 weights).
    """

    name: str
    platform: Platform
    crew: Ints
    surface: int
    first_day: int
    reached: Ints
    hours: tuple[int, ...] = OFFICE
    misses: float = 0.01
    revisits: float = 0.0
    route: str = ""
    offset: int = 0

    def day(self, day: Day, rng: np.random.Generator) -> Rows:
        """One day of the walk."""
        ordinal = on_day(self.reached, day.number - self.first_day)
        before = int(self.reached[0] if len(ordinal) == 0 else ordinal[0])
        again = rng.integers(0, before, rng.poisson(self.revisits * len(ordinal))) if before > 0 else np.arange(0)
        ordinal = np.concatenate([ordinal, again])
        count = len(ordinal)
        return self.platform.partner_rows(
            day,
            seconds=day.spread(rng, count, self.hours),
            person=self.platform.people.walk(self.offset + ordinal, key_of(self.platform.seed, self.route or self.name)),
            credential=self.crew[rng.integers(0, len(self.crew), count)],
            surface=self.surface,
            status=missed(rng, count, self.misses),
        )


def on_day(reached: Ints, k: int) -> Ints:
    """The ordinals a plan (days + 1,) passes on its k-th day; none before and after it."""
    return np.arange(reached[k], reached[k + 1]) if 0 <= k < len(reached) - 1 else np.arange(0)


def plan(takings: NDArray[np.floating], seed: int, name: str, *, spread: float = 0.1) -> Ints:
    """A plan from the mean number of people of each day (days,): it varies by `spread` and by chance (Poisson)."""
    rng = np.random.default_rng(key_of(seed, name, "plan"))
    means: Floats = np.asarray(takings * rng.normal(1.0, spread, len(takings)).clip(0.5, 1.5), dtype=np.float64)
    return np.concatenate([[0], np.cumsum(rng.poisson(means))]).astype(np.int64)
