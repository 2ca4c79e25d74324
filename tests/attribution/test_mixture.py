"""Several sources: patterns against loops, fits against what was put in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nilometer.attribution.mixture import Patterns, fit, gains, patterns, told_apart

people = st.lists(st.tuples(st.integers(-1, 3), st.sets(st.integers(0, 4))), max_size=60)


@given(people)
def test_patterns_are_people_counted_together(given_: list[tuple[int, set[int]]]) -> None:
    code = np.array([c for c, _ in given_], np.int64)
    held = [np.array([n for n, (_, of) in enumerate(given_) if j in of], np.int64) for j in range(5)]
    seen = patterns(code, held, np.full(4, 100.0), np.zeros(5), float(len(given_)))
    plain: dict[tuple[int, tuple[bool, ...]], int] = {}
    for c, of in given_:
        if c >= 0:
            key = (c, tuple(j in of for j in range(5)))
            plain[key] = plain.get(key, 0) + 1
    assert {(c, tuple(h)): n for c, n, h in zip(seen.code.tolist(), seen.count.tolist(), seen.holds.tolist(), strict=True)} == plain


def test_more_candidates_than_bits_are_refused() -> None:
    with pytest.raises(ValueError, match="at most 57"):
        patterns(np.zeros(1, np.int64), [np.zeros(0, np.int64)] * 58, np.ones(1), np.zeros(58), 1.0)


def mixed(rng: np.random.Generator, *rates: float, foreign: float = 0.002) -> Patterns:
    """A dump of candidates of 1,000 people each among 20,000, taken at rates, with strangers; candidates 0 and 1 share 300 people."""
    holds = np.zeros((20_000, len(rates)), bool)
    for place in range(len(rates)):
        begin = place * 1_000 - (300 if place == 1 else 0)
        holds[begin : begin + 1_000, place] = True
    inside = rng.random(20_000) < 1 - (1 - foreign) * np.prod(np.where(holds, 1 - np.array(rates), 1.0), axis=1)
    code = np.zeros(20_000, np.int64)
    held = [np.flatnonzero(inside[np.flatnonzero(inside)] & True & holds[inside, j]) for j in range(len(rates))]
    beside = np.array([float((holds[:, j] & ~inside).sum()) for j in range(len(rates))])
    return patterns(code[inside], held, np.array([20_000.0]), beside, float(inside.sum()))


def test_rates_are_found_again() -> None:
    seen = mixed(np.random.default_rng(1), 0.3, 0.6, 0.0)
    both = fit(seen, (0, 1))
    assert np.allclose(both.phi, [0.3, 0.6], atol=0.05)
    assert 0.001 < both.pi[0] < 0.004
    assert both.explained == pytest.approx(seen.count.sum() - 20_000 * both.pi[0], rel=0.02)
    assert both.value > fit(seen, (0,)).value + 100
    assert fit(seen, ()).taken.shape == (0,)


def test_sources_are_told_apart_and_no_more_than_there_are() -> None:
    rng = np.random.default_rng(2)
    bar, kin = np.full(4, 9.0), np.zeros((4, 4), bool)
    assert sorted(told_apart(mixed(rng, 0.3, 0.6, 0.0, 0.0), 1, bar, kin).sources) == [0, 1]
    assert told_apart(mixed(rng, 0.0, 0.6, 0.0, 0.0), 1, bar, kin).sources == (1,)
    three = told_apart(mixed(rng, 0.2, 0.1, 0.4, 0.0), 2, bar, kin)
    assert sorted(three.sources) == [0, 1, 2]
    assert sorted(told_apart(mixed(rng, 0.2, 0.1, 0.4, 0.0), 2, np.full(4, 1e6), kin).sources) == [2]


def test_a_gain_is_never_overstated() -> None:
    for seed in range(5):
        seen = mixed(np.random.default_rng(seed), 0.3, 0.4, 0.1)
        alone = fit(seen, (0,))
        gain, _ = gains(seen, alone)
        for other in (1, 2):
            assert fit(seen, (0, other)).value - alone.value >= gain[other] - 3


def test_two_small_sources_are_told_apart_though_a_rate_for_each_stratum_would_explain_them() -> None:
    code = np.arange(6) * 4
    everybody = np.full(60, 200.0)
    seen = patterns(code, [np.arange(3), np.arange(3, 6), np.array([0])], everybody, np.array([100.0, 100.0, 500.0]), 6.0)
    found = told_apart(seen, 0, np.full(3, 6.0), np.zeros((3, 3), bool))
    assert sorted(found.sources) == [0, 1]
    assert found.explained > 5
