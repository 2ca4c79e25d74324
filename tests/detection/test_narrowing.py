"""The narrowest actor that explains a claim, and what lies above it; crowds are no actors."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nilometer.detection.coding import NONE
from nilometer.detection.narrowing import CROWD, EXPLAINS, MOST, Node, Place, accounts_of, is_crowd, place
from nilometer.detection.rows import DAY, Rows, by_day
from nilometer.disclosures.actor import HIERARCHY
from tests.detection.table_answers import Row, table_of


def day_of(*who: tuple[int, Row]) -> Rows:
    """A day at which each of these actors was shown so many people of its own, one after the other."""
    shown = [row for times, row in who for _ in range(times)]
    [day] = by_day(table_of([{"t": 1_000 * DAY + n, "subject": n, "surface": 5, **row} for n, row in enumerate(shown)]))
    return day


def placed(day: Rows, start: Node) -> Place:
    """The place of a claim that rests on all rows of an actor."""
    return place(day, (day.keys[start[0]] == start[1]).nonzero()[0], start)


ONE = {"org": 1, "app": 10, "account": 100, "session": 1000}


def test_a_lone_account_is_named_with_what_lies_above_it() -> None:
    found = placed(day_of((9, ONE)), ("org", 1))
    assert found.named == ("account", 100)
    assert found.above == (("app", 10), ("org", 1))
    assert found.path == (("org", 1), ("app", 10), ("account", 100))


def test_a_session_of_an_account_is_the_account_and_one_without_is_itself() -> None:
    assert placed(day_of((9, ONE)), ("account", 100)).named == ("account", 100)
    assert placed(day_of((9, {"app": 10, "session": 1000})), ("app", 10)).named == ("session", 1000)


@pytest.mark.parametrize(("share", "named"), [(0.85, ("account", 100)), (0.7, ("app", 10)), (0.3, ("app", 10))])
def test_a_child_explains_what_nearly_all_went_through(share: float, named: Node) -> None:
    mine, rest = round(1000 * share), 1000 - round(1000 * share)
    others = [(rest // 10, {"app": 10, "account": 200 + n}) for n in range(10)]
    found = placed(day_of((mine, {"app": 10, "account": 100}), *others), ("app", 10))
    assert found.named == named
    assert (("account", 100) in found.path) == (share >= MOST)


def test_the_window_through_which_the_public_comes_explains_nothing_of_a_surface() -> None:
    public = [(2, {"app": 10, "account": 100 + n}) for n in range(CROWD)]
    staff = [(2 * CROWD, {"app": 10, "account": 100})]
    assert placed(day_of(*public), ("surface", 5)).named == ("surface", 5)
    assert placed(day_of(*staff), ("surface", 5)).named == ("account", 100)


levels = st.fixed_dictionaries({level: st.sampled_from([None, 1, 2]) for level in HIERARCHY})


@given(st.lists(levels, min_size=1, max_size=30), st.sampled_from(["org", "app", "account", "surface"]))
def test_each_step_down_holds_most_and_the_named_one_nearly_all(rows: list[Row], level: str) -> None:
    day = day_of(*((1, row) for row in rows))
    start = (level, 5 if level == "surface" else 1)
    at = (day.keys[level] == start[1]).nonzero()[0]
    found = place(day, at, start)
    assert found.path[0] == start
    assert found.named in found.path
    depth = [HIERARCHY.index(name) if name in HIERARCHY else -1 for name, _ in found.path]
    assert depth == sorted(set(depth))
    inside = at
    for node in found.path:
        inside = inside[day.keys[node[0]][inside] == node[1]]
        if node == found.named and len(at):
            assert len(inside) >= EXPLAINS * len(at)
    assert len(inside) >= MOST * len(at)
    own = at[day.keys[found.named[0]][at] == found.named[1]]
    for name, key in found.above:
        assert HIERARCHY.index(name) < HIERARCHY.index(found.named[0])
        assert key != NONE
        assert key in day.keys[name][own]


def test_the_public_is_about_as_many_accounts_as_people() -> None:
    many = day_of(*((2, {"app": 10, "account": 100 + n}) for n in range(CROWD)))
    few = day_of(*((2, {"app": 10, "account": 100 + n}) for n in range(CROWD - 1)))
    desks = day_of(*((9, {"app": 10, "account": 100 + n}) for n in range(CROWD)))
    for day, expected in ((many, True), (few, False), (desks, False)):
        everything = (day.t >= 0).nonzero()[0]
        assert is_crowd(day, everything, int(day.t[-1])) == expected
        assert not is_crowd(day, everything, int(day.t[len(day) // 3])), "what comes later does not count"


def test_accounts_are_counted_and_stand_in_sessions_and_addresses_where_there_is_none() -> None:
    day = day_of(
        (3, {"app": 10, "account": 100, "session": 1, "ip": 7}),
        (2, {"app": 10, "session": 2, "ip": 7}),
        (2, {"app": 10, "ip": 7}),
        (1, {"app": 10}),
    )
    assert accounts_of(day, ("app", 10), 2**62) == 3


def test_who_comes_later_that_day_does_not_move_a_claim() -> None:
    staff = (50, {"app": 10, "account": 100})
    later = [(1, {"app": 10, "account": 200 + n}) for n in range(CROWD)]
    early, whole = day_of(staff), day_of(staff, *later)
    at = (early.t >= 0).nonzero()[0]
    assert place(whole, at, ("surface", 5)) == place(early, at, ("surface", 5))
