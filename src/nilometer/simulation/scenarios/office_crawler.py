"""A crawler that keeps office hours: two hundred new people a weekday with a lunch break, for 190 days.

Follows Taobao 2019-20 (1.18 billion items in eight months through a marketing partner, 4.9 million a day; Malwarebytes,
June 2021) with the evasion of those who tune a bot to its surroundings (the project's peers.md: "bot behaviour tuned by
GAN/RL", Iliou 2021). Scale 1: a consultancy of five accounts with 150 visits a working day, one of which takes 200 more.

Settled here because no source says it: the account goes on with its honest work, in the same sessions, and the crawler
follows the platform's working week, holidays included.
"""

from __future__ import annotations

from nilometer.simulation.days import OFFICE, Calendar
from nilometer.simulation.habits.firms import consultancy
from nilometer.simulation.habits.walks import Walk, plan
from nilometer.simulation.honest import BROWSERS, honest, review_detail
from nilometer.simulation.mixing import key_of
from nilometer.simulation.platform import Platform
from nilometer.simulation.scenario import Cast, Plot, Scenario

STARTED, DAYS = 60, 190
A_DAY = 200.0
"""People on an ordinary weekday at scale 1; none on a weekend."""


def cast(platform: Platform) -> Cast:
    """The honest platform, one more consultancy, and the crawler on one of its accounts."""
    others, surface = honest(platform), review_detail(platform.directory)
    firm = consultancy(platform, "the firm", accounts=(3, 2), visits=150.0, agent=BROWSERS[3], surface=surface)
    culprit = firm.staff[[key_of(platform.seed, "who crawls") % len(firm.staff)]]
    office = platform.paces["office"][STARTED : STARTED + DAYS]
    crawl = Walk(
        name="the crawl",
        platform=platform,
        crew=culprit,
        surface=surface,
        first_day=STARTED,
        reached=plan(platform.scale * A_DAY * office * (office > 0.5), platform.seed, "the crawl"),
        hours=OFFICE,
        misses=0.015,
    )
    named = platform.directory.credentials[int(culprit[0])]
    return Cast(
        honest=(*others.habits, firm.reading),
        plots=(Plot(habits=(crawl,), actors=(("account", named.account), ("app", named.app)), mixed=True),),
        innocents=others.innocents,
    )


SCENARIO = Scenario(
    id="office_crawler",
    title="A crawler keeps office hours for half a year",
    modelled_on="Taobao 2019-20, by a crawler tuned to look like the office it runs in",
    kind="leak",
    cast=cast,
    calendar=Calendar(days=260),
)
