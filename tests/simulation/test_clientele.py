"""Customer bases that grow."""

from __future__ import annotations

import numpy as np
import pytest

from nilometer.simulation.clientele import Clientele
from nilometer.simulation.people import People

PEOPLE = People(total=50_000, seed=2)


@pytest.fixture
def clientele() -> Clientele:
    arrivals = np.zeros((30, 2), dtype=np.int64)
    arrivals[12, 1] = 500
    return Clientele.grown(PEOPLE, "test", start=np.array([100.0, 0.0]), growth=np.array([10.0, 3.0]), pace=np.ones(30), arrivals=arrivals)


def test_every_newcomer_comes_on_one_day_only(clientele: Clientele) -> None:
    met = [pair for day in range(30) for pair in zip(*(part.tolist() for part in clientele.newcomers(day)), strict=True)]
    assert len(set(met)) == len(met) == int((clientele.sizes[-1] - clientele.sizes[0]).sum())


def test_bases_start_and_grow_as_asked(clientele: Clientele) -> None:
    assert clientele.sizes[0].tolist() == [100, 1], "never empty: somebody must be there to come again"
    assert 240 < clientele.sizes[-1, 0] - 100 < 360
    assert clientele.sizes[13, 1] - clientele.sizes[12, 1] >= 500, "a merchant's sign-up brings all his customers at once"


def test_who_returns_was_there_before(clientele: Clientele) -> None:
    partner = np.repeat([0, 1], 2_000)
    ordinal = clientele.returning(np.random.default_rng(0), 20, partner)
    assert (ordinal >= 0).all()
    assert (ordinal < clientele.sizes[20][partner]).all()
    assert ordinal[:2_000].mean() > 0.6 * clientele.sizes[20, 0], "recent customers come more often"


def test_a_customer_stays_the_same_person(clientele: Clientele) -> None:
    partner, ordinal = clientele.everyone(5)
    first = clientele.persons(partner, ordinal)
    later = clientele.persons(*clientele.everyone(25))
    assert set(first.tolist()) <= set(later.tolist())
    assert np.mean(clientele.persons(np.zeros(100, int), np.arange(100)) == clientele.persons(np.ones(100, int), np.arange(100))) < 0.05
