"""Days folded into weeks, months or years, so that a chart of any length has bars wide enough to read.

A person met on two days of a week is two in a sum of days. So a folded bar shows the mean of its days, which is a true number
and stays comparable with what is usual in a day; only new people, each new once, may be added up.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from nilometer.app.report.figures import DayFigure
from nilometer.app.report.scales import LAST_DAY
from nilometer.app.report.wording import GAP, MONTHS, day

_LENGTHS = {"day": 1.0, "week": 7.0, "month": 30.4, "quarter": 91.3, "year": 365.2, "decade": 3652.0, "century": 36524.0}
_MOST = 1e18  # more people a day than this are not usual anywhere: taken as not known
_MONTHS_IN = {"month": 1, "quarter": 3, "year": 12, "decade": 120, "century": 1200}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """One bar: the days from `start` up to, not with, `end` (ordinals), as means a day; `added` are its new people in all."""

    start: int
    end: int
    label: str
    people: float
    new: float
    added: int
    reach: int
    usual: float | None

    @property
    def known(self) -> float:
        """People of the day who had been shown to the actor before."""
        return self.people - self.new


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """Bars in order, and the step they were folded to: day, week, month, quarter, year, decade or century."""

    step: str
    buckets: Sequence[Bucket]

    @property
    def daily(self) -> bool:
        """True when nothing was folded: each bar is one day."""
        return self.step == "day"


def fold(days: Sequence[DayFigure], *, limit: int) -> Folded:
    """The days in order, without gaps, in at most about `limit` buckets."""
    if not days:
        return Folded(step="day", buckets=())
    ordered = sorted(days, key=lambda figure: figure.day)
    first, last = ordered[0].day.toordinal(), ordered[-1].day.toordinal()
    step = next((name for name, length in _LENGTHS.items() if (last - first + 1) / length <= max(limit, 1)), "century")
    out: list[Bucket] = []
    place, reach = 0, max(0, ordered[0].reach_ever - ordered[0].new)
    for start, end in _bounds(first, last, step):
        begin = place
        while place < len(ordered) and ordered[place].day.toordinal() < end:
            place += 1
        out.append(_bucket(ordered[begin:place], start, end, step, reach))
        reach = out[-1].reach
    return Folded(step=step, buckets=out)


def _bucket(days: Sequence[DayFigure], start: int, end: int, step: str, reach: int) -> Bucket:
    width = end - start
    people = sum(max(0, figure.people) for figure in days)
    added = sum(min(max(0, figure.new), max(0, figure.people)) for figure in days)
    usual = [
        figure.usual for figure in days if figure.usual is not None and 0 <= figure.usual <= _MOST
    ]  # not a number, too: no comparison holds for it
    return Bucket(
        start=start, end=end, label=_label(date.fromordinal(start), date.fromordinal(end - 1), step),
        people=people / width, new=added / width, added=added, reach=max(0, days[-1].reach_ever) if days else reach,
        usual=_mean(usual) if usual else None,
    )  # fmt: skip


def _mean(values: Sequence[float]) -> float:
    """The mean, without rounding dust when all are alike and without overflow when all are huge."""
    mean = math.fsum(value / len(values) for value in values)
    return min(max(mean, min(values)), max(values))


def _bounds(first: int, last: int, step: str) -> Iterator[tuple[int, int]]:
    start = first
    while start <= last:
        end = min(_next(date.fromordinal(start), step), last + 1)
        yield start, end
        start = end


def _next(when: date, step: str) -> int:
    if step == "day":
        return when.toordinal() + 1
    if step == "week":
        return when.toordinal() + 7 - when.weekday()
    months = _MONTHS_IN[step]
    index = ((when.year * 12 + when.month - 1) // months + 1) * months
    return date(index // 12, index % 12 + 1, 1).toordinal() if index // 12 <= 9999 else LAST_DAY + 1


def _label(first: date, last: date, step: str) -> str:
    match step:
        case "day":
            return day(first)
        case "week":
            monday = first - timedelta(days=min(first.weekday(), first.toordinal() - 1))
            return f"week of {day(monday)}"
        case "month":
            return f"{MONTHS[first.month - 1]}{GAP}{first.year}"
        case "quarter":
            return f"Q{(first.month + 2) // 3}{GAP}{first.year}"
        case "year":
            return str(first.year)
        case _:
            return f"{first.year} to {last.year}"
