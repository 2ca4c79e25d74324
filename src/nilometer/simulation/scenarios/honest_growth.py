"""A consultancy that does well grows 1.5 % a day for 120 days, because merchant after merchant signs with it.

Modelled on a trap of self-learnt baselines: growth is either a creeping thief or a good salesman; "count people per order",
defenders write, since a partner's people grow with its business. Scale 1: 60 people a day before, 360 after, where the
largest other consultancy reads about 150.

Settled here: that one person in five it reads is new to it, before, meanwhile and afterwards, partly through sales and
partly because a signing merchant brings its reviewers at once.
"""

from __future__ import annotations

from datetime import date

import numpy as np

from nilometer.simulation.clientele import Clientele
from nilometer.simulation.days import Calendar
from nilometer.simulation.directory import Company
from nilometer.simulation.habits.reviews import ReviewReading
from nilometer.simulation.habits.wrapped import Paced
from nilometer.simulation.honest import LIBRARIES, crew, honest, review_detail
from nilometer.simulation.mixing import Floats, key_of
from nilometer.simulation.platform import Habit, Platform
from nilometer.simulation.scenario import Cast, Innocent, Scenario

STARTS, LASTS, A_DAY = 50, 120, 0.015
"""First day of the growth, its days, and how much it is a day."""
VISITS = 60.0
SALES, SIGNINGS = 0.12, 0.08
"""Shares of the ordinary day's visits: new reviewers through sales, and through merchants who sign."""
GROUP = 9.0
"""Reviewers a signing merchant brings, at scale 1, on average."""


def cast(platform: Platform) -> Cast:
    """The honest platform, the growing consultancy, and a younger one of its size that stays as it is."""
    others = honest(platform)
    growing = platform.directory.company(accounts=(4, 3), agent=LIBRARIES[1], ips=4)
    staying = platform.directory.company(accounts=(3,), agent=LIBRARIES[3], ips=2)
    days = np.arange(platform.calendar.days)
    factors = (1 + A_DAY) ** np.clip(days - STARTS + 1, 0, LASTS).astype(np.float64)
    return Cast(
        honest=(
            *others.habits,
            _reading(platform, "growing consultancy", growing, factors),
            _reading(platform, "steady consultancy", staying, np.ones(len(days))),
        ),
        innocents=(
            Innocent(actors=(("org", growing.org),), why="grows by 1.5 % a day: merchants sign, known reviewers come back as before"),
            *others.innocents,
        ),
    )


def _reading(platform: Platform, name: str, company: Company, factors: Floats) -> Habit:
    visits, office = np.array([VISITS * platform.scale]), platform.paces["office"]
    rng = np.random.default_rng(key_of(platform.seed, name, "merchants"))
    # nobody signs a contract on a Sunday
    signing = np.where(office > 0.5, factors, 0.0) * SIGNINGS * VISITS / GROUP
    merchants = rng.poisson(signing)
    brought = np.array([rng.lognormal(np.log(GROUP) - 0.18, 0.6, n).sum() for n in merchants])
    clientele = Clientele.grown(
        platform.people,
        name,
        start=visits * 12,
        growth=visits * SALES,
        pace=office * factors,
        arrivals=rng.poisson(brought * platform.scale)[:, None].astype(np.int64),
    )
    reading = ReviewReading(
        name=name,
        platform=platform,
        clientele=clientele,
        crew=crew([company]),
        revisits=visits * (1 - SALES - SIGNINGS),
        surface=review_detail(platform.directory),
    )
    return Paced(habit=reading, factors=factors)


SCENARIO = Scenario(
    id="honest_growth",
    title="A consultancy grows for four months because merchants sign with it",
    modelled_on="the trap of baselines learnt from a single actor's own past: honest growth of 1.5 % a day (research notes on UEBA)",
    kind="lookalike",
    cast=cast,
    calendar=Calendar(first=date(2020, 3, 2), days=185),
)
