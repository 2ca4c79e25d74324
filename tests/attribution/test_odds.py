"""The guilt model, against plain sums over people."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nilometer.attribution import odds

Table = tuple[list[tuple[int, int, int, int]], float]


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Strata as (everybody, in the dump, both, beside), and a rate."""
    strata = []
    for _ in range(draw(st.integers(1, 4))):
        everybody = draw(st.integers(1, 300))
        dump = draw(st.integers(0, everybody))
        both = draw(st.integers(0, dump))
        beside = draw(st.integers(0, everybody - dump))
        strata.append((everybody, dump, both, beside))
    return strata, draw(st.floats(0.001, 0.999))


def columns(strata: list[tuple[int, int, int, int]]) -> tuple[np.ndarray, ...]:
    return tuple(np.array(column, np.float64) for column in zip(*strata, strict=True))


def plainly(stratum: tuple[int, int, int, int], phi: float, pi: float) -> float:
    """Log-likelihood of one stratum, a term for each person."""
    everybody, dump, both, beside = stratum
    q = 1 - (1 - pi) * (1 - phi)
    terms = [(both, q), (dump - both, pi), (beside, (1 - pi) * (1 - phi)), (everybody - dump - beside, 1 - pi)]
    return sum(count * math.log(max(chance, 1e-300)) for count, chance in terms if count)


@given(tables())
def test_the_rate_from_elsewhere_is_the_best_one(table: Table) -> None:
    strata, phi = table
    everybody, dump, both, _ = columns(strata)
    found = odds.elsewhere(dump, everybody, both, np.array(phi))
    for stratum, pi in zip(strata, found.tolist(), strict=True):
        others = [plainly(stratum, phi, other) for other in np.linspace(0, 1, 501)]
        assert plainly(stratum, phi, pi) >= max(others) - 1e-6 * (1 + abs(max(others)))


@given(tables())
def test_odds_are_those_of_people_one_by_one(table: Table) -> None:
    strata, phi = table
    everybody, dump, both, beside = columns(strata)
    value, taken = odds.log_odds(dump, everybody, both, beside, np.array([phi]))
    pi = odds.elsewhere(dump, everybody, both, np.array(phi))
    with_it = sum(plainly(one, phi, rate) for one, rate in zip(strata, pi.tolist(), strict=True))
    without = sum(plainly((n, d, 0, 0), 0.0, d / n) for n, d, _, _ in strata)
    assert math.isclose(value[0], with_it - without, rel_tol=1e-6, abs_tol=1e-6)
    assert -1e-9 <= taken[0] <= both.sum() + 1e-9
    assert value[0] <= sum(plainly(one, phi, rate) for one, rate in zip(strata, pi.tolist(), strict=True)) - without + 1e-6


@given(tables())
def test_strata_without_anybody_in_the_dump_may_be_left_out(table: Table) -> None:
    strata, _ = table
    everybody, dump, both, beside = columns([*strata, (200, 0, 0, 50)])
    value, phi, taken = odds.best(dump, everybody, both[None], beside[None], 100.0)
    whole, _ = odds.log_odds(dump, everybody, both[None], beside[None], phi[:, None])
    share = odds.log_share(taken, 100.0)
    width = min(0.0, 0.5 * math.log(2 * math.pi / (taken[0] + 1)) - math.log(8))
    assert math.isclose(value[0], whole[0, 0] + share[0] + width, rel_tol=1e-5, abs_tol=1e-4)
    grid = 1 / (1 + np.exp(-np.linspace(-9, 13, 200)))
    every, many = odds.log_odds(dump, everybody, both[None], beside[None], grid[None])
    assert whole[0, 0] + share[0] >= (every + odds.log_share(many, 100.0)).max() - 1e-3 * (1 + abs(whole[0, 0]))


def test_an_overlap_that_chance_explains_is_no_evidence() -> None:
    everybody, dump = np.array([10_000.0, 500.0]), np.array([100.0, 100.0])
    by_chance = np.array([[10.0, 60.0]]), np.array([[990.0, 240.0]])  # a tenth of the rare, three fifths of the popular
    much_more = np.array([[80.0, 95.0]]), np.array([[920.0, 205.0]])
    none, _, _ = odds.best(dump, everybody, *by_chance, 200.0)
    some, phi, taken = odds.best(dump, everybody, *much_more, 200.0)
    assert none[0] < 0 < 100 < some[0]
    assert 0.05 < phi[0] < 0.2
    assert 100 < taken[0] <= 175


def test_of_two_that_hold_the_same_rows_the_smaller_is_likelier() -> None:
    everybody, dump = np.array([10_000.0]), np.array([50.0])
    both = np.array([[50.0], [50.0]])
    value, phi, _ = odds.best(dump, everybody, both, np.array([[50.0], [2_950.0]]), 50.0)
    assert value[0] > value[1] + 50
    assert math.isclose(phi[0], 0.5, abs_tol=0.02)
    whole, full, _ = odds.best(dump, everybody, both[:1], np.array([[0.0]]), 50.0)
    assert full[0] > 0.99
    assert whole[0] > value[0]
