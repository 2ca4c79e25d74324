"""Rates that were fitted flatter "elsewhere": of a single person exactly by what its stratum was worth beforehand, and less where a source explains."""

from __future__ import annotations

from collections.abc import Iterator
from math import lgamma, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from nilometer.attribution import rates
from nilometer.attribution.found import unbounded
from nilometer.attribution.rates import credit, flattery
from nilometer.attribution.strata import AGES, POPULAR
from nilometer.ledger.ledger import Ledger
from nilometer.simulation import dumps
from nilometer.simulation.dumps import World
from tests.attribution.worlds import kept, largest, verdict

STRATA = len(POPULAR) * AGES
EVERYBODY = np.linspace(900, 1, STRATA)
COUNTS = arrays.arrays(np.float64, STRATA, elements=st.one_of(st.just(0.0), st.floats(0, 50)))


@pytest.mark.parametrize("x", [1e-4, 0.01, 0.5, 1.0, 7.9, 8.0, 33.3, 1e6])
def test_the_gamma_function(x: float) -> None:
    assert rates._lgamma(np.array([x]))[0] == pytest.approx(lgamma(x), rel=1e-9, abs=1e-9)


@given(COUNTS)
def test_fitted_rates_never_do_worse(people: np.ndarray) -> None:  # type: ignore[type-arg]
    assert flattery(people, EVERYBODY) >= 0
    assert flattery(np.zeros(STRATA), EVERYBODY) == 0


def test_one_person_was_as_likely_as_its_stratum() -> None:
    for place in (0, 5, STRATA - 1):
        one = np.zeros(STRATA)
        one[place] = 1
        share, popular = (weight / weight.sum() for weight in (EVERYBODY, EVERYBODY * np.repeat(POPULAR, AGES)))
        assert flattery(one, EVERYBODY) == pytest.approx(-log((share[place] + popular[place]) / 2), rel=0.01)


def test_a_large_list_is_flattered_by_some_nats_a_stratum() -> None:
    anybody = np.round(EVERYBODY)
    single = np.where(np.arange(STRATA) == STRATA // 2, anybody.sum(), 0.0)
    assert 0 < flattery(anybody, EVERYBODY) < 6 * STRATA, "some nats for each rate that was fitted"
    assert flattery(single, EVERYBODY) < 10 * log(anybody.sum()), "whatever it is, a list tells what it prefers after ten people"


@given(COUNTS, st.floats(0, 1), st.floats(1e-6, 1 - 1e-6))
def test_who_explains_everything_is_owed_all_of_it_and_who_explains_nothing_none(dump: np.ndarray, share: float, phi: float) -> None:  # type: ignore[type-arg]
    both = np.stack([np.zeros(STRATA), dump * share, dump])
    none, _, everything = credit(dump, EVERYBODY, both, np.zeros((3, STRATA)), np.array([phi, phi, 1 - 1e-9]))
    assert none == pytest.approx(0.0, abs=1e-9)
    assert everything == pytest.approx(float(flattery(dump, EVERYBODY)), rel=1e-3, abs=1e-3)


@pytest.fixture(scope="module")
def of() -> World:
    return dumps.world(3, people=12_000, firms=40)


@pytest.fixture(scope="module")
def ledger(of: World) -> Iterator[Ledger]:
    with kept(of.table) as made:
        yield made


def test_four_people_of_one_small_account_are_believed_and_four_popular_ones_are_not(of: World, ledger: Ledger) -> None:
    rng = np.random.default_rng(7)
    right, accused = [], []
    for node in largest(of, "account", 40, 120)[:12]:
        mine = rng.choice(of.held[node][0], 4, replace=False)
        told = verdict(ledger, unbounded(4, of.people[np.sort(mine)]))
        line = {node, of.parent[node], of.parent[of.parent[node]]}
        right.append(max((one.probability for one in told.suspects if (one.level, one.actor) in line), default=0.0))
        anybody = rng.choice(len(of.people), 4, replace=False, p=of.popularity / of.popularity.sum())
        accused.append(1 - verdict(ledger, unbounded(4, of.people[np.sort(anybody)])).elsewhere)
    assert np.mean(right) > 0.8
    assert np.mean(accused) < 0.2
