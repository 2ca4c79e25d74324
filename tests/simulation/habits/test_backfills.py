"""An outage loses nothing: what was not read before is read after, once, and the last days again."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nilometer.simulation.days import HOUR
from nilometer.simulation.habits.backfills import Interrupted
from nilometer.simulation.habits.orders import OrderHandling
from tests.simulation.habits.stage import Stage

STAGE = Stage()
HANDLING = OrderHandling(
    name="orders",
    platform=STAGE.platform,
    clientele=STAGE.clientele(300.0, 40.0),
    crew=STAGE.company.everyone[None, :],
    repeats=np.array([30.0]),
    surface=STAGE.surface,
)

ORDERS = [set(STAGE.play(HANDLING, number).reference.tolist()) for number in range(40)]
"""The orders of each day, without any outage."""


def interrupted(day: int, hour: float, lasts: float, back: int) -> Interrupted:
    start = STAGE.days[day].start + int(hour * HOUR)
    return Interrupted(
        handling=HANDLING, days=tuple(STAGE.days), start=start, end=start + int(lasts * HOUR), credential=0, hours=2.0, back=back
    )


@settings(max_examples=40)
@given(day=st.integers(0, 33), hour=st.floats(0, 23.9), lasts=st.floats(0.5, 60), back=st.integers(3, 12))
def test_no_order_is_lost_and_none_is_read_during_the_outage(day: int, hour: float, lasts: float, back: int) -> None:
    habit = interrupted(day, hour, lasts, back)
    seen: set[int] = set()
    for number in range(day, day + 5):
        rows = STAGE.play(habit, number)
        assert not ((rows.time >= habit.start) & (rows.time < habit.end)).any()
        seen |= set(rows.reference.tolist())
    expected = set[int]().union(*(ORDERS[number] for number in range(day, day + 5)))
    assert seen >= expected


def test_the_last_days_are_read_once_more_within_the_hours() -> None:
    habit = interrupted(20, 5.0, 36.0, 10)
    rows, ordinary = STAGE.play(habit, 21), STAGE.play(HANDLING, 21)
    catching_up = rows.only((rows.time >= habit.end) & (rows.time <= habit.end + 2 * HOUR) & (rows.credential == 0))
    earlier = set[int]().union(*ORDERS[11:21])
    assert earlier <= set(catching_up.reference.tolist())
    assert len(rows) > 5 * len(ordinary)


def test_days_far_from_the_outage_are_as_ever() -> None:
    habit = interrupted(20, 5.0, 36.0, 10)
    for number in (3, 19, 22, 30):
        assert np.array_equal(STAGE.play(habit, number).subject, STAGE.play(HANDLING, number).subject)
