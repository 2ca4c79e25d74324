"""Three addresses count up through the numbers of documents that anybody with the link may open, for 25 days.

Follows First American, 2019: some 885 million documents behind consecutive numbers, open without a login (KrebsOnSecurity,
24 May 2019; NYDFS charges, 2020), and "enumerating ids" of the project's peers.md. Scale 1: 500 honest visits a day of one to
four documents, and 900 people a day taken by counting.

Settled here because no source says it: how much was taken by whom (First American counted few proven accesses), that the
three programs look like browsers, count around the clock in stretches of their own, and meet nobody once in a hundred.
"""

from __future__ import annotations

import ipaddress

import numpy as np

from nilometer.simulation.days import Calendar
from nilometer.simulation.habits.counting import Counting
from nilometer.simulation.habits.visitors import Visitors, nameless
from nilometer.simulation.habits.walks import plan
from nilometer.simulation.honest import BROWSERS, honest
from nilometer.simulation.platform import Platform
from nilometer.simulation.scenario import Cast, Innocent, Plot, Scenario

STARTED, DAYS = 60, 25
VISITS, A_DAY = 500.0, 900.0
LANES = 3


def cast(platform: Platform) -> Cast:
    """The honest platform, visitors with links, and three programs that need none."""
    others, directory, scale = honest(platform), platform.directory, platform.scale
    nobody = nameless(directory)
    surface = directory.surface("document.view", ("name", "address", "account"))
    browsers = np.array([directory.agent(browser) for browser in BROWSERS], dtype=np.int64)
    visitors = Visitors(
        name="visitors with links",
        platform=platform,
        credential=nobody,
        surface=surface,
        agents=browsers,
        visits=VISITS * scale,
        most=4,
        own=0.6,
        self_service=0.7,
        sessions=False,
    )
    counting = Counting(
        name="the counting",
        platform=platform,
        credential=nobody,
        surface=surface,
        agents=browsers[2:],
        first_day=STARTED,
        reached=plan(np.full(DAYS, A_DAY * scale), platform.seed, "the counting"),
        start=platform.people.total // 3,
        lanes=LANES,
    )
    places = [str(ipaddress.IPv4Address(place)) for place in counting.places(np.arange(LANES)).tolist()]
    return Cast(
        honest=(*others.habits, visitors),
        plots=(Plot(habits=(counting,), actors=tuple(("ip", place) for place in places)),),
        innocents=(
            *others.innocents,
            Innocent(actors=(("surface", "document.view"),), why="most of its visitors open the documents they were sent"),
        ),
    )


SCENARIO = Scenario(
    id="sequential_documents",
    title="Three addresses count up through open documents",
    modelled_on="First American 2019: some 885 million documents behind consecutive numbers, open without a login",
    kind="leak",
    cast=cast,
    calendar=Calendar(days=95),
)
