"""A freshly approved partner that is no partner guesses tags: one in seven is somebody's, 1,500 people a day for three weeks.

Follows Dell, 2024: fake partner accounts approved within 24 to 48 hours, 7-character service tags guessed at about 5,000 a
minute, some 49 million records in about three weeks (Salt blog, press; the project's peers.md).
Scale 1: 10,500 tags tried and 1,500 people shown a day, 32,000 in all or about one in 1,500 of what Dell lost.

Settled here because no source says it: tags are tried in random order within ascending blocks of 5,000, evenly around the
clock; honest repair shops mistype one tag in twenty, and two other shops join, honestly, in the same weeks.
"""

from __future__ import annotations

import numpy as np

from nilometer.simulation.clientele import Clientele
from nilometer.simulation.days import Calendar
from nilometer.simulation.habits.tags import Guessing, TagLookups
from nilometer.simulation.habits.walks import plan
from nilometer.simulation.honest import BROWSERS, LIBRARIES, crew, honest
from nilometer.simulation.mixing import key_of
from nilometer.simulation.people import SPACING
from nilometer.simulation.platform import Platform
from nilometer.simulation.scenario import Cast, Innocent, Plot, Scenario

STARTED, DAYS = 62, 21
FOUND = 1_500.0
"""People shown a day at scale 1."""
SHOPS, JOINED = 9, {7: 57, 8: 66}
"""Honest shops, and the days on which the last two of them joined."""
LOOKUPS = 420.0
"""Look-ups a day of all honest shops."""


def cast(platform: Platform) -> Cast:
    """The honest platform, repair shops, and the one that repairs nothing."""
    others, directory = honest(platform), platform.directory
    surface = directory.surface("warranty.tag", ("name", "address", "order"))
    rng = np.random.default_rng(key_of(platform.seed, "shops"))
    shops = [
        directory.company(accounts=(int(rng.integers(1, 4)),), agent=(BROWSERS[3], LIBRARIES[0], LIBRARIES[3])[number % 3], ips=2)
        for number in range(SHOPS)
    ]
    fake = directory.company(accounts=(2,), agent=LIBRARIES[2], ips=3)
    volume = rng.permutation(platform.shares(LOOKUPS, SHOPS, 0.9)[: SHOPS - 2]).tolist()
    volume = np.array([*volume, 50.0 * platform.scale, 35.0 * platform.scale])
    open_since = np.array([JOINED.get(number, 0) for number in range(SHOPS)])
    working = np.arange(platform.calendar.days)[:, None] >= open_since[None, :]
    mean = platform.paces["office"][:, None] * volume[None, :] * working
    start = np.maximum(np.rint(volume * 20 * (open_since == 0)), 1).astype(np.int64)
    sizes = np.vstack([start[None, :], start[None, :] + np.cumsum(rng.poisson(0.7 * mean), axis=0)])
    lookups = TagLookups(
        name="repair shops",
        platform=platform,
        clientele=Clientele(people=platform.people, key=key_of(platform.people.seed, "clientele", "shops"), sizes=sizes),
        crew=crew(shops),
        returns=0.3 * mean,
        surface=surface,
    )
    guessing = Guessing(
        name="the guessing",
        platform=platform,
        crew=fake.everyone,
        surface=surface,
        first_day=STARTED,
        asked=plan(np.full(DAYS, platform.scale * FOUND * SPACING), platform.seed, "the guessing", spread=0.05),
        start=int(platform.people.total * rng.uniform(0.2, 0.7)),
    )
    accounts = tuple(("account", directory.credentials[int(place)].account) for place in fake.everyone)
    return Cast(
        honest=(*others.habits, lookups),
        plots=(Plot(habits=(guessing,), actors=(*accounts, ("app", directory.credentials[int(fake.everyone[0])].app), ("org", fake.org))),),
        innocents=(
            *others.innocents,
            *(Innocent(actors=(("org", shops[k].org),), why="a new repair shop that asks for the tags in its hands") for k in JOINED),
        ),
    )


SCENARIO = Scenario(
    id="partner_tags",
    title="A fake partner guesses tags for three weeks",
    modelled_on="Dell 2024: fake partner accounts guessed 7-character service tags, some 49 million records in three weeks",
    kind="leak",
    cast=cast,
    calendar=Calendar(days=90),
)
