"""Order handling through an outage: what was missed is read when access is back, and the last days once more."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nilometer.simulation.days import HOUR, Day
from nilometer.simulation.habits.orders import OrderHandling
from nilometer.simulation.mixing import Ints
from nilometer.simulation.platform import missed
from nilometer.simulation.rows import Rows

PAGE = 40
"""Orders in one response of the catching-up job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interrupted:
    """`handling` without access from `start` to `end` (microseconds since 1970 UTC), then catching up within `hours`, or by midnight.

    The job `credential` reads every order since `back` days before the day of `end`, once each, in order of their numbers;
    the day's ordinary work goes on beside it. `days` are all days of the calendar: the missed work is made from them.
    """

    handling: OrderHandling
    days: tuple[Day, ...]
    start: int
    end: int
    credential: int
    hours: float = 3.0
    back: int = 10

    @property
    def name(self) -> str:
        """The name of the handling: its orders are the same with and without the outage."""
        return self.handling.name

    def day(self, day: Day, rng: np.random.Generator) -> Rows:
        """One day's orders: some, none, or those of many days."""
        rows = self.handling.day(day, rng)
        rows = rows.only((rows.time < self.start) | (rows.time >= self.end))
        if not day.start <= self.end < day.start + 24 * HOUR:
            return rows
        again = self._again(day, rng)
        if len(rows) == 0:
            return again
        return Rows.joined([rows, again.renumbered(sessions=int(rows.session.max()) + 1, requests=int(rows.request.max()) + 1)])

    def _again(self, day: Day, rng: np.random.Generator) -> Rows:
        """The orders of the last days, each once, page by page."""
        platform = self.handling.platform
        earlier = range(max(0, day.number - self.back), day.number + 1)
        orders = Rows.joined([self.handling.day(self.days[k], platform.rng(self.name, k)) for k in earlier])
        orders = orders.only(orders.time < self.end)
        first = np.unique(orders.reference, return_index=True)[1]
        person: Ints = platform.people.index(orders.subject[first])
        page = np.arange(len(first)) // PAGE
        begins = (self.end - day.start) / HOUR
        lasts = min(self.hours, 24.0 - begins)
        waited = np.cumsum(rng.lognormal(0.0, 0.4, len(first) // PAGE + 1))
        return platform.partner_rows(
            day,
            seconds=3600 * (begins + lasts * waited[page] / waited[-1]),
            person=person,
            credential=np.full(len(first), self.credential, dtype=np.int64),
            surface=self.handling.surface,
            status=missed(rng, len(first), 0.004),
            reference=orders.reference[first],
            request=page,
        )
