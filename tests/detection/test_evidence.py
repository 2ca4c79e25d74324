"""Evidence keeps what it states: on honest work it is 1 on average or less, and the bar is reached at most as often as is said."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nilometer.detection.coding import Floats
from nilometer.detection.evidence import ACTOR_DAYS, WEEKS, Norm, Rate, shift, tail

RATIO, MOST, SPREAD = 6.0, 20.0, 0.35
factors = st.lists(st.floats(0, 50), max_size=30).map(np.array)


def honest(rng: np.random.Generator, usual: float, shape: tuple[int, ...], spread: float = SPREAD) -> Floats:
    """Counts of honest days: a log-normal pace of the assumed spread, then chance."""
    return rng.poisson(usual * rng.lognormal(0.0, spread, shape)).astype(np.float64)


def judged(counts: Floats, usual: float, ratio: float = RATIO) -> Floats:
    """Their factors when the actor's usual is known."""
    return shift(counts, np.full(counts.shape, usual), np.full(counts.shape, SPREAD), ratio, MOST)


@pytest.mark.parametrize("usual", [3.0, 10.0, 40.0, 300.0, 5_000.0])
@pytest.mark.parametrize("ratio", [2.0, 3.2, 6.0])
def test_an_honest_day_is_one_on_average_or_less(usual: float, ratio: float) -> None:
    counts = honest(np.random.default_rng(11), usual, (200_000,))
    assert judged(counts, usual, ratio).mean() <= 1.1


def test_the_bar_is_reached_by_chance_no_more_often_than_is_stated() -> None:
    """Shiryaev-Roberts: at most once in `bar` actor-days, started again after each alarm."""
    rng, bar, actors, days = np.random.default_rng(12), 200.0, 4_000, 100
    for usual in (10.0, 200.0):
        held, alarms = np.zeros(actors), 0
        for _ in range(days):
            held = (held + 1.0) * judged(honest(rng, usual, (actors,)), usual)
            alarms += int((held >= bar).sum())
            held = np.where(held >= bar, 0.0, held)
        assert alarms <= actors * days / bar


def test_growth_reaches_any_bar_within_days_and_nothing_does_in_one() -> None:
    rng, usual, held = np.random.default_rng(13), 30.0, np.zeros(500)
    for day in range(8):
        held = (held + 1.0) * judged(honest(rng, usual * RATIO, (500,)), usual)
        assert day > 0 or (held <= MOST).all()
    assert (held >= ACTOR_DAYS / 0.25).mean() > 0.9


@given(
    usual=st.floats(0, 1e6),
    spread=st.floats(0.1, 1.0),
    ratio=st.floats(1.2, 10),
    most=st.floats(2, 50),
    counts=st.tuples(*[st.integers(0, 10**7)] * 2),
)
def test_a_day_says_more_when_more_is_counted_within_its_bounds(
    usual: float, spread: float, ratio: float, most: float, counts: tuple[int, int]
) -> None:
    less, more = shift(np.array(sorted(counts), np.float64), np.full(2, usual), np.full(2, spread), ratio, most).tolist()
    assert math.exp(-1.0) * (1 - 1e-9) <= less <= more <= most * (1 + 1e-9)


@given(usual=st.floats(1, 1e5), ratio=st.floats(1.5, 10))
def test_a_day_is_neutral_at_the_root_of_the_growth_looked_for(usual: float, ratio: float) -> None:
    count = (usual + 1.0) * math.sqrt(ratio) - 1.0
    assert shift(np.array([count]), np.array([usual]), np.array([SPREAD]), ratio, MOST)[0] == pytest.approx(1.0)


@given(line=st.floats(1, 1e6), times=st.floats(1.01, 100), power=st.floats(1, 8))
def test_a_tail_is_as_rare_as_its_power_says(line: float, times: float, power: float) -> None:
    assert tail(np.array([line * times]), np.array([line]), power)[0] == pytest.approx(times**power, rel=1e-6)
    assert tail(np.array([line / times]), np.array([line]), power)[0] <= 1.0


def test_nothing_is_beyond_a_line_at_infinity() -> None:
    assert tail(np.array([1e9]), np.array([np.inf]), 6.0).tolist() == [0.0]


@given(false_alarms=st.floats(0.01, 100), judged=st.integers(0, 10**7), opened=st.integers(0, 1_000))
def test_the_bar_keeps_both_promises(false_alarms: float, judged: int, opened: int) -> None:
    bar = Rate(false_alarms=false_alarms).bar(judged, opened)
    assert bar * false_alarms >= ACTOR_DAYS * (1 - 1e-9), "so many false findings in a thousand actor-months at most"
    assert bar * (opened + 1) * 0.1 >= judged * (1 - 1e-9), "a tenth of the open findings at most"
    assert bar == pytest.approx(max(ACTOR_DAYS / false_alarms, judged / (0.1 * (opened + 1))))
    assert Rate(false_alarms=false_alarms).bar(judged + 1, opened) >= bar >= Rate(false_alarms=false_alarms).bar(judged, opened + 1)


@given(places=st.integers(1, 500), actors=st.integers(0, 10**6), opened=st.integers(0, 100), share=st.floats(0.01, 0.99))
def test_shares_of_what_may_be_false_add_up_to_the_whole(places: int, actors: int, opened: int, share: float) -> None:
    """Weighted e-BH: were every bar reached exactly, the weights of all would be one on average."""
    rate = Rate(false_alarms=1e9)
    small, large = rate.bar(places, opened, share), rate.bar(actors, opened, 1 - share)
    weights = places * (places + actors) / (0.1 * (opened + 1)) / small + (
        actors * (places + actors) / (0.1 * (opened + 1)) / large if actors else 0
    )
    assert weights <= (places + actors) * (1 + 1e-9)


@given(st.lists(factors, max_size=70), st.lists(st.integers(1, 9), min_size=70, max_size=70))
def test_the_norm_is_the_mean_of_four_weeks(days: list[Floats], gaps: list[int]) -> None:
    norm, date, known = Norm(), 0, list[tuple[int, Floats]]()
    for gap, values in zip(gaps, days, strict=False):
        date += gap
        norm = norm.after(date, values)
        known.append((date, values))
    recent = np.concatenate([np.zeros(0), *(values for when, values in known if when > date - WEEKS)])
    assert norm.mean() == pytest.approx(max(1.0, recent.mean()) if len(recent) >= 20 else 1.0)


def test_a_day_counts_for_exactly_four_weeks() -> None:
    norm = Norm().after(100, np.full(20, 9.0))
    assert norm.after(100 + WEEKS - 1, np.full(20, 1.0)).mean() == 5.0
    assert norm.after(100 + WEEKS, np.full(20, 2.0)).mean() == 2.0


def test_the_mean_of_the_days_before_one_leaves_out_that_one() -> None:
    norm = Norm().after(100, np.full(20, 2.0)).after(103, np.full(20, 4.0))
    assert (norm.mean(), norm.mean(104), norm.mean(103), norm.mean(100)) == (3.0, 3.0, 2.0, 1.0)
