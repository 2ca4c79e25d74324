"""Many who are one: accounts or addresses that each see little, and together everybody."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nilometer.simulation.days import SHOPPING, Day
from nilometer.simulation.directory import addresses
from nilometer.simulation.habits.contacts import made_up
from nilometer.simulation.habits.visitors import homes
from nilometer.simulation.habits.walks import on_day
from nilometer.simulation.mixing import Floats, Ints, key_of, mix, ragged
from nilometer.simulation.platform import Platform
from nilometer.simulation.rows import NONE, Rows

PER_LIST = 8
"""People on one page of reviewers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mill:
    """New members every day that look at `fewest` to `most` people within hours, divide the people among them, and are gone.

    `made[k]`, shape (days + 1,), is how many members there were before the k-th day. Members are accounts made for it where
    `accounts` holds; else visitors without a name. Each has an address out of `pool` and an ordinary browser.
    """

    name: str
    platform: Platform
    way: int
    surface: int
    agents: Ints
    first_day: int
    made: Ints
    fewest: int
    most: int
    hours: float
    pool: int
    accounts: bool

    def day(self, day: Day, rng: np.random.Generator) -> Rows:
        """The day of that day's members."""
        seed = self.platform.seed
        members = int(self.made[-1])
        sizes = self.fewest + (mix(np.arange(members), key_of(seed, self.name, "sizes")) % np.uint64(self.most - self.fewest + 1)).astype(
            np.int64
        )
        begins = np.concatenate([[0], np.cumsum(sizes)])
        number = on_day(self.made, day.number - self.first_day)
        visit, ordinal = ragged(begins[number], sizes[number])
        holder = self.names(number)[visit] if self.accounts else NONE
        page = (ordinal - begins[number][visit]) // PER_LIST
        chosen = rng.integers(0, self.pool, len(number))
        return Rows.of(
            time=day.at(pages(day, rng, len(number), visit, page, self.hours)),
            subject=self.platform.people.ids(self.platform.people.walk(ordinal, key_of(seed, self.name))),
            holder=holder,
            credential=self.way,
            session=visit,
            ip=addresses(chosen, key_of(seed, self.name, "pool"))[visit],
            agent=self.agents[rng.integers(0, len(self.agents), len(number))][visit],
            surface=self.surface,
            request=visit * (self.most // PER_LIST + 1) + page,
        )

    def names(self, number: Ints) -> Ints:
        """The members' accounts, shape (n,)."""
        return made_up(self.platform, self.name, number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparers:
    """People who compare what they want to buy: `visits` a day, 12 to 45 reviewers each within hours, drawn by activity.

    Most of them never looked at reviews before; the busiest of them come again.
    """

    name: str
    platform: Platform
    way: int
    surface: int
    agents: Ints
    visits: float

    def day(self, day: Day, rng: np.random.Generator) -> Rows:
        """One day's comparing."""
        people, count = self.platform.people, int(rng.poisson(self.visits * day.trade))
        person, size = people.active(rng.random(count)), rng.integers(12, 46, count)
        visit, place = ragged(np.zeros(count, dtype=np.int64), size)
        page = place // PER_LIST
        browser = (mix(person, key_of(self.platform.seed, "browser")) % np.uint64(len(self.agents))).astype(np.int64)
        return Rows.of(
            time=day.at(pages(day, rng, count, visit, page, 2.5)),
            subject=people.ids(people.active(rng.random(len(visit)))),
            holder=people.ids(person)[visit],
            credential=self.way,
            session=visit,
            ip=homes(self.platform, person)[visit],
            agent=self.agents[browser][visit],
            surface=self.surface,
            request=visit * (45 // PER_LIST + 1) + page,
        )


def pages(day: Day, rng: np.random.Generator, visits: int, visit: Ints, page: Ints, hours: float) -> Floats:
    """Seconds since the start of the day at which each row's page is read, shape (n,): `page` counts from 0 within its `visit`.

    A visit lasts up to `hours`; its pages follow each other at uneven intervals, all people of a page at one moment.
    """
    begun, lasts = day.spread(rng, visits, SHOPPING), rng.uniform(0.2, 1.0, visits) * hours * 3600
    count = int(page.max(initial=0)) + 1
    waits = rng.exponential(1.0, (visits, count))
    when: Floats = begun[:, None] + lasts[:, None] * (np.cumsum(waits, axis=1) - waits[:, :1]) / count
    # what would run past midnight is read before, some time before: a visit stays on its day, in order
    over = np.maximum(when.max(axis=1, initial=0.0) - 86_390.0, 0.0)
    over = np.where(over > 0.0, over + rng.uniform(0.0, 3_600.0, visits), 0.0)
    return np.asarray(np.maximum(when - over[:, None], 0.0)[visit, page], dtype=np.float64)
