"""Support: agents open the people whose tickets they answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nilometer.simulation.days import SHIFTS, Day
from nilometer.simulation.mixing import Ints, key_of, unit
from nilometer.simulation.platform import Platform, missed
from nilometer.simulation.rows import Rows

TICKETS_A_DAY = 100_000_000
"""Ticket numbers begin with the day: room for so many on one day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """`tickets` on an ordinary day, answered by the agents on shift (five days in seven each), one to three looks each."""

    name: str
    platform: Platform
    agents: Ints
    tickets: float
    surfaces: Ints

    def day(self, day: Day, rng: np.random.Generator) -> Rows:
        """One day's tickets, each person drawn by activity: who buys much also complains much."""
        shift = unit(np.arange(len(self.agents)), key_of(self.platform.seed, self.name, "shift", day.number)) < 5 / 7
        on_shift = self.agents[shift] if shift.any() else self.agents
        count = int(rng.poisson(self.tickets * day.trade))
        person = self.platform.people.active(rng.random(count))
        agent = on_shift[rng.integers(0, len(on_shift), count)]
        opened = day.spread(rng, count, SHIFTS)
        ticket = np.repeat(np.arange(count), rng.choice(3, size=count, p=(0.55, 0.3, 0.15)) + 1)
        looks = len(ticket)
        return self.platform.partner_rows(
            day,
            seconds=opened[ticket] + rng.exponential(240.0, looks),
            person=person[ticket],
            credential=agent[ticket],
            surface=self.surfaces[rng.integers(0, len(self.surfaces), looks)],
            status=missed(rng, looks, 0.004),
            reference=(day.number + 1) * TICKETS_A_DAY + ticket,
        )
