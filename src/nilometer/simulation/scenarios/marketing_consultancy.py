"""A developer at a marketing consultancy crawls the review interface for eight months, slowly, person by person.

Modelled on the Taobao case: judgment of Suiyang District People's Court, Shangqiu, published 3 June 2021. November 2019 to
July 2020, 1.18 billion items, 5 million a day reported, police told on 14 August 2020 (Malwarebytes, June 2021; Global
Times, 16 June 2021; 51cto.com). Scale 1 is one item in ten thousand: 118,000 in 263 days.

Settled here because no source says it: that the credentials were his company's (Bloomberg's and Malwarebytes' reading;
Chinese accounts have him attack the interfaces of the consumer app), that he does not fetch people twice on purpose, that
one request in forty meets nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from nilometer.simulation.clientele import Clientele
from nilometer.simulation.days import Day
from nilometer.simulation.directory import addresses
from nilometer.simulation.habits.reviews import ReviewReading
from nilometer.simulation.honest import BROWSERS, LIBRARIES, honest, review_detail
from nilometer.simulation.mixing import Ints, key_of
from nilometer.simulation.platform import Platform, missed
from nilometer.simulation.rows import Rows
from nilometer.simulation.scenario import Cast, Plot, Scenario

STARTED, ENDED = date(2019, 11, 1), date(2020, 7, 20)
"""First and last local day of the crawl."""
ITEMS = 118_000
MISSES = 0.025
RETRIES = 0.03
"""Requests sent again through another proxy, after a connection broke."""
PER_PROXY = 18
"""Requests that go through one proxy before the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crawl:
    """One account walks the reviews of merchant after merchant around the clock, evenly, through rotating proxies.

    `reached[k]` is how many people the walk has passed before its k-th day, shape (days + 1,).
    """

    name: str
    platform: Platform
    credential: int
    surface: int
    first_day: int
    reached: Ints
    proxies: int
    agents: Ints

    def day(self, day: Day, rng: np.random.Generator) -> Rows:
        """One day of the walk."""
        k = day.number - self.first_day
        walked = np.arange(self.reached[k], self.reached[k + 1]) if 0 <= k < len(self.reached) - 1 else np.arange(0)
        ordinal = np.sort(np.concatenate([walked, walked[rng.random(len(walked)) < RETRIES]]))
        count, seed = len(ordinal), self.platform.seed
        proxy = np.arange(count) // PER_PROXY
        chosen = rng.integers(0, self.proxies, count // PER_PROXY + 1)[proxy]
        return Rows.of(
            time=day.at((np.arange(count) + rng.random(count)) * (86_400.0 / max(count, 1))),
            subject=self.platform.people.ids(self.platform.people.walk(ordinal, key_of(seed, self.name))),
            credential=self.credential,
            session=proxy,
            ip=addresses(chosen, key_of(seed, self.name, "proxies")),
            agent=self.agents[chosen % len(self.agents)],
            surface=self.surface,
            status=missed(rng, count, MISSES),
        )


def cast(platform: Platform) -> Cast:
    """The honest platform, and beside it one more consultancy: honest staff, an honest nightly tool, and the developer."""
    others, directory, calendar = honest(platform), platform.directory, platform.calendar
    company = directory.company(accounts=(4, 2), agent=LIBRARIES[2], ips=3)
    surface, first = review_detail(directory), calendar.number(STARTED)
    staff = np.array([[*company.credentials[0], company.credentials[1][0]]], dtype=np.int64)
    developer = company.credentials[1][1]
    office = platform.paces["office"]
    visits = np.array([70.0 * platform.scale])
    own = Clientele.grown(platform.people, "the consultancy", start=visits * 12, growth=visits * 0.12, pace=office)
    reading = ReviewReading(name="the consultancy", platform=platform, clientele=own, crew=staff, revisits=visits * 0.88, surface=surface)
    # before the crawl the developer's account only tries its tool on the firm's own merchants
    tried = Clientele.grown(platform.people, "the tool", start=visits * 2, growth=visits * 0.01, pace=office)
    trying = ReviewReading(
        name="the tool",
        platform=platform,
        clientele=tried,
        crew=np.array([[developer]], dtype=np.int64),
        revisits=visits * 0.1,
        surface=surface,
        until=first,
    )
    crawl = Crawl(
        name="the crawl",
        platform=platform,
        credential=developer,
        surface=surface,
        first_day=first,
        reached=_reached(platform, (ENDED - STARTED).days + 1),
        proxies=max(40, round(400 * platform.scale**0.5)),
        agents=np.array([directory.agent(browser) for browser in BROWSERS], dtype=np.int64),
    )
    culprit = directory.credentials[developer]
    return Cast(
        honest=(*others.habits, reading, trying),
        plots=(Plot(habits=(crawl,), actors=(("account", culprit.account), ("app", culprit.app))),),
        innocents=others.innocents,
    )


def _reached(platform: Platform, days: int) -> Ints:
    """The walk's progress: the same every day of the week, give or take 4 %."""
    a_day = platform.scale * ITEMS / days / ((1 - MISSES) * (1 + RETRIES))
    rng = np.random.default_rng(key_of(platform.seed, "the crawl", "progress"))
    steps = a_day * rng.normal(1.0, 0.04, days).clip(0.8, 1.2)
    return np.concatenate([[0], np.rint(np.cumsum(steps))]).astype(np.int64)


SCENARIO = Scenario(
    id="marketing_consultancy",
    title="A consultancy's developer walks the reviews for eight months",
    modelled_on="Taobao, November 2019 to July 2020: 1.18 billion items through the review interface, found after eight months",
    kind="leak",
    cast=cast,
)
