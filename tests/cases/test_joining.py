"""What joins two findings: an actor, somebody above, a common parent, more people in common than chance gives."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nilometer.cases.joining import BEYOND, LEAST, SHARED, Actor, Overlap, Tied, joins


def tied(ident: str, actors: Iterable[Actor], parents: Iterable[Actor] = ()) -> Tied:
    return Tied(id=ident, actors=frozenset(actors), parents=frozenset(parents))


def overlap(both: int, of_one: int, of_other: int, everybody: int) -> Overlap:
    return Overlap(one="F-1", other="F-2", both=both, of_one=of_one, of_other=of_other, everybody=everybody)


@pytest.mark.parametrize(
    ("one", "other", "because"),
    [
        (tied("F-1", [("app", "a")]), tied("F-2", [("app", "a"), ("app", "b")]), "both accuse app a"),
        (tied("F-1", [("campaign", "C-1")]), tied("F-2", [("campaign", "C-1")]), "both accuse campaign C-1"),
        (tied("F-1", [("org", "o")]), tied("F-2", [("app", "a")], [("org", "o")]), "org o, which one accuses, is above"),
        (tied("F-1", [("app", "b")], [("org", "o")]), tied("F-2", [("app", "a")], [("org", "o")]), "all are within org o"),
    ],
)
def test_a_shared_actor_or_parent_joins(one: Tied, other: Tied, because: str) -> None:
    for pair in ([one, other], [other, one]):
        [join] = joins(pair)
        assert because in join.because


def test_strangers_do_not_join_nor_those_whom_only_the_front_door_has_in_common() -> None:
    assert list(joins([tied("F-1", [("app", "a")], [("org", "o")]), tied("F-2", [("app", "b")], [("org", "p")])])) == []
    swarm = [("account", f"x{n}") for n in range(60)]
    assert list(joins([tied("F-1", swarm, [("app", "web")]), tied("F-2", [("account", "y")], [("app", "web")])])) == []


@pytest.mark.parametrize(
    ("measured", "tells"),
    [
        (overlap(500, 1_000, 1_000, 10**6), True),
        (overlap(500, 1_000, 1_000, 2_000), False),  # chance gives as many
        (overlap(50, 1_000, 1_000, 10**6), False),  # a small part of either
        (overlap(10, 10, 10, 10**6), False),  # too few
        (overlap(0, 0, 0, 0), False),
    ],
)
def test_people_in_common_join_when_chance_does_not_explain_them(measured: Overlap, tells: bool) -> None:
    pair = [tied("F-1", [("app", "a")]), tied("F-2", [("app", "b")])]
    assert measured.tells() == tells
    assert len(list(joins(pair, [measured]))) == int(tells)


@given(st.integers(0, 10**5), st.integers(0, 10**5), st.integers(0, 10**5), st.integers(0, 10**6))
def test_an_overlap_that_tells_is_large_by_every_measure(both: int, one: int, other: int, rest: int) -> None:
    both = min(both, one, other)
    measured = overlap(both, one, other, one + other - both + rest)
    if measured.tells():
        assert both >= LEAST
        assert both >= SHARED * min(one, other)
        assert both * measured.everybody >= BEYOND * one * other - 1e-6 * one * other
