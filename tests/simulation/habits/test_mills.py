"""Members of a mill divide the people among them, live for hours and never come back."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nilometer.simulation.habits.mills import PER_LIST, Comparers, Mill, pages
from nilometer.simulation.rows import NONE, Rows
from tests.simulation.habits.stage import Stage

STAGE = Stage()
MADE = np.array([0, 30, 30, 75, 100])


def mill(**other: object) -> Mill:
    given = {"name": "m", "platform": STAGE.platform, "way": 0, "surface": STAGE.surface, "agents": np.array([0, 1]), "first_day": 5}
    more = {"made": MADE, "fewest": 20, "most": 45, "hours": 4.0, "pool": 5_000, "accounts": True}
    return Mill(**{**given, **more, **other})  # type: ignore[arg-type]


def test_every_member_comes_on_one_day_with_people_of_its_own() -> None:
    days = [STAGE.play(mill(), number) for number in range(12)]
    assert [len(np.unique(rows.holder)) for rows in days[4:10]] == [0, 30, 0, 45, 25, 0]
    rows = Rows.joined(days)
    holders, sizes = np.unique(rows.holder, return_counts=True)
    assert len(holders) == 100
    assert set(holders.tolist()) == set(mill().names(np.arange(100)).tolist())
    assert 20 <= sizes.min() < sizes.max() <= 45
    assert len(np.unique(rows.subject)) == len(rows), "they divide the people among them"


def test_a_member_is_gone_within_hours() -> None:
    rows = STAGE.play(mill(), 7)
    lasts = [np.ptp(rows.time[rows.holder == holder]) / 3.6e9 for holder in np.unique(rows.holder)]
    assert 0.3 < np.median(lasts) < 4.0
    assert max(lasts) < 12
    _, sizes = np.unique(rows.request, return_counts=True)
    assert sizes.max() == PER_LIST


def test_without_accounts_members_are_addresses() -> None:
    rows = STAGE.play(mill(accounts=False, fewest=2, most=4), 7)
    assert set(rows.holder.tolist()) == {NONE}
    assert len(np.unique(rows.session)) == 45
    assert 40 < len(np.unique(rows.ip)) <= 45


def test_people_who_compare_read_as_much_as_a_member() -> None:
    rows = STAGE.play(Comparers(name="c", platform=STAGE.platform, way=0, surface=STAGE.surface, agents=np.array([0]), visits=300.0), 4)
    _, sizes = np.unique(rows.session, return_counts=True)
    assert 12 <= sizes.min() < 16
    assert 40 < sizes.max() <= 45


@given(seed=st.integers(0, 2**32), visits=st.integers(1, 20), most=st.integers(1, 6), hours=st.floats(0.1, 12.0))
def test_pages_of_a_visit_follow_each_other_inside_the_day(seed: int, visits: int, most: int, hours: float) -> None:
    visit, page = np.repeat(np.arange(visits), most), np.tile(np.arange(most), visits)
    when = pages(STAGE.days[0], np.random.default_rng(seed), visits, visit, page, hours).reshape(visits, most)
    assert when.min() >= 0
    assert when.max() <= 86_390
    assert (np.diff(when, axis=1) >= 0).all()
