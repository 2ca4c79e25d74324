"""Where a number or a moment lies on a chart, and which ticks an axis gets: round ones, few enough to read."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from nilometer.app.report.wording import MONTHS, short, utc

LAST_DAY = date.max.toordinal()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A mark on an axis: where, and what is written there (`below` is a second line: the year or the date)."""

    at: float
    label: str
    below: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """A map from values to coordinates that never leaves the plot."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        low, high = self.low, self.high
        if self.log:
            value, low, high = math.log10(max(value, low)), math.log10(low), math.log10(high)
        if high <= low:
            return self.start
        part = min(1.0, max(0.0, (value - low) / (high - low)))
        return self.start + part * (self.end - self.start)


def stamp(when: datetime) -> float:
    """A moment as a number of days: the proleptic ordinal and the part of the day (UTC) that has gone by."""
    when = utc(when)
    return when.toordinal() + (when.hour * 3600 + when.minute * 60 + when.second) / 86400


def nice_ticks(high: float, *, want: int = 4, whole: bool = True) -> list[float]:
    """Round ticks from 0 to the first one at or above `high`; whole numbers where people are counted one by one."""
    if not high > 0:
        return [0.0, 1.0]
    raw = high / want
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(size * nice for nice in (1, 2, 2.5, 5, 10, 20) if size * nice >= raw * (1 - 1e-9))
    if whole:
        step = max(1.0, 3.0 if step == 2.5 else step)
        step = math.ceil(step)
    return [round(i * step, 12) for i in range(math.ceil(high / step - 1e-9) + 1)]


def log_ticks(high: float) -> list[float]:
    """Powers of ten from 1 to the first one at or above `high`, thinned to seven at most."""
    top = max(1, math.ceil(math.log10(max(high, 10)) - 1e-9))
    every = math.ceil(top / 6)
    return [10.0**power for power in range(0, math.ceil(top / every) * every + 1, every)]


def amount_ticks(values: list[float]) -> list[Tick]:
    """The same numbers with what is written beside them."""
    return [Tick(at=value, label=short(value)) for value in values]


def time_ticks(low: float, high: float, *, want: int) -> list[Tick]:
    """Ticks on round hours, days, Mondays, months or years (UTC): the finest of these with no more than `want`."""
    span = max(high - low, 1e-9)
    for hours in (1, 2, 3, 6, 12):
        if span * 24 / hours <= want:
            return _named(_hours(low, high, hours), lambda at: f"{round(at % 1 * 24):02d}:00", lambda d: f"{_day(d)} {d.year}")
    for days in (1, 2, 7, 14):
        if span / days <= want:
            first = math.ceil(low - 1) // days * days + 1
            return _named((at for at in range(first, int(high) + 1, days) if at >= low), lambda at: _day(_date(at)), lambda d: str(d.year))
    for months in (1, 2, 3, 6):
        if span / (30.44 * months) <= want:
            return _named(_months(low, high, months), lambda at: MONTHS[_date(at).month - 1], lambda d: str(d.year))
    years = next(n * 10**p for p in range(5) for n in (1, 2, 5) if span / (365.25 * n * 10**p) <= max(want, 1))
    return _named(_months(low, high, 12 * years), lambda at: str(_date(at).year), lambda d: "")


def _named(places: Iterator[float] | Iterator[int], label: Callable[[float], str], below: Callable[[date], str]) -> list[Tick]:
    out: list[Tick] = []
    said = ""
    for at in places:
        if 1 <= at < LAST_DAY + 1:
            under = below(_date(at))
            out.append(Tick(at=at, label=label(at), below=under if under != said else ""))
            said = under
    return out


def _hours(low: float, high: float, hours: int) -> Iterator[float]:
    first, last = math.ceil(low * 24 / hours - 1e-6), math.floor(high * 24 / hours + 1e-6)
    return (i * hours / 24 for i in range(first, last + 1))


def _months(low: float, high: float, months: int) -> Iterator[int]:
    start = _date(low)
    index = (start.year * 12 + start.month - 1) // months * months
    while (year := index // 12) <= 9999:
        at = date(year, index % 12 + 1, 1).toordinal() if year >= 1 else 0
        if at > high:
            return
        if at >= low:
            yield at
        index += months


def _date(at: float) -> date:
    return date.fromordinal(min(max(int(at + 1e-6), 1), LAST_DAY))


def _day(when: date) -> str:
    return f"{when.day} {MONTHS[when.month - 1]}"
