"""A week of sale: everybody has three to six times the ordinary trade, and less than usual for ten days after it.

Modelled on the trap of seasons and campaigns ("month-end, payroll, campaign, audit season", peers' notes): every counter of
every partner goes up at once. The sale is the one of 18 June, from the 12th on, with its peak on the last day. Scale 1: the
largest order handler shows up to 3,500 people on that day, six times its usual number. Nothing was declared.

Settled here: that offices have half of trade's increase and work on the weekend too, and how deep the dip is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from nilometer.simulation.days import Calendar, Pace
from nilometer.simulation.honest import honest
from nilometer.simulation.mixing import Floats
from nilometer.simulation.platform import Platform
from nilometer.simulation.scenario import Cast, Innocent, Scenario

STARTS: Final = 55
SALE: Final = (3.4, 3.0, 3.2, 3.6, 4.2, 4.8, 6.0)
"""Trade on each day of the sale, in ordinary days of that weekday."""
DIP: Final = (0.8, 0.6, 0.55, 0.55, 0.6, 0.65, 0.72, 0.8, 0.88, 0.95)
"""Trade on the days after it."""


@dataclass(frozen=True, kw_only=True)
class WithSale(Calendar):
    """A calendar with the sale week on its day `STARTS`, for everybody."""

    def pace(self, kind: Pace, seed: int) -> Floats:
        """How busy each day is, shape (days,): as on any calendar, times the sale and the dip after it."""
        factors = np.ones(self.days)
        week = np.asarray((*SALE, *DIP))[: max(0, self.days - STARTS)]
        factors[STARTS : STARTS + len(week)] = week if kind == "trade" else 1 + (week - 1) / 2
        pace = super().pace(kind, seed)
        if kind == "office":
            # half the staff comes in on the weekend of the sale
            pace[STARTS : STARTS + len(SALE)] = np.maximum(pace[STARTS : STARTS + len(SALE)], 0.5)
        return np.asarray(pace * factors, dtype=np.float64)


def cast(platform: Platform) -> Cast:
    """The honest platform in its sale week."""
    everybody = honest(platform)
    sellers = dict.fromkeys(credential.org for credential in platform.directory.credentials if credential.org.startswith("org-"))
    why = "has several times its ordinary trade in a sale week, like everybody else"
    named = {ident for innocent in everybody.innocents for level, ident in innocent.actors if level == "org"}
    others = tuple(Innocent(actors=(("org", org),), why=why) for org in sellers if org not in named)
    return Cast(honest=everybody.habits, innocents=(*everybody.innocents, *others))


SCENARIO = Scenario(
    id="sale_day",
    title="A week of sale: three to six times the ordinary trade for everybody, and a dip after it",
    modelled_on="campaigns and seasons, which defenders report as false alarms: the sale of 18 June 2020",
    kind="lookalike",
    cast=cast,
    calendar=WithSale(first=date(2020, 4, 18), days=120),
)
