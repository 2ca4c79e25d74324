"""A table is read whole, each person once a run, in its order and in its hours."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nilometer.simulation.days import HOUR
from nilometer.simulation.habits.tables import TableRead, Turn
from tests.simulation.habits.stage import Stage

STAGE = Stage()
TABLE = STAGE.clientele(700.0, 5.0)


def read(*turns: Turn, by_id: bool = False, page: int = 50) -> TableRead:
    return TableRead(
        name="reading",
        platform=STAGE.platform,
        clientele=TABLE,
        credential=1,
        surface=STAGE.surface,
        turns=turns,
        page=page,
        by_id=by_id,
    )


def customers(day: int) -> set[int]:
    return set(STAGE.platform.people.ids(TABLE.persons(*TABLE.everyone(day))).tolist())


@given(day=st.integers(0, 39), page=st.integers(1, 900), by_id=st.booleans())
def test_everybody_once(day: int, page: int, by_id: bool) -> None:
    rows = STAGE.play(read(Turn(day=day, hour=2.0, hours=1.5), by_id=by_id, page=page), day)
    assert set(rows.subject.tolist()) == customers(day)
    assert len(rows) == len(customers(day))
    assert np.bincount(rows.request).max() <= page
    since = rows.time - STAGE.days[day].start
    assert since.min() >= 2 * HOUR
    assert since.max() <= 3.5 * HOUR
    assert not by_id or (np.diff(rows.subject) > 0).all()
    assert (np.diff(rows.time) >= 0).all()


def test_the_order_of_customers_is_not_the_order_of_ids() -> None:
    rows = STAGE.play(read(Turn(day=4, hour=2.0, hours=1.5)), 4)
    assert 0.4 < np.mean(np.diff(rows.subject) > 0) < 0.6


@pytest.mark.parametrize("share", [0.0, 0.3, 0.55, 1.0])
def test_two_parts_make_the_whole(share: float) -> None:
    both = read(Turn(day=7, hour=9.0, hours=2.0, high=share), Turn(day=7, hour=14.0, hours=2.0, low=share))
    rows = STAGE.play(both, 7)
    assert set(rows.subject.tolist()) == customers(7)
    assert len(rows) == len(customers(7))
    assert np.mean(rows.time < STAGE.days[7].start + 12 * HOUR) == pytest.approx(share, abs=0.01)


def test_other_days_are_quiet() -> None:
    assert len(STAGE.play(read(Turn(day=7, hour=9.0, hours=2.0)), 8)) == 0
