"""A walk meets everybody once, at its plan's pace, and comes back only to whom it took."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nilometer.simulation.days import OFFICE
from nilometer.simulation.habits.walks import Walk, on_day, plan
from tests.simulation.habits.stage import Stage

STAGE = Stage()
REACHED = np.array([0, 40, 40, 100, 300])


def walk(**other: object) -> Walk:
    given = {"name": "w", "platform": STAGE.platform, "crew": STAGE.company.everyone, "surface": STAGE.surface, "first_day": 10}
    return Walk(**{**given, "reached": REACHED, **other})  # type: ignore[arg-type]


def taken(one: Walk, number: int) -> list[int]:
    return STAGE.platform.people.index(STAGE.play(one, number).subject).tolist()


def test_it_takes_as_many_as_planned_and_nobody_twice() -> None:
    days = [taken(walk(), number) for number in range(40)]
    assert [len(day) for day in days[9:15]] == [0, 40, 0, 60, 200, 0]
    assert sum(map(len, days)) == len({person for day in days for person in day}) == 300


def test_two_walks_of_one_route_meet_the_same_people_offset_apart() -> None:
    ahead = walk(name="ahead", route="the route", offset=40)
    behind = walk(name="behind", route="the route", reached=np.array([0, 40, 80]))
    assert sorted(taken(ahead, 10)) == sorted(taken(behind, 11))
    assert not set(taken(behind, 10)) & set(taken(behind, 11))
    assert len(set(taken(walk(name="other"), 10)) & set(taken(behind, 10))) < 3


def test_who_is_read_again_was_taken_on_an_earlier_day() -> None:
    comes_back = walk(revisits=1.0)
    before = set(taken(comes_back, 10) + taken(comes_back, 12))
    day = taken(comes_back, 13)
    fresh = set(day) - before
    assert len(fresh) == 200
    assert 150 < len(day) - len(fresh) < 250
    assert len(taken(comes_back, 10)) == 40, "on the first day there is nobody to come back to"


def test_it_keeps_the_hours_it_is_given() -> None:
    rows = STAGE.play(walk(reached=np.array([0, 20_000]), misses=0.1), 10)
    hour = (rows.time - STAGE.days[10].start) // 3_600_000_000
    assert np.allclose(np.bincount(hour, minlength=24) / 20_000, np.array(OFFICE) / sum(OFFICE), atol=0.01)
    assert 0.09 < np.mean(rows.status == 404) < 0.11


@given(st.lists(st.integers(0, 50), min_size=1, max_size=20))
def test_the_days_of_a_plan_follow_each_other_without_gap_or_overlap(steps: list[int]) -> None:
    reached = np.concatenate([[0], np.cumsum(steps)])
    days = [on_day(reached, k).tolist() for k in range(-2, len(steps) + 3)]
    assert [ordinal for day in days for ordinal in day] == list(range(sum(steps)))
    assert [len(day) for day in days[2:-3]] == steps


def test_a_plan_follows_its_means() -> None:
    reached = plan(np.repeat([0.0, 100.0], 500), 3, "p")
    steps = np.diff(reached)
    assert steps[:500].sum() == 0
    assert 97 < steps[500:].mean() < 103
    assert 11 < steps[500:].std() < 18, "a tenth by plan and the rest by chance"
    assert np.array_equal(reached, plan(np.repeat([0.0, 100.0], 500), 3, "p"))
