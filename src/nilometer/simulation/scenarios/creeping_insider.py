"""A member of the platform's own staff looks up a few more strangers every working day, for 110 days.

Follows the evasion "poisoning own baseline slowly" (the project's peers.md, evasion tricks; UEBA notes) in the setting of
Coinbase/TaskUs, 2024-25: 69,461 people seen on screens over months, "hundreds a day", no export to see (press, court filing).
Scale 1: ten colleagues of 30-60 people a day, and eight strangers on the first working day, 4 % more on each next one.

No source says how fast such a creep grows: 3 to 5 % a working day, drawn per seed, was settled here, and that the strangers
are looked up in the same hours and sessions as the honest work.
"""

from __future__ import annotations

import numpy as np

from nilometer.simulation.days import Calendar
from nilometer.simulation.habits.consoles import staffed
from nilometer.simulation.habits.walks import Walk, plan
from nilometer.simulation.honest import honest
from nilometer.simulation.mixing import key_of
from nilometer.simulation.platform import Platform
from nilometer.simulation.scenario import Cast, Innocent, Plot, Scenario

STARTED, DAYS = 58, 110
"""The creep begins on 20 November 2019, a Wednesday, nine days after the sale, and lasts so many days."""
FIRST = 8.0
"""People taken on its first working day, at scale 1."""


def growth(seed: int) -> float:
    """How much more is taken each working day: 3 to 5 %."""
    return float(np.random.default_rng(key_of(seed, "the creep")).uniform(0.03, 0.05))


def cast(platform: Platform) -> Cast:
    """The honest platform, its console with ten colleagues, and what one of them takes beside the work."""
    others, staff = honest(platform), staffed(platform)
    crew = staff.console.crew
    culprit = key_of(platform.seed, "who creeps") % len(crew)
    working = (staff.present[:, culprit] & (platform.paces["office"] > 0.5))[STARTED : STARTED + DAYS]
    a_day = platform.scale * FIRST * (1 + growth(platform.seed)) ** (np.cumsum(working) - 1)
    creep = Walk(
        name="the creep",
        platform=platform,
        crew=crew[[culprit]],
        surface=staff.console.surface,
        first_day=STARTED,
        reached=plan(a_day * working, platform.seed, "the creep"),
        misses=0.006,
    )
    colleagues = [platform.directory.credentials[place].account for k, place in enumerate(crew) if k != culprit]
    return Cast(
        honest=(*others.habits, staff.console),
        plots=(Plot(habits=(creep,), actors=(("account", platform.directory.credentials[crew[culprit]].account),), mixed=True),),
        innocents=(
            *others.innocents,
            Innocent(
                actors=tuple(("account", name) for name in colleagues), why="colleagues on the same console, with their own customers"
            ),
        ),
    )


SCENARIO = Scenario(
    id="creeping_insider",
    title="A member of staff looks up a few more strangers every day",
    modelled_on="slow poisoning of one's own baseline (UEBA notes), in the setting of Coinbase/TaskUs 2024-25: staff looking at customers",
    kind="leak",
    cast=cast,
    calendar=Calendar(days=175),
)
