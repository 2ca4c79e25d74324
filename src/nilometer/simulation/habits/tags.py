"""Look-ups by a number that the caller brings along: honest ones with a slip now and then, and guessing."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nilometer.simulation.clientele import Clientele
from nilometer.simulation.days import OFFICE, Day
from nilometer.simulation.habits.walks import on_day
from nilometer.simulation.mixing import Floats, Ints, key_of, shuffled
from nilometer.simulation.people import FIRST_ID, SPACING, People
from nilometer.simulation.platform import Platform
from nilometer.simulation.rows import Rows

BLOCK = 5_000
"""Numbers tried together, in random order, before the next block."""
SLIPS = 0.05
"""Share of honest look-ups that are mistyped once before they are right."""


def nobody(people: People, index: Ints, turn: NDArray[np.int64] | int = 0) -> Ints:
    """Numbers that belong to nobody, next to those of `index`; `turn` (0 to SPACING - 2) says which of them."""
    first = FIRST_ID + np.asarray(index, dtype=np.int64) * SPACING
    there = people.ids(index) - first
    return first + (there + 1 + np.asarray(turn, dtype=np.int64)) % SPACING


@dataclass(frozen=True, slots=True, kw_only=True)
class TagLookups:
    """Repair shops type in the tag of what a customer brings: mostly new people, each asked for by hand.

    `crew` (P, K) as for orders, `returns` (days, P) the mean number of known customers a day, 0 before a shop has joined;
    new customers are the growth of `clientele`. A mistyped tag is asked for first and meets nobody.
    """

    name: str
    platform: Platform
    clientele: Clientele
    crew: NDArray[np.int64]
    returns: Floats
    surface: int

    def day(self, day: Day, rng: np.random.Generator) -> Rows:
        """One day's look-ups."""
        shop, ordinal = self.clientele.newcomers(day.number)
        again = np.repeat(np.arange(self.returns.shape[1]), rng.poisson(self.returns[day.number]))
        shop = np.concatenate([shop, again])
        ordinal = np.concatenate([ordinal, self.clientele.returning(rng, day.number, again)])
        person, clerk = self.clientele.persons(shop, ordinal), rng.integers(0, self.crew.shape[1], len(shop))
        seconds = 20.0 + day.spread(rng, len(shop), OFFICE)
        slipped = np.flatnonzero(rng.random(len(shop)) < SLIPS)
        visit = np.concatenate([np.arange(len(shop)), slipped])
        wrong = np.arange(len(visit)) >= len(shop)
        people = self.platform.people
        rows = self.platform.partner_rows(
            day,
            seconds=seconds[visit] - np.where(wrong, rng.uniform(4.0, 19.0, len(visit)), 0.0),
            person=person[visit],
            credential=self.crew[shop[visit], clerk[visit]],
            surface=self.surface,
            status=np.where(wrong, 404, 200),
        )
        asked = np.where(wrong, nobody(people, person[visit], rng.integers(0, SPACING - 1, len(visit))), rows.subject)
        return replace(rows, subject=asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guessing:
    """Tries number after number around the clock: blocks in ascending order, each block in an order of its own.

    `asked[k]`, shape (days + 1,), is how many numbers were tried before the k-th day; `start` the person whose number is
    the first. One number in SPACING belongs to somebody. `crew` (K,) take turns at random.
    """

    name: str
    platform: Platform
    crew: Ints
    surface: int
    first_day: int
    asked: Ints
    start: int

    def day(self, day: Day, rng: np.random.Generator) -> Rows:
        """One day's guesses."""
        ordinal = on_day(self.asked, day.number - self.first_day)
        count, people = len(ordinal), self.platform.people
        place = np.zeros(count, dtype=np.int64)
        for block in np.unique(ordinal // BLOCK):
            inside = ordinal // BLOCK == block
            order = shuffled(ordinal[inside] % BLOCK, BLOCK, key_of(self.platform.seed, self.name, int(block)))
            place[inside] = block * BLOCK + order
        number = FIRST_ID + self.start * SPACING + place
        person = np.minimum(people.index(number), people.total - 1)
        rows = self.platform.partner_rows(
            day,
            seconds=(np.arange(count) + rng.random(count)) * (86_400.0 / max(count, 1)),
            person=person,
            credential=self.crew[rng.integers(0, len(self.crew), count)],
            surface=self.surface,
            status=np.where(people.ids(person) == number, 200, 404),
        )
        return replace(rows, subject=number)
