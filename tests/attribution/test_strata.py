"""Strata, candidates and tallies, against loops over the world's own holdings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import nilometer as nm
from nilometer.attribution.candidates import MOMENTS, candidates, chosen, tallies
from nilometer.attribution.found import Found
from nilometer.attribution.strata import AGES, NOBODY, POPULAR, Strata, strata
from nilometer.disclosures import pseudonym
from nilometer.ledger.holding import Holdings, held
from nilometer.ledger.ledger import Ledger
from nilometer.simulation import dumps
from nilometer.simulation.dumps import World
from tests.attribution.worlds import asked, found_in, kept, lonely
from tests.cli.running import lines


@pytest.fixture(scope="module")
def of() -> World:
    return dumps.world(4, people=3_000, firms=15)


@pytest.fixture(scope="module")
def ledger(of: World) -> Iterator[Ledger]:
    with kept(of.table) as made:
        yield made


@pytest.fixture(scope="module")
def looked(of: World, ledger: Ledger) -> tuple[Found, Holdings, Strata]:
    node = lonely(of, "app", least=100)
    found = found_in(of, dumps.leaked(np.random.default_rng(1), of, [node], rate=0.6, foreign=0.3, altered=0.0, strangers=0.1))
    holdings = asked(ledger, found)
    return found, holdings, strata(holdings)


def test_a_stratum_is_how_many_hold_a_person_and_since_when(of: World, looked: tuple[Found, Holdings, Strata]) -> None:
    found, holdings, layers = looked
    holders: dict[int, list[int]] = {}
    for (level, _), (people, first) in of.held.items():
        if level == "org":
            for person, at in zip(of.people[people].tolist(), first.tolist(), strict=True):
                holders.setdefault(person, []).append(at)
    edges = np.quantile([min(at) for at in holders.values()], np.arange(1, AGES) / AGES)

    def stratum(person: int) -> int:
        at = holders.get(person)
        if at is None:
            return NOBODY
        return (max(n for n, begin in enumerate(POPULAR) if len(at) >= begin)) * AGES + int(np.searchsorted(edges, min(at), "right"))

    assert layers.of_dump.tolist() == [stratum(person) for person in found.people.tolist()]
    assert layers.of_sample.tolist() == [stratum(person) for person in holdings.sample.tolist()]
    assert layers.listed.tolist() == [person in set(found.people.tolist()) for person in holdings.sample.tolist()]
    assert layers.everybody.sum() == len(holders)
    assert layers.dump.sum() == sum(person in holders for person in found.people.tolist())


def test_expected_overlaps_follow_popularity(looked: tuple[Found, Holdings, Strata]) -> None:
    found, holdings, layers = looked
    counted = tallies(holdings, found, layers)
    rate = layers.dump / np.maximum(layers.everybody, 1)
    for node in range(len(holdings.nodes)):
        people = holdings.sampled.who[holdings.sampled.of(node)]
        assert counted.expected[node] == pytest.approx(rate[layers.of_sample[people]].sum())
        assert counted.held[node] == np.isin(holdings.sample[people], found.people).sum()
    assert not counted.untimely.any()
    assert not counted.partial.any()


def test_windows_hold_who_was_shown_in_them(looked: tuple[Found, Holdings, Strata]) -> None:
    found, holdings, layers = looked
    counted = tallies(holdings, found, layers)
    nodes = chosen(holdings, counted, most=3)
    for one in candidates(holdings, counted, layers, nodes, {9: nodes[:2]}):
        who = np.unique(np.concatenate([holdings.sampled.who[holdings.sampled.of(node)] for node in one.nodes]))
        assert one.reach == len(who)
        assert one.windows[0].tolist() == [0, MOMENTS]
        assert len(one.windows) == MOMENTS * (MOMENTS + 1) // 2
        for place in range(len(one.windows)):
            assert one.both[place].sum() == one.within(place).sum()
        if one.level == "campaign":
            continue
        cut = holdings.sampled.of(one.nodes[0])
        for place, (begin, end) in enumerate(one.windows.tolist()):
            inside = (holdings.sampled.last[cut] >= one.edges[begin]) & (holdings.sampled.first[cut] <= one.edges[end])
            assert one.both[place].sum() + one.beside[place].sum() == inside.sum()


def test_everything_wider_is_chosen_too(looked: tuple[Found, Holdings, Strata]) -> None:
    found, holdings, layers = looked
    nodes = chosen(holdings, tallies(holdings, found, layers), most=2)
    for node in nodes:
        parent = int(holdings.nodes.parent[node])
        assert parent < 0 or parent in nodes


def test_whose_company_another_log_names_is_in_a_stratum_all_the_same(tmp_path: Path) -> None:
    """One log tells an app's company, another only the app: nobody whom the app was shown is lost."""
    rows = [{"time": "2026-01-01T00:00:00Z", "subject": f"a{n}", "org": "firm", "app": "shop"} for n in range(30)]
    rows += [{"time": "2026-01-02T00:00:00Z", "subject": f"b{n}", "app": "shop"} for n in range(30)]
    (tmp_path / "rows.ndjson").write_bytes(lines(rows))
    with nm.open(tmp_path / "home") as home:
        home.ingest(tmp_path / "rows.ndjson")
        people = np.sort(np.array([pseudonym.one(home.home.key, "subject", row["subject"]) for row in rows]))
        layers = strata(held(home.home.ledger, people))
    assert (layers.of_dump >= 0).all()
    assert (layers.of_sample >= 0).all()
    assert layers.everybody.sum() == 60
