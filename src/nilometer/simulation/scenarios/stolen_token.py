"""The token of an established integration falls into other hands, which read 60,000 people in six hours and come back once.

Follows the Salesforce thefts of 2025-26 (Mandiant/GTIG on UNC6040 and UNC6395): a trusted connected app with a stolen or
consented token, millions of people a tenant in hours to ten days, in bulk pages; only revoking the app ends it (the project's
peers.md). Scale 1: an integration that re-reads 4,000 customers every night, 60,000 people on one afternoon and evening, and
20,000 three days later.

Settled here because no source says it: two hundred people a response, four hosting addresses, python-requests as the tool (which
honest partners use too), and that another integration moves to new servers and a new tool a month earlier, honestly.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nilometer.simulation.clientele import Clientele
from nilometer.simulation.days import Calendar
from nilometer.simulation.directory import Company, network
from nilometer.simulation.habits.hauls import Errand, Haul, Resettled
from nilometer.simulation.habits.syncs import NightlySync
from nilometer.simulation.honest import LIBRARIES, honest
from nilometer.simulation.mixing import key_of
from nilometer.simulation.platform import Platform
from nilometer.simulation.scenario import Cast, Innocent, Plot, Scenario

STARTED, AGAIN = 92, 95
"""24 and 27 December 2019."""
MOVED = 63
"""The day another integration moves house."""
FIRST, SECOND = 60_000, 20_000
CUSTOMERS = 4_000.0


def cast(platform: Platform) -> Cast:
    """The honest platform, two more integrations, one that moves and one whose token is stolen."""
    others, directory, scale = honest(platform), platform.directory, platform.scale
    surface = directory.surface("crm.sync", ("nickname", "phone", "email", "address"))
    moving, robbed = (directory.company(accounts=(1,), agent=LIBRARIES[k], ips=2) for k in (0, 3))
    syncs = {company.org: _sync(platform, company, surface) for company in (moving, robbed)}
    old = directory.credentials[moving.credentials[0][0]]
    moved = directory.enter(
        replace(old, first_ip=network(1_000, key_of(platform.seed, "new servers")), ips=3, agent=directory.agent(LIBRARIES[4]))
    )
    before = syncs[moving.org]
    move = Resettled(name=before.name, before=before, after=replace(before, credential=np.array([moved])), on=MOVED)
    credential = robbed.credentials[0][0]
    named = directory.credentials[credential]
    haul = Haul(
        name="the haul",
        platform=platform,
        credential=credential,
        surface=surface,
        agent=directory.agent(LIBRARIES[2]),
        ips=4,
        errands=(
            Errand(day=STARTED, begins=13.4 * 3600, lasts=6 * 3600, people=max(1, round(FIRST * scale))),
            Errand(day=AGAIN, begins=20.1 * 3600, lasts=2 * 3600, people=max(1, round(SECOND * scale))),
        ),
    )
    return Cast(
        honest=(*others.habits, move, syncs[robbed.org]),
        plots=(Plot(habits=(haul,), actors=(("account", named.account), ("app", named.app), ("org", named.org)), mixed=True),),
        innocents=(
            *others.innocents,
            Innocent(
                actors=(("app", old.app), ("org", old.org)), why="moves to new servers and a new tool, and reads the people it always read"
            ),
        ),
    )


def _sync(platform: Platform, company: Company, surface: int) -> NightlySync:
    start = np.array([CUSTOMERS * platform.scale])
    name = f"sync of {company.org}"
    return NightlySync(
        name=name,
        platform=platform,
        clientele=Clientele.grown(platform.people, name, start=start, growth=start * 0.001, pace=platform.paces["trade"]),
        credential=np.array([company.credentials[0][0]]),
        surface=surface,
    )


SCENARIO = Scenario(
    id="stolen_token",
    title="A stolen token reads sixty thousand people in six hours",
    modelled_on="Salesforce thefts of 2025-26 (UNC6040, UNC6395): a trusted app's token in other hands, in bulk, within hours",
    kind="leak",
    cast=cast,
    calendar=Calendar(days=105),
)
