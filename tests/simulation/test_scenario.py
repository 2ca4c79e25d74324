"""Playing a scenario: sessions and requests stay apart, leaks are counted apart, memory-friendly order."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from nilometer.simulation.days import Calendar, Day
from nilometer.simulation.directory import Directory
from nilometer.simulation.platform import Platform
from nilometer.simulation.rows import Rows
from nilometer.simulation.scenario import Cast, Plot, Scenario
from nilometer.simulation.scenarios.marketing_consultancy import SCENARIO


@dataclass
class Kept:
    """A sink that keeps what it is given."""

    days: list[Rows]

    def write(self, rows: Rows, directory: Directory) -> None:
        self.days.append(rows)


@dataclass(frozen=True)
class Fixed:
    """Shows persons 0..n-1 once every day, the last in vain."""

    name: str
    people: int
    surface: int
    platform: Platform

    def day(self, day: Day, rng: np.random.Generator) -> Rows:
        index = np.arange(self.people)
        status = np.where(index == self.people - 1, 404, 200)
        return self.platform.partner_rows(
            day, seconds=index.astype(np.float64), person=index, credential=np.zeros(self.people, int), surface=self.surface, status=status
        )


def cast(platform: Platform) -> Cast:
    platform.directory.company(accounts=(1,), agent="a/1")
    honest, leaking = platform.directory.surface("h", ("email",)), platform.directory.surface("l", ("phone",))
    idle = Fixed("idle", 0, honest, platform)
    leak = Plot(habits=(Fixed("leak", 5, leaking, platform),), actors=(("app", "app-000-0"),))
    return Cast(honest=(Fixed("honest", 9, honest, platform), idle), plots=(leak,))


SMALL = Scenario(id="small", title="t", modelled_on="m", kind="leak", cast=cast, calendar=Calendar(days=3))


def test_the_leak_is_counted_by_its_own_rows() -> None:
    sink = Kept([])
    told: list[tuple[int, int]] = []
    truth = SMALL.generate(sink, seed=0, scale=1.0, progress=lambda done, whole: told.append((done, whole)))
    (leak,) = truth.leaks
    assert (leak.people, leak.items, leak.misses) == (4, 12, 3)
    assert (leak.fields, leak.surfaces) == (("phone",), ("l",))
    assert (truth.people, truth.disclosures) == (8, 42)
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert [len(day) for day in sink.days] == [14] * 3


def test_sessions_and_requests_are_unique_over_the_whole_table() -> None:
    sink = Kept([])
    SMALL.generate(sink, seed=0, scale=1.0)
    rows = Rows.joined(sink.days)
    assert len(np.unique(rows.request)) == 42
    assert len(np.unique(rows.session)) == 6, "one an hour for each habit and day"


def test_a_leak_that_never_happened_says_so() -> None:
    truth = replace(SCENARIO, calendar=Calendar(days=5)).generate(Kept([]), seed=0, scale=0.01)
    (leak,) = truth.leaks
    assert (leak.people, leak.items, leak.started) == (0, 0, None)
    assert leak.to_json()["started"] is None


@pytest.mark.parametrize("without", [0, 1])
def test_taking_one_habit_away_changes_no_other(without: int) -> None:
    """Each habit draws its own randomness, so an experiment may switch actors off one by one."""

    def fewer(platform: Platform) -> Cast:
        whole = SCENARIO.cast(platform)
        return replace(whole, honest=tuple(habit for k, habit in enumerate(whole.honest) if k != without))

    short = replace(SCENARIO, calendar=Calendar(days=4))
    all_days, fewer_days = Kept([]), Kept([])
    short.generate(all_days, seed=0, scale=0.05)
    replace(short, cast=fewer).generate(fewer_days, seed=0, scale=0.05)
    whole, part = Rows.joined(all_days.days), Rows.joined(fewer_days.days)
    missing = {(int(t), int(s)) for t, s in zip(part.time, part.subject, strict=True)} - {
        (int(t), int(s)) for t, s in zip(whole.time, whole.subject, strict=True)
    }
    assert missing == set()
    assert len(part) < len(whole)
