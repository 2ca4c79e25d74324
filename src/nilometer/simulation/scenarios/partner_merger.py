"""Two order-handling partners merge: one account reads the other's customers on two days, then does the work of both.

Modelled on the trap "new partner, new hire, role change" (learning holes of 2 to 30 days in Akto, Defender, Skyhigh): an
account that always did something else suddenly does this. Scale 1: about 200 people a day each, and 3,000 customers carried
over. Nothing was declared.

Settled here: that customers are carried over through the ordinary interface but without an order's number, because there is
no order to be handled, and that from that day on the other partner's accounts are silent.
"""

from __future__ import annotations

import numpy as np

from nilometer.simulation.clientele import Clientele
from nilometer.simulation.days import Calendar
from nilometer.simulation.habits.orders import OrderHandling
from nilometer.simulation.habits.tables import TableRead, Turn
from nilometer.simulation.habits.wrapped import Between
from nilometer.simulation.honest import CONTACT, LIBRARIES, crew, honest
from nilometer.simulation.mixing import Ints
from nilometer.simulation.platform import Platform
from nilometer.simulation.scenario import Cast, Innocent, Scenario

MERGE, CARRIED = 75, 3_000
NEW, REPEATS = (34.0, 30.0), (150.0, 130.0)
"""New and repeat buyers on an ordinary day: of the survivor, and of the partner it takes over."""


def cast(platform: Platform) -> Cast:
    """The honest platform and the two partners, before and after."""
    others, directory = honest(platform), platform.directory
    survivor = directory.company(accounts=(2, 1), agent=LIBRARIES[0], ips=4)
    taken_over = directory.company(accounts=(2,), agent=LIBRARIES[1], ips=3)
    surface, new = directory.surface("order.buyer", CONTACT, "o"), np.array(NEW) * platform.scale
    trade, one = platform.paces["trade"], survivor.credentials[0][0]
    # as many customers as are carried over on the day of the merger
    start = CARRIED * platform.scale - new[1] * float(trade[: MERGE + 1].sum())
    bases = [
        Clientele.grown(platform.people, "survivor", start=new[:1] * 60, growth=new[:1], pace=trade),
        Clientele.grown(platform.people, "taken over", start=np.array([start]), growth=new[1:], pace=trade),
    ]

    def handling(name: str, who: int, crew: Ints, lane: int) -> OrderHandling:
        repeats = np.array([REPEATS[who] * platform.scale])
        return OrderHandling(name=name, platform=platform, clientele=bases[who], crew=crew, repeats=repeats, surface=surface, lane=lane)

    carrying = TableRead(
        name="carrying over",
        platform=platform,
        clientele=bases[1],
        credential=one,
        surface=surface,
        turns=(Turn(day=MERGE, hour=9.5, hours=7.0, high=0.55), Turn(day=MERGE + 1, hour=9.0, hours=6.0, low=0.55)),
    )
    return Cast(
        honest=(
            *others.habits,
            handling("survivor's orders", 0, crew([survivor]), 2),
            Between(habit=handling("other's orders", 1, crew([taken_over]), 3), until=MERGE),
            Between(habit=handling("orders taken over", 1, np.array([[one]], dtype=np.int64), 4), since=MERGE),
            carrying,
        ),
        innocents=(
            Innocent(actors=(("org", survivor.org),), why="has taken over another partner, its customers and its work"),
            Innocent(actors=(("org", taken_over.org),), why="was taken over: its accounts stop"),
            *others.innocents,
        ),
    )


SCENARIO = Scenario(
    id="partner_merger",
    title="Two partners merge and one account takes over the customers of the other",
    modelled_on="role changes and new partners, the learning holes of Akto (2 days), Defender (7) and Skyhigh (30)",
    kind="lookalike",
    cast=cast,
    calendar=Calendar(days=120),
)
