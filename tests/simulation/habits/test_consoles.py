"""The customer console: colleagues with their own customers, who are not at work every day."""

from __future__ import annotations

import numpy as np
import pytest

from nilometer.simulation.days import Calendar
from nilometer.simulation.habits.consoles import at_work, staffed
from nilometer.simulation.platform import Platform
from nilometer.simulation.rows import NONE, Rows

PLATFORM = Platform.of(seed=8, scale=1.0, calendar=Calendar(days=90))
STAFF = staffed(PLATFORM, leaves={4: 30})
DAYS = list(PLATFORM.calendar.each(8))
WEEKEND = np.array([day.date.weekday() >= 5 for day in DAYS])


@pytest.fixture(scope="module")
def played() -> list[Rows]:
    return [STAFF.console.day(day, PLATFORM.rng(STAFF.console.name, day.number)) for day in DAYS]


def test_on_a_working_day_each_sees_thirty_to_sixty_people(played: list[Rows]) -> None:
    people = [
        len(np.unique(rows.subject[rows.credential == place]))
        for rows, weekend in zip(played, WEEKEND, strict=True)
        for place in STAFF.console.crew
        if not weekend and (rows.credential == place).any()
    ]
    assert 30 < np.mean(people) < 60
    assert np.percentile(people, 5) > 18
    assert np.percentile(people, 95) < 75


def test_about_a_quarter_of_the_people_of_a_day_are_new_to_the_colleague(played: list[Rows]) -> None:
    known: set[tuple[int, int]] = set()
    new = met = 0
    for number, rows in enumerate(played):
        pairs = set(zip(rows.credential.tolist(), rows.subject.tolist(), strict=True))
        if number >= 40:
            new, met = new + len(pairs - known), met + len(pairs)
        known |= pairs
    assert 0.22 < new / met < 0.5, "those of before the table count as new when they first come back"


def test_who_is_absent_opens_nobody(played: list[Rows]) -> None:
    for rows, present in zip(played, STAFF.present, strict=True):
        there = {int(place) for place in np.unique(rows.credential)}
        assert there <= {int(place) for place in STAFF.console.crew[present]}
    assert not any((rows.credential == STAFF.console.crew[4]).any() for rows in played[30:]), "who has left, has left"
    assert any((rows.credential == STAFF.console.crew[4]).any() for rows in played[:30])


def test_there_is_no_reference_on_the_console(played: list[Rows]) -> None:
    assert all((rows.reference == NONE).all() for rows in played)


def test_absences_are_days_off_weekends_and_weeks_of_leave() -> None:
    platform = Platform.of(seed=2, scale=1.0, calendar=Calendar(days=300))
    present = at_work(platform, 50, np.random.default_rng(1))
    weekend = np.array([day.date.weekday() >= 5 for day in platform.calendar.each(2)])
    assert 0.80 < present[~weekend].mean() < 0.95
    assert 0.05 < present[weekend].mean() < 0.15
    longest = max(len(run) for column in present.T for run in "".join("x" if p else " " for p in column).split("x"))
    assert longest >= 7
