"""A crawler that comes back: 150 people never seen before a day, and as many that it took already.

Follows LinkedIn's scrapers, who "re-visit known people to look human" (the project's peers.md, evasion tricks; what helps
there is "union growth, not ratio alone"), on the surface of Taobao 2019-20.
Scale 1: a consultancy of five accounts with 150 visits a working day; one account reads 300 more, half of them again.

Settled here because no source says it: revisits are drawn evenly from all taken on earlier days; the crawler works every day of
the week in the waking hours of shoppers; the account's honest work goes on.
"""

from __future__ import annotations

import numpy as np

from nilometer.simulation.days import SHOPPING, Calendar
from nilometer.simulation.habits.firms import consultancy
from nilometer.simulation.habits.walks import Walk, plan
from nilometer.simulation.honest import LIBRARIES, honest, review_detail
from nilometer.simulation.mixing import key_of
from nilometer.simulation.platform import Platform
from nilometer.simulation.scenario import Cast, Plot, Scenario

STARTED, DAYS = 60, 170
A_DAY = 150.0
"""New people a day at scale 1, and as many revisits."""


def cast(platform: Platform) -> Cast:
    """The honest platform, one more consultancy, and the crawler on one of its accounts."""
    others, surface = honest(platform), review_detail(platform.directory)
    firm = consultancy(platform, "the firm", accounts=(2, 3), visits=150.0, agent=LIBRARIES[1], surface=surface, ips=4)
    culprit = firm.staff[[key_of(platform.seed, "who crawls") % len(firm.staff)]]
    crawl = Walk(
        name="the crawl",
        platform=platform,
        crew=culprit,
        surface=surface,
        first_day=STARTED,
        reached=plan(np.full(DAYS, platform.scale * A_DAY), platform.seed, "the crawl"),
        hours=SHOPPING,
        misses=0.015,
        revisits=1.0,
    )
    named = platform.directory.credentials[int(culprit[0])]
    return Cast(
        honest=(*others.habits, firm.reading),
        plots=(Plot(habits=(crawl,), actors=(("account", named.account), ("app", named.app)), mixed=True),),
        innocents=others.innocents,
    )


SCENARIO = Scenario(
    id="revisiting_crawler",
    title="A crawler that reads half its people again",
    modelled_on="LinkedIn's scrapers, who come back to known people to look human, on the surface of Taobao 2019-20",
    kind="leak",
    cast=cast,
    calendar=Calendar(days=240),
)
