"""Habits around habits: only for a while, busier than the day, without naming the reason."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from nilometer.simulation.days import Day
from nilometer.simulation.mixing import Floats
from nilometer.simulation.platform import Habit
from nilometer.simulation.rows import NONE, Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """`habit` from day `since` on and before day `until`; on other days nothing happens."""

    habit: Habit
    since: int = 0
    until: int | None = None

    @property
    def name(self) -> str:
        """The name of the habit it is, so that its randomness stays the same."""
        return self.habit.name

    def day(self, day: Day, rng: np.random.Generator) -> Rows:
        """The habit's day, or no rows."""
        rows = self.habit.day(day, rng)
        if self.since <= day.number and (self.until is None or day.number < self.until):
            return rows
        return rows.only(np.zeros(len(rows), dtype=np.bool_))


@dataclass(frozen=True, slots=True, kw_only=True)
class Paced:
    """`habit` as if each day were `factors` (days,) times as busy as it is."""

    habit: Habit
    factors: Floats

    @property
    def name(self) -> str:
        """The name of the habit it is."""
        return self.habit.name

    def day(self, day: Day, rng: np.random.Generator) -> Rows:
        """The habit on a busier, or a quieter, day."""
        factor = float(self.factors[day.number])
        return self.habit.day(replace(day, trade=day.trade * factor, office=day.office * factor), rng)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreferenced:
    """`habit` by a partner whose tool does not say which order it asks for."""

    habit: Habit

    @property
    def name(self) -> str:
        """The name of the habit it is."""
        return self.habit.name

    def day(self, day: Day, rng: np.random.Generator) -> Rows:
        """The habit's day, no row with a reference."""
        rows = self.habit.day(day, rng)
        return replace(rows, reference=np.full(len(rows), NONE, dtype=np.int64))


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """`habit` that does not run on the days `fails`: a job that broke, until somebody notices."""

    habit: Habit
    fails: frozenset[int]

    @property
    def name(self) -> str:
        """The name of the habit it is."""
        return self.habit.name

    def day(self, day: Day, rng: np.random.Generator) -> Rows:
        """The habit's day, or no rows."""
        rows = self.habit.day(day, rng)
        return rows.only(np.full(len(rows), day.number not in self.fails))
