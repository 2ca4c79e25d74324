"""Visitors who are not logged in."""

from __future__ import annotations

import numpy as np

from nilometer.simulation.directory import PERSONAL
from nilometer.simulation.habits.visitors import Visitors, homes, nameless
from nilometer.simulation.rows import NONE, Rows
from tests.simulation.habits.stage import Stage

STAGE = Stage()


def played(**other: object) -> Rows:
    given = {
        "name": "v",
        "platform": STAGE.platform,
        "credential": 0,
        "surface": STAGE.surface,
        "agents": np.array([0, 1]),
        "visits": 3_000.0,
    }
    habit = Visitors(**{**given, "most": 4, **other})  # type: ignore[arg-type]
    return STAGE.play(habit, 3) if other.get("misses") is None else habit.day(STAGE.days[3], STAGE.platform.rng("v", 3))


def test_a_visit_shows_one_to_most_people() -> None:
    rows = played()
    _, sizes = np.unique(rows.session, return_counts=True)
    assert np.allclose(np.bincount(sizes)[1:] / len(sizes), 0.25, atol=0.03)
    assert len(np.unique(rows.request)) == len(rows)


def test_together_is_one_response() -> None:
    rows = played(together=True)
    assert len(np.unique(rows.request)) == len(np.unique(rows.session))
    assert len(np.unique(np.stack([rows.session, rows.time]), axis=1).T) == len(np.unique(rows.session))


def test_without_sessions_there_is_none() -> None:
    assert set(played(sessions=False).session.tolist()) == {NONE}


def test_who_looks_at_one_person_stays_with_them() -> None:
    alone, wandering = (
        len(np.unique(np.stack([rows.session, rows.subject]), axis=1).T) / len(np.unique(rows.session))
        for rows in (played(own=1.0), played(own=0.0))
    )
    assert alone == 1.0
    assert wandering > 2.3


def test_a_nameless_credential_has_the_levels_it_is_given() -> None:
    stage = Stage()
    places = [nameless(stage.platform.directory), nameless(stage.platform.directory, org="platform", app="web")]
    assert [(c.org, c.app, c.account) for c in (stage.platform.directory.credentials[n] for n in places)] == [
        ("", "", PERSONAL),
        ("platform", "web", PERSONAL),
    ]


def test_two_in_five_share_an_address() -> None:
    addresses, counts = np.unique(homes(STAGE.platform, np.arange(20_000)), return_counts=True)
    assert 0.37 < counts[counts > 100].sum() / 20_000 < 0.43
    assert len(addresses) > 11_000
