"""What every habit promises: any day alone, inside the day, the same again."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nilometer.simulation.days import DAY, Calendar
from nilometer.simulation.platform import Habit, Platform
from nilometer.simulation.rows import NONE, Rows
from nilometer.simulation.scenario import Cast
from nilometer.simulation.scenarios.marketing_consultancy import SCENARIO


def staged(seed: int) -> tuple[Platform, tuple[Habit, ...]]:
    platform = Platform.of(seed=seed, scale=0.2, calendar=Calendar())
    cast: Cast = SCENARIO.cast(platform)
    return platform, (*cast.honest, *(habit for plot in cast.plots for habit in plot.habits))


STAGE, HABITS = staged(5)
DAYS = list(STAGE.calendar.each(5))


def same(one: Rows, other: Rows) -> bool:
    return all(np.array_equal(getattr(one, f.name), getattr(other, f.name)) for f in fields(Rows))


@pytest.mark.parametrize("place", range(len(HABITS)), ids=[habit.name for habit in HABITS])
@given(number=st.integers(0, 307))
def test_a_day_is_whole_by_itself(place: int, number: int) -> None:
    habit, day = HABITS[place], DAYS[number]
    rows = habit.day(day, STAGE.rng(habit.name, number))
    assert same(rows, habit.day(day, STAGE.rng(habit.name, number))), "the same day again, whatever was made in between"
    assert ((rows.time >= day.start) & (rows.time < day.start + DAY)).all()
    index = STAGE.people.index(rows.subject)
    assert ((index >= 0) & (index < STAGE.people.total)).all()
    assert np.array_equal(STAGE.people.ids(index), rows.subject), "nobody is shown who does not exist"
    assert ((rows.credential >= 0) & (rows.credential < len(STAGE.directory.credentials))).all()
    assert ((rows.surface >= 0) & (rows.surface < len(STAGE.directory.surfaces))).all()
    assert ((rows.reference >= 0) | (rows.reference == NONE)).all()
    assert {int(s) for s in np.unique(rows.status)} <= {200, 304, 404}


def test_names_are_unique() -> None:
    assert len({habit.name for habit in HABITS}) == len(HABITS)


def test_a_request_is_one_actor_at_one_surface() -> None:
    for habit in HABITS:
        rows = habit.day(DAYS[50], STAGE.rng(habit.name, 50))
        whole = np.stack([rows.request, rows.credential, rows.surface, rows.session, rows.ip])
        assert len(np.unique(whole, axis=1).T) == len(np.unique(rows.request)), habit.name


def test_another_seed_gives_other_rows() -> None:
    platform, habits = staged(6)
    for habit, other in zip(HABITS, habits, strict=True):
        rows, others = habit.day(DAYS[60], STAGE.rng(habit.name, 60)), other.day(DAYS[60], platform.rng(other.name, 60))
        assert len(rows) == 0 or not same(rows, others), habit.name
