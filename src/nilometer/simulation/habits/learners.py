"""Learners: new support agents practise on sample people, then answer more tickets week by week."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nilometer.simulation.days import OFFICE, SHIFTS, Day
from nilometer.simulation.habits.support import TICKETS_A_DAY
from nilometer.simulation.mixing import Ints, key_of, unit
from nilometer.simulation.platform import Platform, missed
from nilometer.simulation.rows import NONE, Rows

TRAINING = 2
"""Days of training, at the start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learners:
    """`agents` (A,) start on day `since`: `samples` people each on every training day, without a ticket.

    From the first day on they answer tickets, `low` of them on a day on shift at first and `high` after `ramp` days, one to
    three looks each with its ticket. Shifts are five days in seven, the training days are everybody's.
    """

    name: str
    platform: Platform
    agents: Ints
    since: int
    surfaces: Ints
    samples: float
    low: float
    high: float
    ramp: int = 14

    def day(self, day: Day, rng: np.random.Generator) -> Rows:
        """One day's training and tickets."""
        k = day.number - self.since
        trains = 0 <= k < TRAINING
        shift = unit(np.arange(len(self.agents)), key_of(self.platform.seed, self.name, "shift", day.number)) < 5 / 7
        works = (shift | trains) & (k >= 0)
        rate = self.low + (self.high - self.low) * min(max(k, 0) / self.ramp, 1.0)
        tickets = rng.poisson(rate * day.trade * works)
        opened = np.repeat(np.arange(len(self.agents)), tickets)
        looks = rng.choice(3, size=len(opened), p=(0.55, 0.3, 0.15)) + 1
        ticket = np.repeat(np.arange(len(opened)), looks)
        asked = self.platform.people.active(rng.random(len(opened)))
        practised = np.repeat(np.arange(len(self.agents)), rng.poisson(self.samples * works) if trains else 0)
        seconds = day.spread(rng, len(opened), SHIFTS)
        count = len(ticket) + len(practised)
        # the second half of the day's numbers: the other agents have the first
        number = (day.number + 1) * TICKETS_A_DAY + TICKETS_A_DAY // 2 + ticket
        return self.platform.partner_rows(
            day,
            seconds=np.concatenate([seconds[ticket] + rng.exponential(240.0, len(ticket)), day.spread(rng, len(practised), OFFICE)]),
            person=np.concatenate([asked[ticket], self.platform.people.active(rng.random(len(practised)))]),
            credential=self.agents[np.concatenate([opened[ticket], practised])],
            surface=self.surfaces[rng.integers(0, len(self.surfaces), count)],
            status=missed(rng, count, 0.004),
            reference=np.concatenate([number, np.full(len(practised), NONE, dtype=np.int64)]),
        )
