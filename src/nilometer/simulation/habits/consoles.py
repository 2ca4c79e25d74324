"""The customer console: staff of the platform itself open customers, mostly their own, without giving a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nilometer.simulation.clientele import Clientele
from nilometer.simulation.days import OFFICE, Day
from nilometer.simulation.directory import Credential
from nilometer.simulation.mixing import Floats, Ints, key_of
from nilometer.simulation.platform import Platform, missed
from nilometer.simulation.rows import Rows

NEW = 0.25
"""Share of the people of a day that a colleague has not had before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """P colleagues open their customers in office hours, each customer once to three times within minutes.

    `crew` (P,) are their credentials, `returns` (days, P) the mean number of known customers of each colleague and day: 0
    where they are not at work. New customers are the growth of `clientele`.
    """

    name: str
    platform: Platform
    clientele: Clientele
    crew: Ints
    returns: Floats
    surface: int

    def day(self, day: Day, rng: np.random.Generator) -> Rows:
        """One day's customers."""
        colleague, ordinal = self.clientele.newcomers(day.number)
        again = np.repeat(np.arange(len(self.crew)), rng.poisson(self.returns[day.number]))
        colleague = np.concatenate([colleague, again])
        ordinal = np.concatenate([ordinal, self.clientele.returning(rng, day.number, again)])
        opened = day.spread(rng, len(colleague), OFFICE)
        person = self.clientele.persons(colleague, ordinal)
        visit = np.repeat(np.arange(len(colleague)), rng.choice(3, size=len(colleague), p=(0.6, 0.28, 0.12)) + 1)
        looks = len(visit)
        first = np.concatenate([[True], visit[1:] != visit[:-1]])[:looks]
        return self.platform.partner_rows(
            day,
            seconds=opened[visit] + np.where(first, 0.0, rng.exponential(150.0, looks)),
            person=person[visit],
            credential=self.crew[colleague[visit]],
            surface=self.surface,
            status=missed(rng, looks, 0.006),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """The colleagues of one console: their habit, and when each is at work, shape (days, P)."""

    console: Console
    present: NDArray[np.bool_]


def staffed(platform: Platform, *, colleagues: int = 10, leaves: Mapping[int, int] | None = None) -> Staff:
    """The platform's own `crm-console` with `colleagues`, of 30 to 60 people on a working day each at scale 1.

    `leaves[p]` is the day from which colleague p no longer works here.
    """
    directory = platform.directory
    rng = np.random.default_rng(key_of(platform.seed, "console staff"))
    agents = [directory.agent(browser) for browser in _BROWSERS]
    crew = [
        directory.enter(
            Credential(
                org="platform",
                app="crm-console",
                account=f"staff-{number:04}",
                first_ip=0x0A_14_01_0A,
                ips=8,
                agent=agents[int(rng.integers(0, len(agents)))],
            )
        )
        for number in range(colleagues)
    ]
    present = at_work(platform, colleagues, rng)
    for place, until in (leaves or {}).items():
        present[until:, place] = False
    office = np.where(platform.paces["office"] > 0.5, platform.paces["office"], 0.7)
    people = platform.scale * rng.uniform(32.0, 56.0, colleagues)[None, :] * office[:, None] * present
    start = np.rint(platform.scale * rng.uniform(350.0, 900.0, colleagues)).astype(np.int64).clip(1)
    sizes = np.vstack([start[None, :], start[None, :] + np.cumsum(rng.poisson(NEW * people), axis=0)])
    clientele = Clientele(people=platform.people, key=key_of(platform.people.seed, "clientele", "console"), sizes=sizes)
    return Staff(
        console=Console(
            name="customer console",
            platform=platform,
            clientele=clientele,
            crew=np.array(crew, dtype=np.int64),
            returns=(1 - NEW) * people,
            surface=directory.surface("console.customer", ("nickname", "phone", "email", "address")),
        ),
        present=present,
    )


def at_work(platform: Platform, colleagues: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """When each colleague is at work, shape (days, P): working days but for a day off in twenty and a week's leave now and
    then; one in eight on a weekend or in a quiet week."""
    days = platform.calendar.days
    working = platform.paces["office"][:, None] > 0.5
    present = np.where(working, rng.random((days, colleagues)) < 0.95, rng.random((days, colleagues)) < 0.12)
    leave = rng.random((days, colleagues)) < 1 / 120
    for back in range(1, 7):
        present[back:] &= ~leave[:-back]
    return np.asarray(present & ~leave, dtype=np.bool_)


_BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/77.0.3865.90 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:69.0) Gecko/20100101 Firefox/69.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_14_6) AppleWebKit/605.1.15 Version/13.0 Safari/605.1.15",
)
