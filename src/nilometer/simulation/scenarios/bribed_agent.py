"""A support agent is paid to look: 25 people a day more than the tickets ask for, for 110 days.

Follows Coinbase/TaskUs, 2024-25: 69,461 people from September 2024 on, hundreds a day, by bribed support agents who photographed
their screens; nothing left by the network, there are only views (press, court filing; the project's peers.md).
Scale 1: a desk of twelve agents with 60 tickets a shift for each, one agent with 25 people more on every shift.

Settled here because no source says it: six looks in ten give no ticket, four give one the agent has that day for somebody else;
colleagues look without a ticket too, about three times a shift, when a caller rings off.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nilometer.simulation.days import Calendar
from nilometer.simulation.habits.offhand import Callers, Paid
from nilometer.simulation.habits.support import Support
from nilometer.simulation.habits.walks import plan
from nilometer.simulation.honest import honest
from nilometer.simulation.mixing import key_of
from nilometer.simulation.platform import Platform
from nilometer.simulation.scenario import Cast, Innocent, Plot, Scenario

STARTED, DAYS = 60, 110
TICKETS = 60.0 * 12 * 5 / 7
"""Tickets of the desk on an ordinary day at scale 1: 60 for each agent who is not off, five days in seven."""
A_DAY = 25.0


def cast(platform: Platform) -> Cast:
    """The honest platform with a busier support desk, its callers without a ticket, and one agent's bribe."""
    others, directory = honest(platform), platform.directory
    (quiet,) = (habit for habit in others.habits if isinstance(habit, Support))
    desk = replace(quiet, tickets=TICKETS * platform.scale)
    culprit = int(desk.agents[key_of(platform.seed, "who is bribed") % len(desk.agents)])
    looks = Paid(
        name="the bribe",
        platform=platform,
        desk=desk,
        credential=culprit,
        first_day=STARTED,
        reached=plan(np.full(DAYS, platform.scale * A_DAY), platform.seed, "the bribe", spread=0.2),
        borrowed=0.4,
    )
    colleagues = tuple(("account", directory.credentials[int(place)].account) for place in desk.agents if place != culprit)
    return Cast(
        honest=(
            *(desk if habit is quiet else habit for habit in others.habits),
            Callers(name="callers", platform=platform, desk=desk, calls=0.05 * TICKETS * platform.scale),
        ),
        plots=(Plot(habits=(looks,), actors=(("account", directory.credentials[culprit].account),), mixed=True),),
        innocents=(*others.innocents, Innocent(actors=colleagues, why="agents of the same desk, who now and then look without a ticket")),
    )


SCENARIO = Scenario(
    id="bribed_agent",
    title="A support agent is paid to look people up",
    modelled_on="Coinbase/TaskUs 2024-25: 69,461 people seen by bribed support agents over months",
    kind="leak",
    cast=cast,
    calendar=Calendar(days=175),
)
