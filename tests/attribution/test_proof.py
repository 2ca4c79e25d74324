"""A canary makes its actor a source, whatever the overlaps say, and takes no doubt away from anybody else."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nilometer.attribution.found import unbounded
from nilometer.attribution.match import judge
from nilometer.attribution.proof import PROVES, Proof, unheard, weight
from nilometer.attribution.verdict import Suspect, Verdict
from nilometer.ledger.ledger import Ledger
from nilometer.simulation import dumps
from nilometer.simulation.dumps import Node, World
from tests.attribution.worlds import asked, kept, verdict


@pytest.fixture(scope="module")
def town() -> Iterator[tuple[Ledger, World, list[Node]]]:
    """A ledger, and its companies, the smallest first."""
    of = dumps.world(9_500, people=5_000, firms=30)
    companies = sorted((node for node in of.held if node[0] == "org"), key=lambda node: len(of.held[node][0]))
    with kept(of.table) as ledger:
        yield ledger, of, companies


def suspect(told: Verdict, node: Node) -> Suspect:
    return next(s for s in told.suspects if (s.level, s.actor) == node)


def of(world: World, node: Node) -> np.ndarray:
    return np.unique(world.people[world.held[node][0]])


@given(other=st.integers(0, 28), count=st.integers(1, 4))
@settings(max_examples=4, deadline=None)
def test_a_canary_of_another_names_that_one_and_leaves_the_doubt_about_the_first(
    town: tuple[Ledger, World, list[Node]], other: int, count: int
) -> None:
    ledger, world, companies = town
    first = companies[15]
    caught = [node for node in companies if node != first][other]
    people = of(world, first)
    plain = suspect(verdict(ledger, unbounded(len(people), people), most=60), first)
    told = verdict(ledger, unbounded(len(people), people), canaries={caught: count}, most=60)
    assert told.named is not None
    assert caught in (told.named, world.parent.get(told.named), world.parent.get(world.parent.get(told.named, caught)))
    assert suspect(told, caught).probability > 0.9999
    assert suspect(told, caught).canaries == count
    assert suspect(told, first).probability == pytest.approx(plain.probability, abs=0.005)
    assert suspect(told, first).probability < 0.995
    assert told.elsewhere < 1e-6
    assert told.several


def test_a_canary_of_the_one_that_explains_the_dump_leaves_no_doubt(town: tuple[Ledger, World, list[Node]]) -> None:
    ledger, world, companies = town
    people = of(world, companies[15])
    plain, caught = (verdict(ledger, unbounded(len(people), people), canaries=c) for c in ({}, {companies[15]: 1}))
    assert plain.suspects[0].probability < 0.995 < 0.9999 < caught.suspects[0].probability
    assert not caught.several


def test_a_canary_goes_before_an_overlap_at_a_narrower_level(town: tuple[Ledger, World, list[Node]]) -> None:
    ledger, world, companies = town
    narrow = next(
        node
        for node in sorted(world.held, key=lambda node: -len(world.held[node][0]))
        if node[0] == "account" and 60 <= len(world.held[node][0]) < len(world.held[world.parent[world.parent[node]]][0]) / 3
    )
    company = next(node for node in reversed(companies) if node != world.parent[world.parent[narrow]] and len(_apps(world, node)) > 1)
    people = of(world, narrow)
    assert verdict(ledger, unbounded(len(people), people)).named == narrow
    told = verdict(ledger, unbounded(len(people), people), canaries={company: 1}, most=60)
    assert told.named == company
    assert suspect(told, narrow).probability > 0.9


def _apps(world: World, company: Node) -> list[Node]:
    return [node for node, wider in world.parent.items() if wider == company]


def test_canaries_of_two_make_both_sources(town: tuple[Ledger, World, list[Node]]) -> None:
    ledger, world, companies = town
    people = of(world, companies[15])
    told = verdict(ledger, unbounded(len(people), people), canaries={companies[3]: 1, companies[20]: 2}, most=60)
    for node in (companies[3], companies[20]):
        assert suspect(told, node).probability > 0.9999


def test_a_canary_of_an_actor_that_holds_nobody_is_told_and_accuses_nobody_else(town: tuple[Ledger, World, list[Node]]) -> None:
    ledger, world, companies = town
    people = of(world, companies[15])
    plain, told = (verdict(ledger, unbounded(len(people), people), canaries=c) for c in ({}, {("org", 5): 2}))
    assert "2 canaries of {org:5}" in told.why[0]
    assert told.suspects == plain.suspects
    nobody = verdict(ledger, unbounded(10, np.zeros(0, np.int64), unmatched=10), canaries={("org", 5): 1})
    assert nobody.named is None
    assert "1 canary of {org:5}" in nobody.why[0]
    assert unheard({("org", 5): Proof(found=2, nats=80.0)}, {("org", 5): 1}) == ()


def test_a_dump_of_everybody_is_explained_as_chance_and_not_as_too_late(town: tuple[Ledger, World, list[Node]]) -> None:
    ledger, world, _ = town
    told = verdict(ledger, unbounded(len(world.people), world.people))
    assert told.named is None
    assert "than chance explains" in told.why[0]
    assert "in time" not in told.why[0]


def test_no_suspects_asked_for_still_gives_the_first(town: tuple[Ledger, World, list[Node]]) -> None:
    ledger, world, companies = town
    people = of(world, companies[15])
    assert len(verdict(ledger, unbounded(len(people), people), most=0).suspects) == 1


def test_what_chance_explains_weighs_nothing() -> None:
    assert weight([0.99] * 10, []) == 0
    assert weight([0.5] * 5, [0.5] * 5) < 1
    assert weight([], [1e-9] * 20) == 0
    assert weight([1e-9], []) > PROVES
    assert weight([1e-9] * 2, [1e-9] * 18) > weight([1e-9], [1e-9] * 19) > PROVES
    assert weight([1e-9], []) > weight([1e-9], [1e-9] * 19)
    assert weight([1e-5], [1e-5] * 19) < PROVES


def test_canaries_that_chance_explains_accuse_nobody(town: tuple[Ledger, World, list[Node]]) -> None:
    ledger, world, companies = town
    people = of(world, companies[15])
    found = unbounded(len(people), people)
    plain = judge(asked(ledger, found), found, most=60)
    told = judge(asked(ledger, found), found, canaries={companies[3]: Proof(found=10, nats=0.5)}, most=60)
    assert told.named == plain.named
    assert suspect(told, companies[15]).probability == pytest.approx(suspect(plain, companies[15]).probability, abs=0.01)
    nobody = unbounded(10, np.zeros(0, np.int64), unmatched=10)
    alone = judge(asked(ledger, nobody), nobody, canaries={companies[3]: Proof(found=10, nats=0.5)})
    assert (alone.named, alone.suspects) == (None, ())
