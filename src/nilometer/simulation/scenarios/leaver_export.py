"""Somebody who is about to leave reads fifteen thousand customers in one evening.

Follows no single incident: an export before leaving, as fast as the thefts of 2025-26 through trusted accounts (the project's
peers.md: Salesforce thefts, "hours to ~10 days", UNC6040/UNC6395).
Scale 1: ten colleagues of 30-60 people a day on the platform's own console, 15,000 people between 18:30 and 22:30.

Settled here because no source says it: the pace is even, about one person a second, by a script in his own browser at his own
desk; he comes to work for one more week and is gone; another colleague leaves the same month with nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nilometer.simulation.days import Calendar, Day
from nilometer.simulation.habits.consoles import staffed
from nilometer.simulation.honest import honest
from nilometer.simulation.mixing import key_of
from nilometer.simulation.platform import Platform, missed
from nilometer.simulation.rows import Rows
from nilometer.simulation.scenario import Cast, Innocent, Plot, Scenario

PEOPLE = 15_000
BEGINS, ENDS = 18.5 * 3600.0, 22.5 * 3600.0
"""Seconds since local midnight."""
EARLIEST = 60
"""The evening is that of the first working day from here on that the leaver is at work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evening:
    """One credential reads `people` people, evenly between BEGINS and ENDS of day `on`: a script with a short random pause."""

    name: str
    platform: Platform
    credential: int
    surface: int
    on: int
    people: int

    def day(self, day: Day, rng: np.random.Generator) -> Rows:
        """That evening, and nothing on any other day."""
        count = self.people if day.number == self.on else 0
        pauses = rng.uniform(0.8, 1.2, count)
        place = np.cumsum(pauses) / max(float(pauses.sum()), 1.0)
        return self.platform.partner_rows(
            day,
            seconds=BEGINS + (ENDS - BEGINS) * place * 0.998,
            person=self.platform.people.walk(np.arange(count), key_of(self.platform.seed, self.name)),
            credential=np.full(count, self.credential, dtype=np.int64),
            surface=self.surface,
            status=missed(rng, count, 0.004),
        )


def cast(platform: Platform) -> Cast:
    """The honest platform, its console, and one colleague's evening. Another one leaves with nothing."""
    leaver = key_of(platform.seed, "who leaves") % 10
    other = (leaver + 3) % 10
    others, staff = honest(platform), staffed(platform, leaves={leaver: EARLIEST + 10, other: EARLIEST + 4})
    office = platform.paces["office"]
    days = [n for n in range(EARLIEST, platform.calendar.days) if staff.present[n, leaver] and office[n] > 0.5]
    crew, accounts = staff.console.crew, [platform.directory.credentials[place].account for place in staff.console.crew]
    evening = Evening(
        name="the evening",
        platform=platform,
        credential=int(crew[leaver]),
        surface=staff.console.surface,
        # who is on leave all that time comes in for this
        on=days[0] if days else EARLIEST,
        people=max(1, round(PEOPLE * platform.scale)),
    )
    return Cast(
        honest=(*others.habits, staff.console),
        plots=(Plot(habits=(evening,), actors=(("account", accounts[leaver]),), mixed=True),),
        innocents=(
            *others.innocents,
            Innocent(actors=(("account", accounts[other]),), why="leaves the same month, and takes nothing along"),
        ),
    )


SCENARIO = Scenario(
    id="leaver_export",
    title="A leaver reads fifteen thousand customers in one evening",
    modelled_on="no single incident: an export before leaving, as fast as the thefts through trusted accounts of 2025-26 (UNC6040/UNC6395)",
    kind="leak",
    cast=cast,
    calendar=Calendar(days=80),
)
