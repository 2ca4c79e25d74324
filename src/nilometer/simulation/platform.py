"""A believable platform: a marketplace with its people, its calendar and its directory of partners.

What its honest actors do each day is in `habits/`; `honest.py` says which of them there are and how large.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from nilometer.simulation.days import SECOND, Calendar, Day, Pace
from nilometer.simulation.directory import Directory
from nilometer.simulation.mixing import Floats, Ints, key_of
from nilometer.simulation.people import People
from nilometer.simulation.rows import NONE, Rows

PEOPLE_AT_SCALE_1 = 600_000
"""Scale 1 is the reference case at one in ten thousand: 118,000 items taken instead of 1.18 billion. People are shrunk less
(one in about 1,500), so that the crawler does not run out of them."""


@runtime_checkable
class Habit(Protocol):
    """What one kind of actor does on one day.

    The rows depend on the platform, the day and the generator alone, never on the days before: any day can be made
    without the others. They need not be in order of time but must lie inside the day.
    """

    @property
    def name(self) -> str:
        """Unique within a scenario: the habit's randomness is drawn from it, so that adding a habit changes no other."""
        ...

    def day(self, day: Day, rng: np.random.Generator) -> Rows:
        """The habit's disclosures of that day."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """The stage. `scale` multiplies volumes and people, not the number of companies."""

    seed: int
    scale: float
    calendar: Calendar
    people: People
    directory: Directory
    paces: dict[Pace, Floats] = field(repr=False)

    @staticmethod
    def of(*, seed: int, scale: float, calendar: Calendar) -> Platform:
        """The platform of this seed, size and stretch of time, with an empty directory."""
        return Platform(
            seed=seed,
            scale=scale,
            calendar=calendar,
            people=People(total=max(200, round(PEOPLE_AT_SCALE_1 * scale)), seed=seed),
            directory=Directory(seed=seed),
            paces={"trade": calendar.pace("trade", seed), "office": calendar.pace("office", seed)},
        )

    def rng(self, name: str, day: int) -> np.random.Generator:
        """The generator for one habit on one day."""
        return np.random.default_rng(key_of(self.seed, name, day))

    def shares(self, total: float, count: int, steepness: float = 1.3) -> Floats:
        """`total` (at scale 1) shared among `count` companies of very different sizes, the largest first, at this scale."""
        weights = np.arange(1, count + 1, dtype=np.float64) ** -steepness
        return np.asarray(self.scale * total * weights / weights.sum(), dtype=np.float64)

    def partner_rows(
        self,
        day: Day,
        *,
        seconds: Floats,
        person: Ints,
        credential: Ints,
        surface: NDArray[Any] | int,
        status: NDArray[Any] | int = 200,
        reference: NDArray[Any] | int = NONE,
        request: Ints | None = None,
    ) -> Rows:
        """Rows of companies' credentials: a session lasts an hour, and keeps its address and its user agent."""
        time = day.at(seconds)
        hour = credential * 24 + (time - day.start) // (3600 * SECOND)
        _, session = np.unique(hour, return_inverse=True)
        return Rows.of(
            time=time,
            subject=self.people.ids(person),
            credential=credential,
            session=session,
            ip=self.directory.ips(credential, hour + day.number * 1_000_003),
            agent=self.directory.agents_of(credential),
            surface=surface,
            status=status,
            reference=reference,
            request=request,
        )


def missed(rng: np.random.Generator, count: int, share: float) -> Ints:
    """HTTP statuses of `count` requests of which about `share` met nobody (404)."""
    return np.where(rng.random(count) < share, 404, 200).astype(np.int64)
