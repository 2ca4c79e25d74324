"""Ticks that a person would have chosen."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nilometer.app.report.scales import Scale, log_ticks, nice_ticks, stamp, time_ticks


@pytest.mark.parametrize(
    ("high", "ticks"),
    [(0, [0, 1]), (1, [0, 1]), (3, [0, 1, 2, 3]), (812, [0, 250, 500, 750, 1000]), (333_380, [0, 100_000, 200_000, 300_000, 400_000])],
)
def test_amounts_are_round(high: float, ticks: list[float]) -> None:
    assert nice_ticks(high) == ticks


@given(st.floats(1e-6, 1e18), st.booleans())
def test_amounts_start_at_zero_and_hold_the_highest(high: float, whole: bool) -> None:
    ticks = nice_ticks(high, whole=whole)
    assert ticks[0] == 0
    assert ticks[-1] >= high * (1 - 1e-8)
    assert 2 <= len(ticks) <= 6
    assert ticks == sorted(set(ticks))
    assert not whole or all(tick == int(tick) for tick in ticks)


@given(st.floats(0, 1e18))
def test_powers_of_ten_hold_the_highest(high: float) -> None:
    ticks = log_ticks(high)
    assert ticks[0] == 1
    assert ticks[-1] >= high * (1 - 1e-8)
    assert len(ticks) <= 8


def labels(first: date, last: date, want: int = 10) -> list[tuple[str, str]]:
    return [(tick.label, tick.below) for tick in time_ticks(first.toordinal(), last.toordinal(), want=want)]


def test_time_is_cut_where_calendars_are() -> None:
    assert labels(date(2017, 3, 1), date(2017, 3, 2), 4) == [
        ("00:00", "1 Mar 2017"),
        ("06:00", ""),
        ("12:00", ""),
        ("18:00", ""),
        ("00:00", "2 Mar 2017"),
    ]
    assert labels(date(2019, 12, 20), date(2020, 1, 16)) == [("23 Dec", "2019"), ("30 Dec", ""), ("6 Jan", "2020"), ("13 Jan", "")]
    assert labels(date(2019, 11, 27), date(2020, 7, 22))[:3] == [("Dec", "2019"), ("Jan", "2020"), ("Feb", "")]
    assert labels(date(2015, 1, 1), date(2020, 7, 1), 9) == [(str(year), "") for year in range(2015, 2021)]


@given(st.floats(1, date.max.toordinal() + 1), st.floats(0, 4_000_000), st.integers(1, 12))
def test_ticks_lie_inside_and_are_few(low: float, span: float, want: int) -> None:
    high = min(low + span, date.max.toordinal() + 1)
    ticks = time_ticks(low, high, want=want)
    assert len(ticks) <= want + 2
    assert all(low - 1e-4 <= tick.at <= high + 1e-4 for tick in ticks)


@given(st.floats(-1e18, 1e18), st.booleans())
def test_a_scale_never_leaves_the_plot(value: float, log: bool) -> None:
    assert 40 <= Scale(low=1, high=1000, start=40, end=700, log=log)(value) <= 700
    assert Scale(low=5, high=5, start=40, end=700)(value) == 40


def test_a_stamp_counts_days_in_utc() -> None:
    assert stamp(datetime(2020, 1, 1, 12, tzinfo=UTC)) == date(2020, 1, 1).toordinal() + 0.5
