"""Prior odds, what coincides, who is above whom, and how clumpy a dump is."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from nilometer.attribution.candidates import candidates, chosen, tallies
from nilometer.attribution.strata import strata
from nilometer.attribution.weighing import Weighed, weigh
from nilometer.ledger.holding import Holdings
from nilometer.ledger.ledger import Ledger
from nilometer.simulation import dumps
from nilometer.simulation.dumps import Dump, World
from tests.attribution.worlds import asked, found_in, kept, lonely


@pytest.fixture(scope="module")
def of() -> World:
    return dumps.world(6, people=4_000, firms=30)


@pytest.fixture(scope="module")
def ledger(of: World) -> Iterator[Ledger]:
    with kept(of.table) as made:
        yield made


def weighed(of: World, ledger: Ledger, dump: Dump, most: int = 400) -> tuple[Holdings, Weighed]:
    found = found_in(of, dump)
    holdings = asked(ledger, found)
    layers = strata(holdings)
    counted = tallies(holdings, found, layers)
    every = candidates(holdings, counted, layers, chosen(holdings, counted, most=most), {})
    return holdings, weigh(holdings, counted, layers, every, found.rows, 0.5, {})


def test_priors_of_all_actors_are_one_and_parents_lend_to_the_narrowest(of: World, ledger: Ledger) -> None:
    dump = dumps.leaked(np.random.default_rng(1), of, [lonely(of, "org", least=100)], rate=1.0, foreign=0.5, altered=0.0, strangers=0.0)
    holdings, told = weighed(of, ledger, dump)
    heirs = np.isfinite(told.odds)
    assert np.exp(told.prior[heirs]).sum() <= 0.5 + 1e-9
    children = np.bincount(holdings.nodes.parent[holdings.nodes.parent >= 0], minlength=len(holdings.nodes))
    for place, one in enumerate(told.candidates):
        above = [n for n in np.flatnonzero(told.above[:, place]).tolist() if n != place]
        nodes, node = [], one.nodes[0]
        while holdings.nodes.parent[node] >= 0:
            node = int(holdings.nodes.parent[node])
            nodes.append(node)
        assert {told.candidates[n].nodes[0] for n in above} == set(nodes)
        if children[one.nodes[0]] == 1:  # its one part stands for it
            assert not np.isfinite(told.odds[place])


def test_random_people_are_not_clumpy_and_a_towns_people_are(of: World, ledger: Ledger) -> None:
    rng = np.random.default_rng(2)
    _, plain = weighed(of, ledger, dumps.nowhere(rng, of, "uniform", 1_500, strangers=0.0))
    _, town = weighed(of, ledger, dumps.nowhere(rng, of, "regional", 1_500, strangers=0.0))
    assert 1 <= plain.clumps < 3
    assert town.clumps > 2


def test_a_canary_speaks_for_its_actor_and_its_kin(of: World, ledger: Ledger) -> None:
    node = lonely(of, "app", least=100)
    found = found_in(of, dumps.leaked(np.random.default_rng(3), of, [node], rate=0.3, foreign=0.3, altered=0.0))
    holdings = asked(ledger, found)
    layers = strata(holdings)
    counted = tallies(holdings, found, layers)
    every = candidates(holdings, counted, layers, chosen(holdings, counted), {})
    place = holdings.nodes.find(*node)
    assert place is not None
    plain, caught = (weigh(holdings, counted, layers, every, found.rows, 0.5, canaries) for canaries in ({}, {place: 80.0}))
    same = holdings.nodes.root[[one.nodes[0] for one in every]] == holdings.nodes.root[place]
    finite = np.isfinite(plain.odds)
    assert (caught.odds[finite & ~same] == plain.odds[finite & ~same]).all()
    own = next(n for n, one in enumerate(every) if (one.level, one.actor) == node)
    gained = caught.odds[finite] - plain.odds[finite]
    assert gained.max() == pytest.approx(80.0)
    assert not finite[own] or caught.odds[own] - plain.odds[own] == pytest.approx(80.0)
