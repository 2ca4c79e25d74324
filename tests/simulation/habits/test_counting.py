"""Counting up: neighbours, one after the other, each lane through a stretch of its own."""

from __future__ import annotations

import numpy as np
import pytest

from nilometer.simulation.habits.counting import Counting
from nilometer.simulation.rows import NONE, Rows
from tests.simulation.habits.stage import Stage

STAGE = Stage()


def played(**other: object) -> Rows:
    given = {
        "name": "c",
        "platform": STAGE.platform,
        "credential": 0,
        "surface": STAGE.surface,
        "agents": np.array([0, 1, 2]),
        "first_day": 5,
    }
    habit = Counting(**{**given, "reached": np.array([0, 900, 1_500, 3_000]), "start": 59_000, **other})  # type: ignore[arg-type]
    days = [habit.day(STAGE.days[n], STAGE.platform.rng("c", n)).renumbered(sessions=1_000 * n, requests=10_000 * n) for n in range(4, 9)]
    return Rows.joined(days)


@pytest.mark.parametrize("lanes", [1, 3])
def test_each_lane_meets_its_neighbours_in_turn(lanes: int) -> None:
    rows = played(lanes=lanes)
    assert len(rows) == 3_000
    assert len(np.unique(rows.ip)) == lanes
    assert set(rows.session.tolist()) == {NONE}
    for ip in np.unique(rows.ip):
        steps = np.diff(STAGE.platform.people.index(rows.subject[rows.ip == ip]))
        assert set(steps[np.abs(steps) < 50_000].tolist()) == {1}, "it may pass the last person and begin anew"
    assert len(np.unique(STAGE.platform.people.index(rows.subject))) == 3_000, "no two lanes meet"


def test_what_rotates_has_short_sessions_from_many_addresses() -> None:
    rows = played(rotates=True, pool=60)
    _, sizes = np.unique(rows.session, return_counts=True)
    assert np.sort(sizes)[3:].min() >= 30, "but for the last of a day"
    assert sizes.max() <= 80
    assert 30 < len(np.unique(rows.ip)) <= 60
    assert len(np.unique(np.stack([rows.session, rows.ip, rows.agent]), axis=1).T) == len(sizes)


def test_misses_belong_to_nobody() -> None:
    rows = played(misses=0.1)
    people = STAGE.platform.people
    assert np.array_equal(rows.shown(), np.isin(rows.subject, people.ids(np.arange(people.total))))
    assert 0.08 < np.mean(~rows.shown()) < 0.12
