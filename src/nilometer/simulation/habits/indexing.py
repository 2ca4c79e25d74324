"""Indexing: a search engine reads public pages round the clock, a new one nearly every time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nilometer.simulation.days import Day
from nilometer.simulation.mixing import key_of
from nilometer.simulation.platform import Platform, missed
from nilometer.simulation.rows import Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Indexing:
    """One credential reads the pages of `people_a_day` (at this scale) from day `since` on, evenly over day and night.

    It walks through everybody in no order of ids, never the same person twice; a share `again` of each day's pages is a
    page it has indexed before. The day's number of pages varies by 8 %.
    """

    name: str
    platform: Platform
    credential: int
    surface: int
    people_a_day: float
    since: int = 0
    again: float = 0.05

    def day(self, day: Day, rng: np.random.Generator) -> Rows:
        """One day's pages."""
        # room for the busiest day, so that each day's stretch of the walk is known without the days before
        room = int(1.4 * self.people_a_day) + 4
        k = day.number - self.since
        pages = int(rng.poisson(self.people_a_day * np.clip(rng.normal(1.0, 0.08), 0.7, 1.3))) if k >= 0 else 0
        old = int(pages * self.again) if k > 0 else 0
        fresh = min(pages - old, room)
        known = rng.integers(0, max(k, 1), old) * room + rng.integers(0, max(int(0.8 * self.people_a_day), 1), old)
        ordinal = rng.permutation(np.concatenate([k * room + np.arange(fresh), known]))
        seconds = np.sort(rng.random(len(ordinal))) * 86_400.0
        return self.platform.partner_rows(
            day,
            seconds=seconds,
            person=self.platform.people.walk(ordinal, key_of(self.platform.seed, self.name)),
            credential=np.full(len(ordinal), self.credential, dtype=np.int64),
            surface=self.surface,
            status=missed(rng, len(ordinal), 0.015),
        )
