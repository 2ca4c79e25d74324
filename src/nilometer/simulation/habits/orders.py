"""Order handling: a partner sees the buyer of every order it handles, and can name the order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nilometer.simulation.clientele import Clientele
from nilometer.simulation.days import SHOPPING, Day
from nilometer.simulation.mixing import Floats, Ints
from nilometer.simulation.platform import Platform, missed
from nilometer.simulation.rows import Rows

ORDERS_A_DAY = 1_000_000_000
"""Order numbers begin with the day: room for so many on one day, all partners together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderHandling:
    """New buyers and repeat buyers as the day's trade brings them, each with the order as reference.

    `crew` lists each company's credentials, shape (P, K), places repeated where it has fewer than K; `repeats` (P,) are
    orders of known buyers on an ordinary day. Some orders are opened again within hours. `lane` keeps the order numbers
    of several such habits apart.
    """

    name: str
    platform: Platform
    clientele: Clientele
    crew: NDArray[np.int64]
    repeats: Floats
    surface: int
    lane: int = 0

    def day(self, day: Day, rng: np.random.Generator) -> Rows:
        """One day's orders."""
        company, ordinal = self.clientele.newcomers(day.number)
        again = np.repeat(np.arange(len(self.repeats)), rng.poisson(self.repeats * day.trade))
        company = np.concatenate([company, again])
        ordinal = np.concatenate([ordinal, self.clientele.returning(rng, day.number, again)])
        person = self.clientele.persons(company, ordinal)
        count = len(company)
        seconds = day.spread(rng, count, SHOPPING)
        number = (day.number + 1) * ORDERS_A_DAY + self.lane * (ORDERS_A_DAY // 10) + np.argsort(np.argsort(seconds))
        # who handles an order opens it, and in a quarter of the cases once more
        reopened = np.flatnonzero(rng.random(count) < 0.25)
        order: Ints = np.concatenate([np.arange(count), reopened])
        later = np.concatenate([np.zeros(count), rng.exponential(5400.0, len(reopened))])
        clerk = rng.integers(0, self.crew.shape[1], len(order))
        return self.platform.partner_rows(
            day,
            seconds=seconds[order] + 20.0 + later,
            person=person[order],
            credential=self.crew[company[order], clerk],
            surface=self.surface,
            status=missed(rng, len(order), 0.008),
            reference=number[order],
        )
