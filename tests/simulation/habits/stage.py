"""A stage for tests of single habits: a platform, its days, one company and one partner's customers."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from nilometer.simulation.clientele import Clientele
from nilometer.simulation.days import DAY, Calendar, Day
from nilometer.simulation.platform import Habit, Platform
from nilometer.simulation.rows import Rows

SEED = 5


class Stage:
    """Forty days from 23 September 2019, 60,000 people, one company with three accounts, one surface."""

    def __init__(self) -> None:
        self.platform = Platform.of(seed=SEED, scale=0.1, calendar=Calendar(days=40))
        self.days: list[Day] = list(self.platform.calendar.each(SEED))
        self.company = self.platform.directory.company(accounts=(3,), agent="Java/1.8.0_201", ips=3)
        self.surface = self.platform.directory.surface("order.contact", ("phone",), "o")

    def clientele(self, start: float, growth: float) -> Clientele:
        """Customers of one partner."""
        pace = self.platform.paces["trade"]
        return Clientele.grown(self.platform.people, "stage", start=np.array([start]), growth=np.array([growth]), pace=pace)

    def play(self, habit: Habit, number: int) -> Rows:
        """One day of a habit, with all that every habit promises checked."""
        day = self.days[number]
        rows = habit.day(day, self.platform.rng(habit.name, number))
        again = habit.day(day, self.platform.rng(habit.name, number))
        assert all(np.array_equal(getattr(rows, f.name), getattr(again, f.name)) for f in fields(Rows)), "the same day again"
        assert ((rows.time >= day.start) & (rows.time < day.start + DAY)).all()
        index = self.platform.people.index(rows.subject)
        assert np.array_equal(self.platform.people.ids(index), rows.subject)
        assert ((index >= 0) & (index < self.platform.people.total)).all()
        whole = np.stack([rows.request, rows.credential, rows.surface, rows.session, rows.ip])
        assert len(np.unique(whole, axis=1).T) == len(np.unique(rows.request)), "a request is one actor at one surface"
        return rows
