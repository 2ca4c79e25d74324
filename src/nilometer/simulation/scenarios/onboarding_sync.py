"""A new partner joins and its sync reads all 6,000 customers for the first time in two hours; then it does so every night.

Modelled on the commonest false alarm that defenders report, the first sync (crowdsec#1451, #1464, #1259, #3561, #3656). Scale
1: 6,000 customers, declared beforehand as an onboarding; ten days later a small partner of 400 joins whom nobody declared.

Settled here: that both start by day with a read in pages, in the order in which people became customers, and that the
ordinary nightly sync follows the same night.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from nilometer.simulation.clientele import Clientele
from nilometer.simulation.context import planned
from nilometer.simulation.days import Calendar
from nilometer.simulation.directory import Company
from nilometer.simulation.habits.syncs import NightlySync
from nilometer.simulation.habits.tables import TableRead, Turn
from nilometer.simulation.habits.wrapped import Between
from nilometer.simulation.honest import LIBRARIES, honest
from nilometer.simulation.platform import Habit, Platform
from nilometer.simulation.scenario import Cast, Innocent, Scenario

JOINS, CUSTOMERS = 60, 6_000
SMALL_JOINS, SMALL = 70, 400


def cast(platform: Platform) -> Cast:
    """The honest platform, the partner whose onboarding was declared, and the small one nobody declared."""
    others, directory, calendar = honest(platform), platform.directory, platform.calendar
    partner = directory.company(accounts=(1,), agent=LIBRARIES[0], ips=3)
    small = directory.company(accounts=(1,), agent=LIBRARIES[2], ips=2)
    declared = planned(
        level="org",
        ident=partner.org,
        # plans are made in whole days, and in UTC
        start=calendar.start(JOINS).replace(hour=0),
        until=(calendar.start(JOINS) + timedelta(days=3)).replace(hour=0),
        people=max(10, round(1.25 * CUSTOMERS * platform.scale)),
        kind="onboarding",
        why="contract 2019-120",
    )
    return Cast(
        honest=(
            *others.habits,
            *_joining(platform, partner, CUSTOMERS, Turn(day=JOINS, hour=13.5, hours=2.0)),
            *_joining(platform, small, SMALL, Turn(day=SMALL_JOINS, hour=10.2, hours=0.3)),
        ),
        innocents=(
            Innocent(actors=(("org", partner.org),), why="a new partner's first sync, declared, and its nightly syncs"),
            Innocent(actors=(("org", small.org),), why="a new small partner's first sync, which nobody declared"),
            *others.innocents,
        ),
        context=declared,
    )


def _joining(platform: Platform, company: Company, customers: int, first: Turn) -> tuple[Habit, Habit]:
    name = f"sync of {company.org}"
    # so many on the day they join
    start = np.array([customers * platform.scale / (1 + 0.001 * first.day)])
    clientele = Clientele.grown(platform.people, name, start=start, growth=start * 0.001, pace=platform.paces["trade"])
    surface = platform.directory.surface("crm.sync", ("nickname", "phone", "email", "address"))
    account = company.credentials[0][0]
    nightly = NightlySync(
        name=name, platform=platform, clientele=clientele, credential=np.array([account], dtype=np.int64), surface=surface
    )
    reading = TableRead(name=f"first {name}", platform=platform, clientele=clientele, credential=account, surface=surface, turns=(first,))
    return reading, Between(habit=nightly, since=first.day + 1)


SCENARIO = Scenario(
    id="onboarding_sync",
    title="A new partner's sync reads all its customers for the first time",
    modelled_on="the first sync, the commonest false alarm in CrowdSec's issues (#1451, #1464, #1259, #3561, #3656)",
    kind="lookalike",
    cast=cast,
    calendar=Calendar(days=110),
)
