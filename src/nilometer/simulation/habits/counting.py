"""Counting up: somebody without a name asks for one number after the next, as the numbers were given out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nilometer.simulation.days import Day
from nilometer.simulation.directory import addresses
from nilometer.simulation.habits.tags import nobody
from nilometer.simulation.habits.walks import on_day
from nilometer.simulation.mixing import Ints, key_of, mix
from nilometer.simulation.platform import Platform
from nilometer.simulation.rows import NONE, Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Counting:
    """`lanes` programs count up side by side through the people from `start` on, evenly around the clock.

    `reached[k]`, shape (days + 1,), is how many numbers all lanes together passed before the k-th day; each lane counts through
    a stretch of its own. A lane keeps its address, unless it `rotates`: then a new session every 30 to 80 requests, each from
    another of `pool` addresses. A share `misses` of the numbers belongs to nobody.
    """

    name: str
    platform: Platform
    credential: int
    surface: int
    agents: Ints
    first_day: int
    reached: Ints
    start: int
    lanes: int = 1
    rotates: bool = False
    pool: int = 1
    misses: float = 0.01

    def day(self, day: Day, rng: np.random.Generator) -> Rows:
        """One day's counting."""
        ordinal = on_day(self.reached, day.number - self.first_day)
        count, people = len(ordinal), self.platform.people
        lane, step = ordinal % self.lanes, ordinal // self.lanes
        stretch = int(self.reached[-1]) // self.lanes + 1
        person = (self.start + lane * stretch + step) % people.total
        if self.rotates:
            ends = np.cumsum(rng.integers(30, 81, count // 30 + 1))
            session = np.searchsorted(ends, np.arange(count), side="right")
            ip = self.places(rng.integers(0, self.pool, len(ends))[session])
            program = mix(session, key_of(self.platform.seed, self.name, "agents", day.number)) % np.uint64(len(self.agents))
        else:
            session, ip, program = np.full(count, NONE), self.places(lane), lane.astype(np.uint64) % np.uint64(len(self.agents))
        met = rng.random(count) >= self.misses
        return Rows.of(
            time=day.at((np.arange(count) + rng.random(count)) * (86_400.0 / max(count, 1))),
            subject=np.where(met, people.ids(person), nobody(people, person)),
            credential=self.credential,
            session=session,
            ip=ip,
            agent=self.agents[program.astype(np.int64)],
            surface=self.surface,
            status=np.where(met, 200, 404),
        )

    def places(self, number: Ints) -> Ints:
        """The addresses of lanes, or of the pool, by number, shape (n,)."""
        return addresses(number, key_of(self.platform.seed, self.name, "hosts"))
