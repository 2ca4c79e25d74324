"""An account mill: thirty-five new accounts a day, each reads a few dozen people within hours and is never seen again.

Follows ProAPIs v LinkedIn, 2025: hundreds to thousands of new accounts a day that live a few hours and read hundreds of
profiles each (complaint as reported; the project's peers.md: per-account limits alone lose, merge the operator).
Scale 1: 35 accounts a day for 50 days, 20 to 45 people each, beside some 70 honest readers of reviews a day, 25 of whom read
as much.

Settled here because no source says it: ordinary browsers, addresses out of a large pool, ids like anybody's; and that the
accounts divide the people among them. Most honest readers of a day were not seen before either.
"""

from __future__ import annotations

import numpy as np

from nilometer.simulation.days import Calendar
from nilometer.simulation.directory import PERSONAL
from nilometer.simulation.habits.mills import Comparers, Mill
from nilometer.simulation.habits.walks import plan
from nilometer.simulation.honest import BROWSERS, honest
from nilometer.simulation.platform import Platform
from nilometer.simulation.scenario import Cast, Innocent, Plot, Scenario

STARTED, DAYS = 60, 50
A_DAY = 35.0
COMPARING = 25.0


def cast(platform: Platform) -> Cast:
    """The honest platform, people who compare, and the mill."""
    others, directory, scale = honest(platform), platform.directory, platform.scale
    web = next(n for n, c in enumerate(directory.credentials) if c.app == "web" and c.account == PERSONAL)
    surface = directory.surface("review.list", ("nickname",))
    browsers = np.array([directory.agent(browser) for browser in BROWSERS], dtype=np.int64)
    comparing = Comparers(name="comparers", platform=platform, way=web, surface=surface, agents=browsers, visits=COMPARING * scale)
    mill = Mill(
        name="the mill",
        platform=platform,
        way=web,
        surface=surface,
        agents=browsers,
        first_day=STARTED,
        made=plan(np.full(DAYS, A_DAY * scale), platform.seed, "the mill"),
        fewest=20,
        most=45,
        hours=4.0,
        pool=20_000,
        accounts=True,
    )
    accounts = tuple(("account", str(number)) for number in mill.names(np.arange(int(mill.made[-1]))).tolist())
    return Cast(
        honest=(*others.habits, comparing),
        plots=(Plot(habits=(mill,), actors=accounts),),
        innocents=(
            *others.innocents,
            Innocent(actors=(("app", "web"),), why="the platform's own site: the mill is a few of its many visitors"),
        ),
    )


SCENARIO = Scenario(
    id="account_mill",
    title="A mill of accounts that live for hours",
    modelled_on="ProAPIs v LinkedIn 2025: hundreds to thousands of new accounts a day, each for a few hours",
    kind="leak",
    cast=cast,
    calendar=Calendar(days=120),
)
