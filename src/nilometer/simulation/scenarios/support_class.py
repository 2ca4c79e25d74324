"""Eight new support agents start on the same day, train on sample people without a ticket, and answer more week by week.

Modelled on the trap "new hire, role change" (learning holes of 2 days in Akto, 7 in Defender, 30 in Skyhigh), beside the
Coinbase case, where agents who opened customers without need were the thieves. Scale 1: 40 people each on both training days,
then from 3 to 12 tickets a day within two weeks.

Settled here: that sample people are ordinary customers, opened in office hours on the desk's ordinary surfaces.
"""

from __future__ import annotations

import numpy as np

from nilometer.simulation.days import Calendar
from nilometer.simulation.directory import Credential
from nilometer.simulation.habits.learners import Learners
from nilometer.simulation.honest import CONTACT, honest
from nilometer.simulation.platform import Platform
from nilometer.simulation.scenario import Cast, Innocent, Scenario

STARTS, AGENTS, SAMPLES = 60, 8, 40.0
TICKETS = (3.0, 12.0)
"""Tickets of an agent on a day: in the first days, and after two weeks."""


def cast(platform: Platform) -> Cast:
    """The honest platform with its support desk, and the class that joins the desk."""
    others, directory = honest(platform), platform.directory
    desk = [credential for credential in directory.credentials if credential.app == "support-desk"]
    size = max(3, round(AGENTS * platform.scale))
    names = [f"agent-{len(desk) + number:04}" for number in range(size)]
    pool = desk[0]
    places = [
        directory.enter(Credential(org=pool.org, app=pool.app, account=name, first_ip=pool.first_ip, ips=pool.ips, agent=pool.agent))
        for name in names
    ]
    # a small class of a small platform has as much to do as its share of a large one
    each = AGENTS * platform.scale / size
    surfaces = [directory.surface("support.ticket", ("nickname", "phone", "email"), "t"), directory.surface("support.orders", CONTACT, "t")]
    learners = Learners(
        name="support class",
        platform=platform,
        agents=np.array(places, dtype=np.int64),
        since=STARTS,
        surfaces=np.array(surfaces, dtype=np.int64),
        samples=SAMPLES * each,
        low=TICKETS[0] * each,
        high=TICKETS[1] * each,
    )
    return Cast(
        honest=(*others.habits, learners),
        innocents=(
            *(Innocent(actors=(("account", name),), why="a new support agent: trained on samples, then tickets") for name in names),
            *others.innocents,
        ),
    )


SCENARIO = Scenario(
    id="support_class",
    title="Eight new support agents start on one day and train on people without a ticket",
    modelled_on="new hires in the learning holes of Akto (2 days), Defender (7) and Skyhigh (30)",
    kind="lookalike",
    cast=cast,
    calendar=Calendar(days=110),
)
