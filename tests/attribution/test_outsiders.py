"""Trials of outsiders: what an actor's people show of the others when it is struck out."""

from __future__ import annotations

import numpy as np
import pytest

from nilometer.attribution import outsiders
from nilometer.attribution.strata import strata
from nilometer.simulation import dumps
from tests.attribution.worlds import asked, found_in, kept, lonely


def test_others_explain_little_of_an_outsiders_people_and_all_of_a_twins() -> None:
    of = dumps.world(5, people=4_000, firms=25)
    with kept(of.table) as ledger:
        node = lonely(of, "org", least=150)
        found = found_in(of, dumps.leaked(np.random.default_rng(1), of, [node], rate=0.5, foreign=0.4, altered=0.0, strangers=0.0))
        holdings = asked(ledger, found)
        layers = strata(holdings)
        place = holdings.nodes.find(*node)
        assert place is not None
        told = outsiders.chance(holdings, layers, len(found.people), [place], 0.7)
        assert len(told.shares) == min(outsiders.TRIALS, 25)
        assert (np.diff(told.shares, axis=1) >= -1e-9).all()
        assert 0.02 < np.median(told.shares[:, 0]) < 0.6
        assert told.left is not None
        assert len(told.common) >= 20
        everybody = {n: people for n, (people, _) in of.held.items() if n[0] == "org" and n != node and len(people) >= 8}
        assert np.sort(told.common) == pytest.approx(sorted(np.isin(people, of.held[node][0]).mean() for people in everybody.values()))
