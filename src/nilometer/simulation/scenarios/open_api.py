"""A self-service interface answers anybody who knows the app's key: somebody counts through the customers for 41 days.

Follows T-Mobile, 2022-23: about 37 million accounts through one interface between 25 November and 5 January, some 0.9 million a
day (T-Mobile's notice; the project's peers.md), and Optus, 2022: an interface without a login and consecutive customer numbers.
Scale 1: 900 people a day in 41 days, one in a thousand, beside 1,200 honest look-ups a day with two keys.

Settled here because no source says it: a new session every 30 to 80 requests, each from another of some hundreds of addresses;
honest customers look themselves up, a few their families too.
"""

from __future__ import annotations

import numpy as np

from nilometer.simulation.days import Calendar
from nilometer.simulation.habits.counting import Counting
from nilometer.simulation.habits.visitors import Visitors, nameless
from nilometer.simulation.habits.walks import plan
from nilometer.simulation.honest import BROWSERS, honest
from nilometer.simulation.platform import Platform
from nilometer.simulation.scenario import Cast, Innocent, Plot, Scenario

STARTED, DAYS = 63, 41
"""25 November 2019, as in the year of the incident."""
A_DAY = 900.0
VISITS = {"self-service": 480.0, "service-desk": 130.0}
"""Honest visits a day by the app whose key they come with, one to three look-ups each."""


def cast(platform: Platform) -> Cast:
    """The honest platform, customers who look themselves up, and the one who looks everybody up."""
    others, directory, scale = honest(platform), platform.directory, platform.scale
    surface = directory.surface("customer.lookup", ("name", "address", "email", "phone", "birthday", "account"))
    browsers = np.array([directory.agent(browser) for browser in BROWSERS], dtype=np.int64)
    keys = {app: nameless(directory, org="platform", app=app) for app in VISITS}
    customers = tuple(
        Visitors(
            name=f"customers by {app}",
            platform=platform,
            credential=place,
            surface=surface,
            agents=browsers[:3] if app == "self-service" else browsers[3:],
            visits=VISITS[app] * scale,
            most=3,
            own=0.93,
            self_service=1.0,
            misses=0.01,
        )
        for app, place in keys.items()
    )
    counting = Counting(
        name="the counting",
        platform=platform,
        credential=keys["self-service"],
        surface=surface,
        agents=browsers[:3],
        first_day=STARTED,
        reached=plan(np.full(DAYS, A_DAY * scale), platform.seed, "the counting", spread=0.05),
        start=platform.people.total // 5,
        rotates=True,
        pool=max(60, round(400 * scale)),
        misses=0.02,
    )
    return Cast(
        honest=(*others.habits, *customers),
        plots=(Plot(habits=(counting,), actors=(("app", "self-service"), ("surface", "customer.lookup")), mixed=True),),
        innocents=(
            *others.innocents,
            Innocent(actors=(("app", "service-desk"),), why="the other key of the same interface: customers look themselves up"),
        ),
    )


SCENARIO = Scenario(
    id="open_api",
    title="An open interface is counted through for 41 days",
    modelled_on="T-Mobile 2022-23: about 37 million accounts through one interface in 41 days; Optus 2022",
    kind="leak",
    cast=cast,
    calendar=Calendar(days=110),
)
