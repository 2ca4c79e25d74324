"""The platform moves: in the middle of one day every session gets another id, and all partners come from other addresses.

Modelled on the trap of identities that change without anybody leaving: enforcement drift and renamed tools (peers' notes:
openappsec#133, crowdsec#2669), and the reset of counters with every new session and address (Elastic's grouping keys). Scale
1: the honest platform; on day 60 at twenty past three in the afternoon all sessions are renewed, all partners' networks and tool versions
are new from that morning on, and consumers log in again.

Settled here: that consumers keep their home addresses and browsers, and see one page of their own when they log in.
"""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from nilometer.simulation.days import HOUR, SECOND, Calendar
from nilometer.simulation.directory import PERSONAL, network
from nilometer.simulation.habits.moved import Moved
from nilometer.simulation.honest import BROWSERS, CONTACT, honest
from nilometer.simulation.mixing import Ints, key_of
from nilometer.simulation.platform import Platform
from nilometer.simulation.scenario import Cast, Innocent, Scenario

MOVES, AT = 60, 15 * HOUR + 1_200 * SECOND
"""Day and local time of the move: not on the hour, when companies' sessions begin anyway."""

_LAST: Final = re.compile(r"\d+(?=\D*$)")
"""The last number in a version."""


def cast(platform: Platform) -> Cast:
    """The honest platform through its move; whoever works for a company would look like somebody else."""
    everybody, directory = honest(platform), platform.directory
    start = next(day.start for day in platform.calendar.each(platform.seed) if day.number == MOVES)
    agents = _newer(platform)
    login = directory.surface("profile.self", (*CONTACT, "email"))
    habits = tuple(
        Moved(habit=habit, since=MOVES, moment=start + AT, shifts=_shifts(platform), agents=agents, login=login)
        for habit in everybody.habits
    )
    named = {name for innocent in everybody.innocents for name in innocent.actors}
    orgs = dict.fromkeys(credential.org for credential in directory.credentials if credential.org != "platform")
    why = "the same partner as before the move, from other addresses and with a newer tool"
    movers = tuple(Innocent(actors=(("org", org),), why=why) for org in orgs if ("org", org) not in named)
    return Cast(honest=habits, innocents=(*everybody.innocents, *movers))


def _shifts(platform: Platform) -> Ints:
    """How far each credential's addresses move, shape (C,): a company stays together, and gets a network of its own."""
    key, shifts = key_of(platform.seed, "networks after the move"), []
    orgs = list(dict.fromkeys(credential.org for credential in platform.directory.credentials))
    for credential in platform.directory.credentials:
        moved = network(orgs.index(credential.org), key) - credential.first_ip
        # the platform's own desk moves inside its private network
        shifts.append(1 << 16 if credential.org == "platform" else moved)
    return np.array(
        [0 if c.account == PERSONAL else s for c, s in zip(platform.directory.credentials, shifts, strict=True)], dtype=np.int64
    )


def _newer(platform: Platform) -> Ints:
    """The place of the version that follows each user agent, shape (A,)."""
    directory = platform.directory
    newer = [agent if agent in BROWSERS else _LAST.sub(lambda last: str(int(last[0]) + 1), agent) for agent in tuple(directory.agents)]
    return np.array([directory.agent(name) for name in newer], dtype=np.int64)


SCENARIO = Scenario(
    id="session_rekey",
    title="The platform moves: all sessions, partners' addresses and tools change on one day",
    modelled_on="counters that start anew with every session and address (Elastic's grouping keys, openappsec#133)",
    kind="lookalike",
    cast=cast,
    calendar=Calendar(days=110),
)
