"""The calendar and the hours."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nilometer.simulation.days import DAY, OFFICE, SHOPPING, Calendar


def test_days_follow_each_other_without_a_gap() -> None:
    days = list(Calendar().each(0))
    assert [day.number for day in days] == list(range(308))
    assert {later.start - day.start for day, later in pairwise(days)} == {DAY}
    assert days[0].date == date(2019, 9, 23)
    assert days[-1].date == date(2020, 7, 26)


def test_a_local_day_begins_at_16_utc_the_day_before() -> None:
    assert Calendar().start(0).isoformat() == "2019-09-22T16:00:00+00:00"


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_weeks_have_a_rhythm(seed: int) -> None:
    calendar = Calendar()
    weekend = np.array([(calendar.first + timedelta(days=n)).weekday() >= 5 for n in range(calendar.days)])
    office, trade = calendar.pace("office", seed), calendar.pace("trade", seed)
    assert office[weekend].mean() < 0.2 * office[~weekend].mean()
    assert np.median(trade[weekend]) > 1.05 * np.median(trade[~weekend])


def test_the_sale_and_the_quiet_week_stand_out() -> None:
    calendar = Calendar()
    trade = calendar.pace("trade", 0)
    sale, quiet = calendar.number(calendar.sale), calendar.number(calendar.quiet)
    assert trade.argmax() == sale
    assert trade[sale] > 3
    assert trade[quiet : quiet + 7].max() < 0.75


@given(st.integers(0, 2**32), st.integers(0, 307))
def test_moments_lie_inside_their_day(seed: int, number: int) -> None:
    day = list(Calendar(days=number + 1).each(0))[-1]
    rng = np.random.default_rng(seed)
    seconds = np.concatenate([day.spread(rng, 50, SHOPPING), [-5.0, 86_400.0, 1e6]])
    times = day.at(seconds)
    assert day.start <= times.min()
    assert times.max() < day.start + DAY


def test_nothing_piles_up_at_midnight() -> None:
    day = next(Calendar().each(0))
    assert day.at(np.array([86_399.0, 86_400.5, 86_460.0])).tolist() == [day.start + s * 10**6 // 2 for s in (172_798, 172_799, 172_680)]


def test_hours_are_drawn_as_their_weights_say() -> None:
    day = next(Calendar().each(0))
    drawn = np.histogram(day.spread(np.random.default_rng(0), 200_000, OFFICE), 24, (0, 86_400))[0] / 200_000
    assert np.allclose(drawn, np.array(OFFICE) / sum(OFFICE), atol=0.004)
