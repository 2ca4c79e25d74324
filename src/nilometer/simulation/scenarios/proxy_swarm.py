"""A swarm of residential proxies reads the reviews without logging in: 350 addresses a day, two to four people each.

Follows those who send "one attempt or a few reads per IP" through residential proxies (the project's peers.md, evasion tricks:
fail2ban#3400, anubis#1313, Wikimedia). Scale 1: 350 addresses a day for 60 days and about a thousand people a day,
everybody once, beside 400 honest visits a day of one to six people.

Settled here because no source says it: addresses come out of a pool of twenty thousand, so that one is seen about once a
month; hours and browsers are those of honest visitors, who read what many read.
"""

from __future__ import annotations

import numpy as np

from nilometer.simulation.days import Calendar
from nilometer.simulation.habits.mills import Mill
from nilometer.simulation.habits.visitors import Visitors, nameless
from nilometer.simulation.habits.walks import plan
from nilometer.simulation.honest import BROWSERS, honest
from nilometer.simulation.platform import Platform
from nilometer.simulation.scenario import Cast, Plot, Scenario

STARTED, DAYS = 60, 60
A_DAY, VISITS = 350.0, 400.0


def cast(platform: Platform) -> Cast:
    """The honest platform, visitors without a name, and the swarm among them."""
    others, directory, scale = honest(platform), platform.directory, platform.scale
    nobody, surface = nameless(directory), directory.surface("review.list", ("nickname",))
    browsers = np.array([directory.agent(browser) for browser in BROWSERS], dtype=np.int64)
    visitors = Visitors(
        name="visitors",
        platform=platform,
        credential=nobody,
        surface=surface,
        agents=browsers,
        visits=VISITS * scale,
        most=6,
        together=True,
        misses=0.0,
    )
    swarm = Mill(
        name="the swarm",
        platform=platform,
        way=nobody,
        surface=surface,
        agents=browsers,
        first_day=STARTED,
        made=plan(np.full(DAYS, A_DAY * scale), platform.seed, "the swarm", spread=0.05),
        fewest=2,
        most=4,
        hours=0.1,
        pool=20_000,
        accounts=False,
    )
    return Cast(
        honest=(*others.habits, visitors),
        plots=(Plot(habits=(swarm,), actors=(("surface", "review.list"),), mixed=True),),
        innocents=others.innocents,
    )


SCENARIO = Scenario(
    id="proxy_swarm",
    title="A swarm of proxies reads a few people each",
    modelled_on="scraping through residential proxies, a few reads for each address (fail2ban#3400, anubis#1313, Wikimedia)",
    kind="leak",
    cast=cast,
    calendar=Calendar(days=130),
)
