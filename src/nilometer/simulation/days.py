"""When things happen: the platform's calendar, weekly rhythm and hours of the day.

Everything is planned in local time, UTC+8 like the reference case, and written in UTC: a local day runs from 16:00 UTC to
16:00 UTC. Rates below are relative: 1.0 is an ordinary weekday.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from nilometer.simulation.mixing import Floats, Ints, key_of

LOCAL: Final = timezone(timedelta(hours=8))
SECOND: Final = 1_000_000
"""Microseconds, the unit of every time in this room."""
HOUR: Final = 3_600 * SECOND
DAY: Final = 24 * HOUR

Pace = Literal["trade", "office"]

_TRADE_WEEK: Final = (1.0, 0.98, 0.97, 1.0, 1.05, 1.18, 1.22)
_OFFICE_WEEK: Final = (1.05, 1.05, 1.0, 1.0, 0.9, 0.14, 0.08)

SHOPPING: Final = (9, 5, 3, 2, 2, 3, 8, 18, 32, 45, 55, 52, 50, 48, 47, 48, 50, 50, 52, 66, 85, 92, 70, 32)
"""Share of a day's shopping in each local hour: low at night, high in the evening."""
OFFICE: Final = (0, 0, 0, 0, 0, 0, 0, 2, 18, 60, 80, 74, 30, 55, 82, 80, 74, 58, 22, 8, 4, 2, 1, 0)
"""Share of a day's office work in each local hour, with a lunch break."""
SHIFTS: Final = (6, 5, 4, 4, 4, 5, 10, 25, 50, 70, 80, 75, 60, 65, 75, 75, 70, 65, 60, 60, 55, 45, 30, 15)
"""Support is staffed round the clock, thinly at night."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One local day. `start` is its first moment in microseconds since 1970 UTC; `trade` and `office` are its two paces."""

    number: int
    date: date
    start: int
    trade: float
    office: float

    def at(self, seconds: Floats) -> Ints:
        """Moments in microseconds since 1970 for seconds since the start of this day.

        What would fall after midnight falls as long before it, so that nothing piles up in the day's last moment.
        """
        folded = np.where(seconds < 86_400.0, seconds, 2 * 86_400.0 - seconds)
        inside: Ints = np.clip(np.rint(folded * SECOND), 0, DAY - 1).astype(np.int64)
        return self.start + inside

    def spread(self, rng: np.random.Generator, count: int, hours: tuple[int, ...]) -> Floats:
        """`count` seconds since the start of this day, distributed over it as `hours` (24 weights) say."""
        reached = np.concatenate([[0.0], np.cumsum(np.asarray(hours, dtype=np.float64))])
        seconds: NDArray[np.float64] = np.interp(rng.random(count), reached / reached[-1], np.arange(25) * 3600.0)
        return seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """`days` local days from `first`, with one sale day and one quiet week.

    The sale is Double 11 (11 November), the quiet week the Spring Festival of 2020 (24 to 30 January).
    """

    first: date = date(2019, 9, 23)
    days: int = 308
    sale: date = date(2019, 11, 11)
    quiet: date = date(2020, 1, 24)

    def number(self, day: date) -> int:
        """How many days after the first `day` is."""
        return (day - self.first).days

    def start(self, number: int) -> datetime:
        """The first moment of day `number`, in UTC."""
        day = self.first + timedelta(days=number)
        return datetime(day.year, day.month, day.day, tzinfo=LOCAL).astimezone(UTC)

    def pace(self, kind: Pace, seed: int) -> Floats:
        """How busy each day is, shape (days,): weekly rhythm, sale, quiet week and the chance of the day (6 %)."""
        week = np.asarray(_TRADE_WEEK if kind == "trade" else _OFFICE_WEEK)
        numbers = np.arange(self.days)
        pace = week[(self.first.weekday() + numbers) % 7]
        pace = pace * np.random.default_rng(key_of(seed, "pace", kind)).lognormal(0.0, 0.06, self.days)
        since_quiet = numbers - self.number(self.quiet)
        pace = np.where((since_quiet >= 0) & (since_quiet < 7), pace * (0.45 if kind == "trade" else 0.1), pace)
        if kind == "trade":
            since_sale = numbers - self.number(self.sale)
            pace = pace * np.select([since_sale == -1, since_sale == 0, since_sale == 1], [1.3, 4.0, 1.6], 1.0)
        return pace.astype(np.float64)

    def each(self, seed: int) -> Iterator[Day]:
        """Every day in turn."""
        trade, office = self.pace("trade", seed), self.pace("office", seed)
        for number in range(self.days):
            start = int(self.start(number).timestamp()) * SECOND
            yield Day(
                number=number,
                date=self.first + timedelta(days=number),
                start=start,
                trade=float(trade[number]),
                office=float(office[number]),
            )
