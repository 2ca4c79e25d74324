"""Folding days loses nobody and counts nobody twice."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nilometer.app.report.buckets import fold
from nilometer.app.report.figures import DayFigure

from .samples import days


def test_a_week_shows_the_mean_of_its_days_not_their_sum() -> None:
    made = [DayFigure(day=date(2020, 3, 2) + timedelta(days=i), people=10, new=2, reach_ever=2 * (i + 1), usual=5.0) for i in range(14)]
    first, second = fold(made, limit=3).buckets
    assert (first.people, first.new, first.added, first.reach, first.usual) == (10, 2, 14, 14, 5.0)
    assert (second.label.replace("\xa0", " "), second.reach) == ("week of 9 Mar 2020", 28)


def test_a_day_left_out_is_a_day_without_people() -> None:
    made = [DayFigure(day=date(2020, 3, 2), people=4, new=4, reach_ever=4), DayFigure(day=date(2020, 3, 5), people=6, new=1, reach_ever=5)]
    buckets = fold(made, limit=10).buckets
    assert [bucket.people for bucket in buckets] == [4, 0, 0, 6]
    assert [bucket.reach for bucket in buckets] == [4, 4, 4, 5]


@pytest.mark.parametrize(("n", "step"), [(1, "day"), (131, "day"), (238, "week"), (2000, "month"), (9000, "quarter"), (40_000, "year")])
def test_the_finest_step_that_stays_readable(n: int, step: str) -> None:
    folded = fold(days(n, start=date(1900, 1, 1)), limit=132)
    assert folded.step == step
    assert len(folded.buckets) <= 134


def test_months_are_calendar_months() -> None:
    labels = [bucket.label.replace("\xa0", " ") for bucket in fold(days(400, start=date(2019, 11, 27)), limit=20).buckets]
    assert labels[:3] == ["Nov 2019", "Dec 2019", "Jan 2020"]
    assert len(labels) == 14


def test_a_usual_that_is_no_number_of_people_is_not_known() -> None:
    for usual in (1e308, float("nan"), float("inf"), -1.0):
        (bucket,) = fold([DayFigure(day=date(2020, 3, 2), people=1, new=1, reach_ever=1, usual=usual)], limit=9).buckets
        assert bucket.usual is None


def test_the_whole_calendar_folds() -> None:
    made = [DayFigure(day=when, people=1, new=1, reach_ever=1) for when in (date.min, date.max)]
    folded = fold(made, limit=60)
    assert folded.step == "century"
    assert folded.buckets[-1].end == date.max.toordinal() + 1


day_figures = st.builds(
    DayFigure,
    day=st.dates(), people=st.integers(-5, 10**18), new=st.integers(-5, 10**18), reach_ever=st.integers(-5, 10**18),
    usual=st.none() | st.floats(),
)  # fmt: skip


@given(st.lists(day_figures, max_size=40), st.integers(1, 400))
def test_folding_keeps_every_new_person(made: list[DayFigure], limit: int) -> None:
    folded = fold(made, limit=limit)
    assert sum(bucket.added for bucket in folded.buckets) == sum(min(max(0, day.new), max(0, day.people)) for day in made)
    assert all(0 <= bucket.new <= bucket.people for bucket in folded.buckets)
    assert all(a.end == b.start for a, b in zip(folded.buckets, folded.buckets[1:], strict=False))
