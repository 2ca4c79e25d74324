"""What was declared: allowances, ceilings that are spent, people served by contract; each against a slow recount."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nilometer.detection.coding import NONE
from nilometer.detection.context import Busy, Context, Need, Planned, absorbed, declared_rows, fingerprint
from nilometer.detection.count import rows_of
from nilometer.detection.rows import DAY, DAY_ROWS, Rows, by_day
from nilometer.detection.watch import State, Watch
from nilometer.disclosures.actor import HIERARCHY

START = 18_204
LEVELS = (*HIERARCHY, "ip")
Row = Mapping[str, int | None]
Actor = tuple[str, int]

KEY = st.none() | st.integers(1, 3)
ROWS = st.lists(
    st.fixed_dictionaries({level: KEY for level in LEVELS} | {"subject": st.integers(1, 6), "shown": st.booleans(), "reference": KEY}),
    min_size=1,
    max_size=40,
)
ACTOR = st.tuples(st.sampled_from(LEVELS), st.integers(1, 4))
ALLOWANCES = st.dictionaries(ACTOR, st.integers(0, 5), max_size=6)


def day(rows: Sequence[Row], number: int = START) -> Rows:
    """One day of rows, a second apart, in the order given."""
    columns = {name: [row.get(name) for row in rows] for name in DAY_ROWS.names}
    columns |= {"t": [number * DAY + 1_000_000 * n for n in range(len(rows))], "shown": [row.get("shown", True) for row in rows]}
    [found] = by_day(
        pa.table(
            {name: pa.array(columns[name] if name != "step" else [0] * len(rows), DAY_ROWS.field(name).type) for name in DAY_ROWS.names}
        )
    )
    return found


def shows(actor: int, people: range, level: str = "app") -> list[Row]:
    """One actor is shown people one after the other."""
    return [{level: actor, "subject": 1000 + person} for person in people]


def room(rows: Rows, level: str, allowances: Mapping[Actor, int]) -> dict[int, int]:
    """How many of its new people `absorbed` takes off each actor of a level, each person counted once for an actor."""
    row, code, marks, actors = marked(rows, level)
    spared = absorbed(rows, level, row, code, marks, allowances)
    return dict(zip(actors.tolist(), np.bincount(code[spared], minlength=len(actors)).tolist(), strict=True))


def marked(rows: Rows, level: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The rows of a level, their actors' codes, which are the first of a person to its actor, and the actors."""
    row = np.flatnonzero(rows_of(level, rows))
    actors, code = np.unique(rows.keys[level][row], return_inverse=True)
    marks = np.zeros(len(row), np.bool_)
    marks[np.unique(np.stack([code, rows.subject[row]]), axis=1, return_index=True)[1]] = True
    return row, code, marks, actors


# Allowances


def test_needs_allow_on_their_days_and_of_several_the_largest() -> None:
    one = Need(level="app", actor=1, people_a_day=100, since=START, until=START + 2)
    context = Context(needs=[one, replace(one, people_a_day=70), replace(one, people_a_day=300, since=START + 1), replace(one, actor=2)])
    found = [context.allowances(day(shows(1, range(3)), START + n), {}) for n in (-1, 0, 1, 2)]
    assert found == [{}, {("app", 1): 100, ("app", 2): 100}, {("app", 1): 300, ("app", 2): 100}, {}]


def test_a_planned_day_is_one_that_the_time_touches() -> None:
    noon = Planned(level="app", actor=1, since=START * DAY + DAY // 2, until=(START + 1) * DAY, people=10)
    context = Context(needs=[Need(level="app", actor=1, people_a_day=5)], planned=[noon, noon])
    found = [context.allowances(day(shows(1, range(3)), START + n), {1: 7})[("app", 1)] for n in (-1, 0, 1)]
    assert found == [5, 5 + 10 + 3, 5]


def test_more_than_the_ceiling_leaves_nothing() -> None:
    context = Context(planned=[Planned(level="app", actor=1, since=0, until=2**60, people=10)])
    assert context.allowances(day(shows(1, range(3))), {0: 25}) == {("app", 1): 0}


@given(st.lists(st.integers(0, 40), min_size=1, max_size=8), st.integers(0, 60))
def test_a_ceiling_is_spent_over_days_and_people_shown_again_cost_nothing(new: list[int], people: int) -> None:
    plan = Planned(level="app", actor=1, since=(START + 1) * DAY, until=(START + 6) * DAY, people=people)
    watch, state, reached, used = Watch(detectors=(), context=Context(planned=[plan])), State(), 0, 0
    for number, count in enumerate(new):
        rows = day([*shows(1, range(reached + count)), *shows(2, range(9))], START + number)
        planned = 1 <= number < 6
        assert watch.context.allowances(rows, state.spent) == ({("app", 1): max(0, people - used)} if planned else {})
        state = watch.after(state, rows)
        if planned and reached + count >= 3:  # who is shown fewer people has no day
            used += count if reached >= 3 else reached + count
        reached = reached + count if reached + count >= 3 else reached
        used = min(used, people)
        assert state.spent.get(0, 0) == used


def test_each_ceiling_is_its_own() -> None:
    one = Planned(level="app", actor=1, since=START * DAY, until=(START + 1) * DAY, people=10)
    context = Context(planned=[one, replace(one, actor=2), replace(one, level="org")])
    assert context.spending(day(shows(1, range(3))), {("app", 1): 4, ("app", 3): 9}, {1: 2}) == {0: 4, 1: 2, 2: 0}


def test_nobody_is_charged_twice() -> None:
    first = Planned(level="app", actor=1, since=START * DAY, until=(START + 1) * DAY, people=10)
    context = Context(
        planned=[replace(first, until=(START + 9) * DAY, people=50), first], needs=[Need(level="app", actor=1, people_a_day=5)]
    )
    rows = day(shows(1, range(3)))
    spent = [context.spending(rows, {("app", 1): people}, {}) for people in (3, 9, 25, 500)]
    assert spent == [{0: 0, 1: 0}, {0: 0, 1: 4}, {0: 10, 1: 10}, {0: 50, 1: 10}]
    assert context.allowances(rows, spent[2]) == {("app", 1): 5 + 40}


@given(ROWS, ALLOWANCES, st.sampled_from(LEVELS))
def test_room_as_a_slow_recount_gives_it(given_rows: list[Row], allowances: dict[Actor, int], level: str) -> None:
    rows = day(given_rows)
    row, code, marks, actors = marked(rows, level)
    expected = np.zeros(len(row), np.bool_)
    depth = {one: HIERARCHY.index(one) if one in HIERARCHY else -1 for one, _ in allowances}
    for declared in sorted(allowances, key=lambda one: (-depth[one[0]], one[0], one[1])):
        if declared[0] != level and ("ip" in (declared[0], level)):
            continue
        for actor in range(len(actors)):
            left = allowances[declared]
            for at in range(len(row)):
                if left and code[at] == actor and marks[at] and not expected[at] and rows.keys[declared[0]][row[at]] == declared[1]:
                    expected[at], left = True, left - 1
    assert absorbed(rows, level, row, code, marks, allowances).tolist() == expected.tolist()


@given(ROWS, ALLOWANCES, st.sampled_from(LEVELS), st.integers(0, 40))
def test_what_comes_later_changes_nothing_that_was_taken_off_before(
    given_rows: list[Row], allowances: dict[Actor, int], level: str, cut: int
) -> None:
    rows = day(given_rows)
    row, code, marks, _ = marked(rows, level)
    whole = absorbed(rows, level, row, code, marks, allowances)
    early = absorbed(rows, level, row[:cut], code[:cut], marks[:cut], allowances)
    assert whole[:cut].tolist() == early.tolist()


def test_a_company_is_not_accused_of_what_its_app_was_allowed_and_only_of_the_rest() -> None:
    rows = day([{**row, "org": 9} for row in [*shows(1, range(50)), *shows(2, range(100, 140))]])
    assert room(rows, "org", {("app", 1): 1000}) == {9: 50}
    assert room(rows, "org", {("app", 1): 20}) == {9: 20}
    assert room(rows, "app", {("org", 9): 20}) == {1: 20, 2: 20}
    assert room(rows, "org", {("app", 1): 20, ("org", 9): 30}) == {9: 50}


@given(ROWS, ALLOWANCES)
def test_declared_rows_as_a_slow_recount_gives_them(given_rows: list[Row], allowances: dict[Actor, int]) -> None:
    expected = [any(row[level] == key for level, key in allowances) for row in given_rows]
    assert declared_rows(day(given_rows), allowances).tolist() == expected


# Relations and groups


@given(ROWS, st.dictionaries(ACTOR, st.sets(st.integers(1, 6)), max_size=6))
def test_related_rows_as_a_slow_recount_gives_them(given_rows: list[Row], served: dict[Actor, set[int]]) -> None:
    context = Context(relations={actor: np.array(sorted(people), np.int64) for actor, people in served.items()})
    expected = [any(row[level] == key and row["subject"] in people for (level, key), people in served.items()) for row in given_rows]
    assert context.related(day(given_rows)).tolist() == expected


def test_nobody_is_related_to_an_actor_that_is_not_there() -> None:
    context = Context(relations={("org", NONE): np.array([1000], np.int64), ("app", 1): np.array([1001], np.int64)})
    assert context.related(day(shows(1, range(3)))).tolist() == [False, True, False]
    assert not Context().related(day(shows(1, range(3)))).any()


def test_groups_by_number() -> None:
    context = Context(groups={("app", 5): 0, ("app", 7): 3, ("org", 6): 1})
    assert context.grouped("app", np.array([5, 6, 7], np.int64)).tolist() == [0, -1, 3]
    assert context.grouped("app", np.zeros(0, np.int64)).dtype == np.int64


def test_a_busy_day_is_the_busiest_that_touches_it() -> None:
    context = Context(busy=[Busy(since=5 * DAY, until=7 * DAY, factor=3.0), Busy(since=6 * DAY + 1, until=6 * DAY + 2, factor=4.0)])
    assert [context.pace(n) for n in (4, 5, 6, 7)] == [1.0, 3.0, 4.0, 1.0]


# The fingerprint

FULL = Context(
    needs=(Need(level="app", actor=1, people_a_day=5), Need(level="org", actor=1, people_a_day=5)),
    planned=(Planned(level="app", actor=1, since=1, until=2, people=3), Planned(level="app", actor=1, since=1, until=3, people=3)),
    busy=(Busy(since=1, until=2, factor=2.0), Busy(since=3, until=4, factor=2.0)),
    groups={("app", 1): 0, ("app", 2): 1},
    relations={("app", 1): np.array([1, 2], np.int64), ("app", 2): np.array([3], np.int64)},
)


@pytest.mark.parametrize(
    "other",
    [
        Context(),
        replace(FULL, needs=FULL.needs[:1]),
        replace(FULL, needs=(FULL.needs[0], replace(FULL.needs[1], people_a_day=6))),
        replace(FULL, needs=(FULL.needs[0], replace(FULL.needs[1], until=9))),
        replace(FULL, needs=(FULL.needs[0], replace(FULL.needs[1], since=9))),
        replace(FULL, planned=FULL.planned[::-1]),  # what is spent is kept by number
        replace(FULL, planned=(FULL.planned[0], replace(FULL.planned[1], people=4))),
        replace(FULL, busy=FULL.busy[:1]),
        replace(FULL, groups={("app", 1): 0, ("app", 2): 0}),
        replace(FULL, relations={**FULL.relations, ("app", 1): np.array([1, 3], np.int64)}),
        replace(FULL, relations={("app", 2): FULL.relations[("app", 1)], ("app", 1): FULL.relations[("app", 2)]}),
    ],
)  # fmt: skip
def test_whatever_changes_shows(other: Context) -> None:
    assert fingerprint(other) != fingerprint(FULL)


def test_order_alone_does_not_show() -> None:
    turned = replace(
        FULL,
        needs=FULL.needs[::-1],
        busy=FULL.busy[::-1],
        groups=dict(reversed(FULL.groups.items())),
        relations=dict(reversed(FULL.relations.items())),
    )
    assert fingerprint(turned) == fingerprint(FULL)


def test_it_is_the_same_in_every_process_and_version() -> None:
    assert fingerprint(FULL) == "daae4f9a55d901a8ae1e915631b089fb"
