"""Twelve new accounts of the official app send address books that count through the phone numbers, for a month.

Follows Facebook, 2018-19: more than 500 million people over months through the contact importer, fined 265 million euro under
Article 25 GDPR (DPC; the project's peers.md), and the same weakness of WhatsApp's.
Scale 1: 2,000 numbers asked and 600 people found a day, beside fifteen honest address books a day of 40 to 250 contacts.

Settled here because no source says it: three numbers in ten belong to somebody (in an honest book 55 %), books of 50 to
120 numbers, another proxy for each, and that a number nobody has is logged as asked while one that is found is logged as the
person.
"""

from __future__ import annotations

import numpy as np

from nilometer.simulation.days import Calendar
from nilometer.simulation.directory import PERSONAL
from nilometer.simulation.habits.contacts import HITS, AddressBooks, PhoneWalk
from nilometer.simulation.habits.walks import plan
from nilometer.simulation.honest import BROWSERS, honest
from nilometer.simulation.platform import Platform
from nilometer.simulation.scenario import Cast, Plot, Scenario

STARTED, DAYS = 60, 30
FOUND = 600.0
UPLOADS = 15.0
ACCOUNTS = 12


def cast(platform: Platform) -> Cast:
    """The honest platform, people with address books, and twelve accounts without friends."""
    others, directory, scale = honest(platform), platform.directory, platform.scale
    mobile = next(n for n, c in enumerate(directory.credentials) if c.app == "mobile" and c.account == PERSONAL)
    surface = directory.surface("contacts.find", ("nickname", "phone"))
    phones = np.array([directory.agent(browser) for browser in BROWSERS[:3]], dtype=np.int64)
    books = AddressBooks(name="address books", platform=platform, way=mobile, surface=surface, agents=phones, uploads=UPLOADS * scale)
    walk = PhoneWalk(
        name="the phone walk",
        platform=platform,
        way=mobile,
        surface=surface,
        agents=phones,
        accounts=ACCOUNTS,
        first_day=STARTED,
        asked=plan(np.full(DAYS, FOUND * scale / HITS), platform.seed, "the phone walk"),
        proxies=max(30, round(300 * scale)),
    )
    accounts = tuple(("account", str(number)) for number in walk.names(np.arange(ACCOUNTS)).tolist())
    return Cast(
        honest=(*others.habits, books),
        plots=(Plot(habits=(walk,), actors=accounts),),
        innocents=others.innocents,
    )


SCENARIO = Scenario(
    id="phone_walk",
    title="Made-up address books count through the phone numbers",
    modelled_on="Facebook 2018-19 and WhatsApp: the contact importer asked for consecutive phone numbers",
    kind="leak",
    cast=cast,
    calendar=Calendar(days=100),
)
