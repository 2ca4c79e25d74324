"""Support looks without a ticket of their own: honest ones, and those of an agent who is paid to look."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nilometer.simulation.days import SHIFTS, Day
from nilometer.simulation.habits.support import Support
from nilometer.simulation.habits.walks import on_day
from nilometer.simulation.mixing import Ints, key_of
from nilometer.simulation.platform import Platform, missed
from nilometer.simulation.rows import NONE, Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Callers:
    """People who ring the desk and are looked up without a ticket: the call ended before one was made, or went to sales.

    `calls` for the whole desk on an ordinary day, among the agents who answer tickets that day.
    """

    name: str
    platform: Platform
    desk: Support
    calls: float

    def day(self, day: Day, rng: np.random.Generator) -> Rows:
        """One day's calls, each caller drawn by activity."""
        tickets = answered(self.desk, day)
        on_shift = np.unique(tickets.credential)
        count = int(rng.poisson(self.calls * day.trade)) if len(on_shift) else 0
        chosen = rng.integers(0, max(len(on_shift), 1), count)
        # one caller in eight gives a ticket that is somebody else's: a slip of the pen, or a friend's
        wrong = rng.random(count) < 0.125
        number = tickets.reference[rng.integers(0, max(len(tickets), 1), count)] if count else np.zeros(0, dtype=np.int64)
        return self.platform.partner_rows(
            day,
            seconds=day.spread(rng, count, SHIFTS),
            person=self.platform.people.active(rng.random(count)),
            credential=on_shift[chosen],
            surface=self.desk.surfaces[rng.integers(0, len(self.desk.surfaces), count)],
            status=missed(rng, count, 0.01),
            reference=np.where(wrong, number, NONE),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """An agent of `desk` opens people nobody asked about, only on days and in hours of work.

    `reached[k]` (days + 1,) as for a walk. A share `borrowed` of the looks gives the number of a ticket that the agent has that
    day for somebody else; the rest gives none.
    """

    name: str
    platform: Platform
    desk: Support
    credential: int
    first_day: int
    reached: Ints
    borrowed: float

    def day(self, day: Day, rng: np.random.Generator) -> Rows:
        """One day's looks; none on a day off."""
        ordinal = on_day(self.reached, day.number - self.first_day)
        tickets = answered(self.desk, day) if len(ordinal) else None
        own = np.zeros(0, np.int64) if tickets is None else np.unique(tickets.reference[tickets.credential == self.credential])
        count = len(ordinal) if len(own) else 0
        with_ticket = rng.random(count) < self.borrowed
        number = own[rng.integers(0, max(len(own), 1), count)] if count else own[:0]
        return self.platform.partner_rows(
            day,
            seconds=day.spread(rng, count, SHIFTS),
            person=self.platform.people.walk(ordinal[:count], key_of(self.platform.seed, self.name)),
            credential=np.full(count, self.credential, dtype=np.int64),
            surface=self.desk.surfaces[rng.integers(0, len(self.desk.surfaces), count)],
            status=missed(rng, count, 0.004),
            reference=np.where(with_ticket, number, NONE),
        )


def answered(desk: Support, day: Day) -> Rows:
    """The desk's own tickets of that day, as the scenario plays them: a habit's day is the same whoever asks."""
    return desk.day(day, desk.platform.rng(desk.name, day.number))
