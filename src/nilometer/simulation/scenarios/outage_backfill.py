"""A partner without access for a day and a half reads all it missed in three hours, and the last ten days once more.

Modelled on the traps that monitoring projects report: maintenance makes a false spike (Metron Profiler's documentation),
backfills and replays look like theft (CrowdSec hub#1374, crowdsec#2669). Scale 1: about 150 people on an ordinary day, some
1,300 in the three hours, nearly all of them known. On other days a nightly sync fails three times and then runs again.

Settled here: that the partner's tool does not name the order it asks for, as the tools of three others do not.
"""

from __future__ import annotations

from datetime import date

import numpy as np

from nilometer.simulation.clientele import Clientele
from nilometer.simulation.days import HOUR, Calendar
from nilometer.simulation.directory import Company
from nilometer.simulation.habits.backfills import Interrupted
from nilometer.simulation.habits.orders import OrderHandling
from nilometer.simulation.habits.syncs import NightlySync
from nilometer.simulation.habits.wrapped import Failing, Unreferenced
from nilometer.simulation.honest import CONTACT, LIBRARIES, crew, honest
from nilometer.simulation.mixing import Floats
from nilometer.simulation.platform import Platform
from nilometer.simulation.scenario import Cast, Innocent, Scenario

OUT = 72
"""The day the outage begins, at five in the morning; it ends on the next day at five in the afternoon."""
FAILED = 88
"""The first of three nights on which the sync fails."""
NEW, REPEATS = 66.0, 60.0


def cast(platform: Platform) -> Cast:
    """The honest platform, four order tools that name no order, one of them interrupted, and a sync that fails for three nights."""
    others, directory = honest(platform), platform.directory
    interrupted = directory.company(accounts=(3,), agent=LIBRARIES[0], ips=3)
    peers = [directory.company(accounts=accounts, agent=LIBRARIES[k], ips=3) for k, accounts in enumerate(((2, 1), (2,), (1,)))]
    erp = directory.company(accounts=(1,), agent=LIBRARIES[4], ips=2)
    days = tuple(platform.calendar.each(platform.seed))
    handling = _handling(platform, "unnamed orders", [interrupted], np.array([1.0]), lane=4)
    catching_up = Interrupted(
        handling=handling,
        days=days,
        start=days[OUT].start + 5 * HOUR,
        end=days[OUT + 1].start + 17 * HOUR,
        credential=int(interrupted.everyone[0]),
    )
    start = np.array([900.0 * platform.scale])
    sync = NightlySync(
        name="failing sync",
        platform=platform,
        clientele=Clientele.grown(platform.people, "failing sync", start=start, growth=start * 0.004, pace=platform.paces["trade"]),
        credential=erp.everyone,
        surface=directory.surface("crm.sync", ("nickname", "phone", "email", "address")),
    )
    return Cast(
        honest=(
            *others.habits,
            Unreferenced(habit=catching_up),
            Unreferenced(habit=_handling(platform, "peers' unnamed orders", peers, np.array([1.3, 0.7, 0.3]), lane=5)),
            Failing(habit=sync, fails=frozenset(range(FAILED, FAILED + 3))),
        ),
        innocents=(
            Innocent(actors=(("org", interrupted.org),), why="catches up after an outage of a day and a half, and reads ten days again"),
            Innocent(actors=(("org", erp.org),), why="its nightly sync failed for three nights and then runs again"),
            *others.innocents,
        ),
    )


def _handling(platform: Platform, name: str, companies: list[Company], sizes: Floats, *, lane: int) -> OrderHandling:
    """Order handling of companies of these `sizes` (P,), 1.0 being the interrupted one."""
    new = NEW * platform.scale * sizes
    return OrderHandling(
        name=name,
        platform=platform,
        clientele=Clientele.grown(platform.people, name, start=new * 60, growth=new, pace=platform.paces["trade"]),
        crew=crew(companies),
        repeats=REPEATS * platform.scale * sizes,
        surface=platform.directory.surface("order.contact", CONTACT),
        lane=lane,
    )


SCENARIO = Scenario(
    id="outage_backfill",
    title="After an outage a partner reads all it missed, and ten days again",
    modelled_on="the false spikes after maintenance in Metron Profiler's documentation, replayed logs in CrowdSec hub#1374",
    kind="lookalike",
    cast=cast,
    calendar=Calendar(first=date(2020, 3, 2), days=110),
)
