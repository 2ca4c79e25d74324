"""An accounting partner closes each month: on its last two days it reads the buyers of the whole month.

Modelled on the trap "month-end, payroll, campaign, audit season" (peers' notes on seasonality; a day-of-month comparison as
ManageEngine sells it). Scale 1: 40 people on a working day, about 400 on each of the last two days of a month, half of them
new to it; the first month ends on the 26th and 27th day of the table.

Settled here: that the closing runs on the calendar's last two days, weekend or not, and that of three other accountants on
the same interface a smaller one closes its months in the same way.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from nilometer.simulation.clientele import Clientele
from nilometer.simulation.days import Calendar
from nilometer.simulation.directory import Company
from nilometer.simulation.habits.reviews import ReviewReading
from nilometer.simulation.habits.wrapped import Paced
from nilometer.simulation.honest import LIBRARIES, crew, honest
from nilometer.simulation.mixing import key_of
from nilometer.simulation.platform import Habit, Platform
from nilometer.simulation.scenario import Cast, Innocent, Scenario

CLOSING = 10.0
"""People of a closing day, in ordinary working days."""
NEW_AT_CLOSING = 0.5
NEW = 0.25
"""Share of new people on an ordinary working day."""


def closing_days(calendar: Calendar) -> list[int]:
    """The numbers of the days that are the last or the last but one of their month."""
    return [n for n in range(calendar.days) if (calendar.first + timedelta(days=n + 2)).day <= 2]


def cast(platform: Platform) -> Cast:
    """The honest platform and four accountants, of whom two close their months."""
    others, directory = honest(platform), platform.directory
    companies = [directory.company(accounts=(n,), agent=LIBRARIES[k], ips=2) for k, n in enumerate((2, 3, 1, 2))]
    sizes, closes = (40.0, 75.0, 18.0, 30.0), (True, False, True, False)
    why = "an accountant who reads the buyers of the whole month on its last two days, every month"
    return Cast(
        honest=(
            *others.habits,
            *(_accounting(platform, company, size, shuts) for company, size, shuts in zip(companies, sizes, closes, strict=True)),
        ),
        innocents=(*(Innocent(actors=(("org", companies[k].org),), why=why) for k in (0, 2)), *others.innocents),
    )


def _accounting(platform: Platform, company: Company, size: float, closes: bool) -> Habit:
    """Invoices of `size` people on an ordinary working day at scale 1."""
    office, name = platform.paces["office"], f"accounting of {company.org}"
    a_day = size * platform.scale
    closing = np.zeros(platform.calendar.days, dtype=np.bool_)
    closing[closing_days(platform.calendar) if closes else []] = True
    rng = np.random.default_rng(key_of(platform.seed, name, "closings"))
    # no two months are alike
    amount = CLOSING * rng.normal(1.0, 0.08, len(closing)).clip(0.8, 1.2)
    arrivals = np.where(closing, rng.poisson(a_day * amount * NEW_AT_CLOSING), 0).astype(np.int64)
    reading = ReviewReading(
        name=name,
        platform=platform,
        clientele=Clientele.grown(
            platform.people,
            name,
            start=np.array([a_day * 25]),
            growth=np.array([a_day * NEW]),
            pace=np.where(closing, 0.0, office),
            arrivals=arrivals[:, None],
        ),
        crew=crew([company]),
        revisits=np.array([a_day * (1 - NEW)]),
        surface=platform.directory.surface("invoice.buyer", ("nickname", "phone", "address")),
    )
    # a closing day is that busy whatever day of the week it is
    return Paced(habit=reading, factors=np.where(closing, amount * (1 - NEW_AT_CLOSING) / (1 - NEW) / office, 1.0))


SCENARIO = Scenario(
    id="month_end",
    title="An accountant reads the buyers of the whole month on its last two days",
    modelled_on="month-end and audit seasons, which defenders report as false alarms of daily baselines",
    kind="lookalike",
    cast=cast,
    calendar=Calendar(first=date(2020, 2, 3), days=155),
)
