"""Habits around habits change what they say they change, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nilometer.simulation.days import Day
from nilometer.simulation.habits.wrapped import Between, Failing, Paced, Unreferenced
from nilometer.simulation.rows import NONE, Rows
from tests.simulation.habits.stage import Stage

STAGE = Stage()


@dataclass(frozen=True)
class Busy:
    """A hundred rows on an ordinary day, each with a reference."""

    name: str = "busy"

    def day(self, day: Day, rng: np.random.Generator) -> Rows:
        count = int(rng.poisson(100 * day.trade))
        times = day.at(rng.random(count) * 80_000)
        people = STAGE.platform.people.ids(np.arange(count))
        return Rows.of(time=times, subject=people, credential=0, session=0, ip=0, agent=0, surface=0, reference=np.arange(count))


def same(one: Rows, other: Rows) -> bool:
    return all(np.array_equal(getattr(one, f.name), getattr(other, f.name)) for f in fields(Rows))


@given(number=st.integers(0, 39), since=st.integers(0, 39), until=st.none() | st.integers(0, 39))
def test_between_is_the_habit_or_nothing(number: int, since: int, until: int | None) -> None:
    wrapped, inside = Between(habit=Busy(), since=since, until=until), since <= number and (until is None or number < until)
    rows = wrapped.day(STAGE.days[number], STAGE.platform.rng("busy", number))
    assert same(rows, STAGE.play(Busy(), number)) if inside else len(rows) == 0


@given(number=st.integers(0, 39), fails=st.frozensets(st.integers(0, 39)))
def test_failing_is_nothing_on_those_days_only(number: int, fails: frozenset[int]) -> None:
    rows = Failing(habit=Busy(), fails=fails).day(STAGE.days[number], STAGE.platform.rng("busy", number))
    assert len(rows) == 0 if number in fails else same(rows, STAGE.play(Busy(), number))


@pytest.mark.parametrize("factor", [0.0, 0.5, 1.0, 3.0])
def test_paced_is_as_much_busier(factor: float) -> None:
    paced = Paced(habit=Busy(), factors=np.full(40, factor))
    usual = sum(len(STAGE.play(Busy(), n)) for n in range(40))
    assert sum(len(STAGE.play(paced, n)) for n in range(40)) == pytest.approx(factor * usual, rel=0.05)


def test_unreferenced_only_forgets_the_reference() -> None:
    named, nameless = STAGE.play(Busy(), 3), STAGE.play(Unreferenced(habit=Busy()), 3)
    assert set(nameless.reference.tolist()) == {NONE}
    assert np.array_equal(named.subject, nameless.subject)
