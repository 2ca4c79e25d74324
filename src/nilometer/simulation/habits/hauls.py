"""Hauls: a token in other hands reads all it may in hours; and an honest integration that moves house."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nilometer.simulation.days import Day
from nilometer.simulation.directory import addresses
from nilometer.simulation.mixing import key_of
from nilometer.simulation.platform import Habit, Platform, missed
from nilometer.simulation.rows import Rows

PAGE = 200
"""People in one response."""
PAGES_A_SESSION = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """`people` people from second `begins` of local day `day` on, within `lasts` seconds."""

    day: int
    begins: float
    lasts: float
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Haul:
    """A stolen credential reads page after page with `agent`, from `ips` addresses it never came from, errand after errand.

    Everybody is read once; the next errand goes on where the last one stopped.
    """

    name: str
    platform: Platform
    credential: int
    surface: int
    agent: int
    ips: int
    errands: tuple[Errand, ...]

    def day(self, day: Day, rng: np.random.Generator) -> Rows:
        """That day's errands; none on most days."""
        seed, before, pages = self.platform.seed, 0, 0
        ordinals, places, seconds = [np.arange(0)], [np.arange(0)], [np.zeros(0)]
        for errand in self.errands:
            if errand.day == day.number:
                ordinal, count = np.arange(errand.people), -(-errand.people // PAGE)
                # a page takes as long as the server takes to make it
                waits = np.cumsum(rng.gamma(6.0, size=count))
                begun = errand.begins + errand.lasts * (waits - waits[0]) / max(waits[-1] - waits[0], 1.0)
                ordinals.append(before + ordinal)
                places.append(pages + ordinal // PAGE)
                seconds.append(begun[ordinal // PAGE] + 0.000_05 * (ordinal % PAGE))
                pages += count
            before += errand.people
        ordinal, page = np.concatenate(ordinals), np.concatenate(places)
        session = page // PAGES_A_SESSION
        chosen = rng.integers(0, self.ips, int(session.max(initial=0)) + 1)[session]
        return Rows.of(
            time=day.at(np.concatenate(seconds)),
            subject=self.platform.people.ids(self.platform.people.walk(ordinal, key_of(seed, self.name))),
            credential=self.credential,
            session=session,
            ip=addresses(chosen, key_of(seed, self.name, "hosts")),
            agent=self.agent,
            surface=self.surface,
            status=missed(rng, len(ordinal), 0.002),
            request=page,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Resettled:
    """One habit until day `on`, another one from then on: a firm that moves to other servers and a newer tool."""

    name: str
    before: Habit
    after: Habit
    on: int

    def day(self, day: Day, rng: np.random.Generator) -> Rows:
        """The day of whichever of the two it is."""
        return (self.before if day.number < self.on else self.after).day(day, rng)
