"""Who honestly works on the platform: which companies and people, how many and how large, at scale 1.

Every figure is per ordinary weekday at scale 1. The largest sync and the largest order handler show more people a day than
the crawler of the reference case; the order handlers together also meet more people they never saw before.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nilometer.simulation.clientele import Clientele
from nilometer.simulation.directory import PERSONAL, Company, Credential, Directory
from nilometer.simulation.habits.consumers import Consumers
from nilometer.simulation.habits.orders import OrderHandling
from nilometer.simulation.habits.reviews import ReviewReading
from nilometer.simulation.habits.support import Support
from nilometer.simulation.habits.syncs import NightlySync
from nilometer.simulation.mixing import key_of
from nilometer.simulation.platform import Habit, Platform
from nilometer.simulation.scenario import Innocent

LIBRARIES = ("Java/1.8.0_201", "Apache-HttpClient/4.5.6 (Java/1.8.0_191)", "python-requests/2.22.0", "okhttp/3.12.1", "Go-http-client/1.1")
BROWSERS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 13_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
    "Mozilla/5.0 (Linux; Android 9; MI 8) AppleWebKit/537.36 Chrome/76.0.3809.132 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; Android 10; HUAWEI P30) AppleWebKit/537.36 Chrome/77.0.3865.92 Mobile Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/77.0.3865.90 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_14_6) AppleWebKit/605.1.15 Version/13.0 Safari/605.1.15",
)
CONTACT = ("nickname", "phone", "address")


@dataclass(frozen=True, slots=True, kw_only=True)
class Honest:
    """The platform's honest habits, and those of their actors that a hasty rule would accuse."""

    habits: tuple[Habit, ...]
    innocents: tuple[Innocent, ...]


def crew(companies: list[Company]) -> NDArray[np.int64]:
    """The credentials of companies as one array (P, K); companies with fewer than K take turns."""
    size = max(len(company.everyone) for company in companies)
    return np.stack([np.resize(company.everyone, size) for company in companies])


def review_detail(directory: Directory) -> int:
    """The review interface of the reference case: user id (the subject), nickname and phone."""
    return directory.surface("review.detail", ("nickname", "phone"))


def honest(platform: Platform) -> Honest:
    """The honest side of the platform, entered into its directory. The same seed and scale give the same in every scenario."""
    syncs, sync_innocents = _syncs(platform)
    orders, order_innocents = _orders(platform)
    consultancies, consultancy_innocents = _consultancies(platform)
    support = _support(platform)
    consumers = _consumers(platform)
    people_innocents = (
        Innocent(actors=(("app", "mobile"),), why="the platform's own app: everybody passes through it, each to their own pages"),
        Innocent(actors=(("app", "support-desk"),), why="support: a few people an hour for each agent, each with a ticket"),
    )
    return Honest(
        habits=(syncs, *orders, consultancies, support, consumers),
        innocents=(*sync_innocents, *order_innocents, *consultancy_innocents, *people_innocents),
    )


def _partners(platform: Platform, kind: str, count: int) -> list[Company]:
    """`count` companies of one to three apps with one to four accounts each, behind two to six addresses.

    The first, which is the largest, has a single app: it is large at that level too.
    """
    rng = np.random.default_rng(key_of(platform.seed, "partners", kind))
    apps = [1, *(int(n) for n in rng.integers(1, 4, count - 1))]
    return [
        platform.directory.company(
            accounts=tuple(int(n) for n in rng.integers(1, 5, apps[number])),
            agent=LIBRARIES[int(rng.integers(0, len(LIBRARIES)))],
            ips=int(rng.integers(2, 7)),
        )
        for number in range(count)
    ]


def _syncs(platform: Platform) -> tuple[NightlySync, tuple[Innocent, ...]]:
    companies = _partners(platform, "erp", 7)
    start = platform.shares(1_900, 7, 1.6)
    clientele = Clientele.grown(platform.people, "erp", start=start, growth=start * 0.001, pace=platform.paces["trade"])
    surface = platform.directory.surface("crm.sync", ("nickname", "phone", "email", "address"))
    first = np.array([company.credentials[0][0] for company in companies], dtype=np.int64)
    habit = NightlySync(name="nightly syncs", platform=platform, clientele=clientele, credential=first, surface=surface)
    return habit, tuple(
        Innocent(
            actors=(("org", company.org), ("app", f"app-{company.org[4:]}-0")), why="an ERP that re-reads its own customers every night"
        )
        for company in companies[:3]
    )


def _orders(platform: Platform) -> tuple[tuple[OrderHandling, ...], tuple[Innocent, ...]]:
    people, directory, trade = platform.people, platform.directory, platform.paces["trade"]
    sellers, couriers = _partners(platform, "orders", 12), _partners(platform, "couriers", 3)
    new, parcels = platform.shares(700, 12), platform.shares(260, 3, 1.0)
    selling = OrderHandling(
        name="order management",
        platform=platform,
        clientele=Clientele.grown(people, "orders", start=new * 60, growth=new, pace=trade),
        crew=crew(sellers),
        repeats=new * np.linspace(1.0, 0.6, 12),
        surface=directory.surface("order.buyer", CONTACT, "o"),
    )
    carrying = OrderHandling(
        name="couriers",
        platform=platform,
        clientele=Clientele.grown(people, "couriers", start=parcels * 90, growth=parcels * 0.65, pace=trade),
        crew=crew(couriers),
        repeats=parcels * 0.35,
        surface=directory.surface("shipment.label", CONTACT, "o"),
        lane=1,
    )
    return (selling, carrying), (
        *(
            Innocent(actors=(("org", c.org),), why="sees the buyers of new orders, many of them new, each with its order")
            for c in sellers[:3]
        ),
        *(Innocent(actors=(("org", c.org),), why="a courier: mostly new people, each with a parcel") for c in couriers),
    )


def _consultancies(platform: Platform) -> tuple[ReviewReading, tuple[Innocent, ...]]:
    companies = _partners(platform, "consultancies", 6)
    visits = platform.shares(340, 6, 1.1)
    rng = np.random.default_rng(key_of(platform.seed, "merchants"))
    # a merchant signs up about every seven weeks and brings reviewers worth a day and a half of reading, read on one day
    signed = rng.random((platform.calendar.days, 6)) < (platform.paces["office"][:, None] > 0.5) / 36
    arrivals = np.rint(signed * visits * rng.lognormal(0.3, 0.5, signed.shape)).astype(np.int64)
    clientele = Clientele.grown(
        platform.people, "consultancies", start=visits * 12, growth=visits * 0.12, pace=platform.paces["office"], arrivals=arrivals
    )
    habit = ReviewReading(
        name="consultancies",
        platform=platform,
        clientele=clientele,
        crew=crew(companies),
        revisits=visits * 0.88,
        surface=review_detail(platform.directory),
    )
    why = "a consultancy of the same kind: reads the same interface, but comes back to its own merchants' customers"
    return habit, tuple(Innocent(actors=(("org", company.org),), why=why) for company in companies)


def _support(platform: Platform) -> Support:
    directory, agents = platform.directory, max(6, round(12 * platform.scale))
    agent = directory.agent(BROWSERS[3])
    places = [
        directory.enter(
            Credential(org="platform", app="support-desk", account=f"agent-{number:04}", first_ip=0x0A_14_00_0A, ips=6, agent=agent)
        )
        for number in range(agents)
    ]
    return Support(
        name="support",
        platform=platform,
        agents=np.array(places, dtype=np.int64),
        tickets=95 * platform.scale,
        surfaces=np.array(
            [directory.surface("support.ticket", ("nickname", "phone", "email"), "t"), directory.surface("support.orders", CONTACT, "t")]
        ),
    )


def _consumers(platform: Platform) -> Consumers:
    directory = platform.directory
    ways = [directory.enter(Credential(org="platform", app=app, account=PERSONAL, first_ip=0, ips=1, agent=0)) for app in ("web", "mobile")]
    return Consumers(
        name="consumers",
        platform=platform,
        ways=np.array(ways, dtype=np.int64),
        agents=np.array([directory.agent(browser) for browser in BROWSERS], dtype=np.int64),
        visits=430 * platform.scale,
        lists=45 * platform.scale,
        own=np.array([directory.surface("profile.self", (*CONTACT, "email")), directory.surface("order.self", CONTACT)], dtype=np.int64),
        review_list=directory.surface("review.list", ("nickname",)),
    )
