"""A verified search engine indexes public reviewer pages round the clock, nearly all new to it, and is welcome to.

Modelled on the trap "search crawlers and their impostors" (CrowdSec's SEO lists; DataDome on false Googlebots): verified by
its addresses, and given a budget anyway. Scale 1: 600 people a day from day 20 on, nicknames only, declared as a need.

Settled here: that price comparers read the same pages from the first day on, each the reviewers of its own shops, and that
one page in twenty is one it has indexed before.
"""

from __future__ import annotations

from nilometer.simulation.clientele import Clientele
from nilometer.simulation.context import need
from nilometer.simulation.days import Calendar
from nilometer.simulation.habits.indexing import Indexing
from nilometer.simulation.habits.reviews import ReviewReading
from nilometer.simulation.honest import LIBRARIES, crew, honest
from nilometer.simulation.platform import Platform
from nilometer.simulation.scenario import Cast, Innocent, Scenario

SINCE, PEOPLE_A_DAY, NEED = 20, 600.0, 900.0


def cast(platform: Platform) -> Cast:
    """The honest platform, three price comparers, and the search engine."""
    others, directory = honest(platform), platform.directory
    comparers = [directory.company(accounts=accounts, agent=LIBRARIES[k], ips=3) for k, accounts in ((2, (2,)), (4, (1, 1)), (0, (1,)))]
    engine = directory.company(accounts=(1,), agent="Mozilla/5.0 (compatible; Sousuobot/2.0)", ips=6)
    surface, visits = directory.surface("reviewer.page", ("nickname",)), platform.shares(420, 3, 1.0)
    comparing = ReviewReading(
        name="price comparers",
        platform=platform,
        clientele=Clientele.grown(
            platform.people, "price comparers", start=visits * 15, growth=visits * 0.3, pace=platform.paces["office"]
        ),
        crew=crew(comparers),
        revisits=visits * 0.7,
        surface=surface,
    )
    place = int(engine.everyone[0])
    indexing = Indexing(
        name="indexing", platform=platform, credential=place, surface=surface, people_a_day=PEOPLE_A_DAY * platform.scale, since=SINCE
    )
    credential = directory.credentials[place]
    return Cast(
        honest=(*others.habits, comparing, indexing),
        innocents=(
            Innocent(
                actors=(("org", credential.org), ("app", credential.app), ("account", credential.account)),
                why="a verified search engine within its declared need: public nicknames only",
            ),
            *(Innocent(actors=(("org", company.org),), why="a price comparer: reads the same pages") for company in comparers),
            *others.innocents,
        ),
        context=need(
            level="app",
            ident=credential.app,
            people_a_day=max(10, round(NEED * platform.scale)),
            why="verified search engine, contract 2019-114",
        ),
    )


SCENARIO = Scenario(
    id="welcome_crawler",
    title="A verified search engine indexes public reviewer pages round the clock",
    modelled_on="search crawlers that defenders must let pass (CrowdSec's SEO lists, DataDome)",
    kind="lookalike",
    cast=cast,
    calendar=Calendar(days=110),
)
