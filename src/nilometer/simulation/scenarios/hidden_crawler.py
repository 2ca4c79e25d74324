"""A crawler inside a large firm's own work: a fifth more people than the firm reads anyway, all of them new, for 200 days.

Follows Taobao 2019-20 (an employee of a marketing partner with his own crawler; Malwarebytes, June 2021) in the worst
case for the defender, "valid, authenticated API calls only" (the project's peers.md, evasion tricks; Thales 2026).
Scale 1: a firm of 900 visits a working day over five accounts, 12 % of them new; 90 to 270 people more a day, around 180.

Settled here because no source says it: the share of each day is drawn around 20 %, the people are spread evenly over the same
accounts, hours, addresses and sessions as the firm's own.
"""

from __future__ import annotations

import numpy as np

from nilometer.simulation.days import OFFICE, Calendar
from nilometer.simulation.habits.firms import consultancy
from nilometer.simulation.habits.walks import Walk, plan
from nilometer.simulation.honest import LIBRARIES, honest, review_detail
from nilometer.simulation.mixing import key_of
from nilometer.simulation.platform import Platform
from nilometer.simulation.scenario import Cast, Plot, Scenario

STARTED, DAYS = 60, 200
VISITS = 900.0
"""The firm's honest visits on an ordinary working day at scale 1."""


def cast(platform: Platform) -> Cast:
    """The honest platform, a large consultancy, and the crawler on all its accounts."""
    others, surface, directory = honest(platform), review_detail(platform.directory), platform.directory
    firm = consultancy(platform, "the firm", accounts=(5,), visits=VISITS, agent=LIBRARIES[0], surface=surface, ips=5)
    rng = np.random.default_rng(key_of(platform.seed, "the crawl", "share"))
    share = rng.normal(0.20, 0.04, DAYS).clip(0.10, 0.30)
    crawl = Walk(
        name="the crawl",
        platform=platform,
        crew=firm.staff,
        surface=surface,
        first_day=STARTED,
        reached=plan(
            platform.scale * VISITS * share * platform.paces["office"][STARTED : STARTED + DAYS], platform.seed, "the crawl", spread=0.0
        ),
        hours=OFFICE,
        misses=0.01,
    )
    accounts = tuple(("account", directory.credentials[int(place)].account) for place in firm.staff)
    app = directory.credentials[int(firm.staff[0])].app
    return Cast(
        honest=(*others.habits, firm.reading),
        plots=(Plot(habits=(crawl,), actors=(*accounts, ("app", app), ("org", firm.company.org)), mixed=True),),
        innocents=others.innocents,
    )


SCENARIO = Scenario(
    id="hidden_crawler",
    title="A crawler hides in a large firm's own work",
    modelled_on="Taobao 2019-20, by somebody who hides among the calls of a large and honest firm",
    kind="leak",
    cast=cast,
    calendar=Calendar(days=265),
)
