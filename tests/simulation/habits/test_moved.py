"""The move: sessions go on under other ids, companies come from elsewhere, people log in again."""

from __future__ import annotations

import numpy as np

from nilometer.simulation.days import HOUR
from nilometer.simulation.habits.consumers import Consumers
from nilometer.simulation.habits.moved import Moved
from nilometer.simulation.habits.orders import OrderHandling
from nilometer.simulation.rows import NONE
from tests.simulation.habits.stage import Stage

STAGE = Stage()
ORDERS = OrderHandling(
    name="orders",
    platform=STAGE.platform,
    clientele=STAGE.clientele(300.0, 400.0),
    crew=STAGE.company.everyone[None, :],
    repeats=np.array([30.0]),
    surface=STAGE.surface,
)
PEOPLE = Consumers(
    name="people",
    platform=STAGE.platform,
    ways=np.array([0, 1]),
    agents=np.array([0]),
    visits=200.0,
    lists=20.0,
    own=np.array([0]),
    review_list=1,
)
MOMENT = STAGE.days[20].start + 15 * HOUR + HOUR // 3


def moved(habit: OrderHandling | Consumers) -> Moved:
    return Moved(habit=habit, since=20, moment=MOMENT, shifts=np.full(3, 1000), agents=np.array([5]), login=9)


def test_before_the_move_nothing_is_different() -> None:
    for habit in (ORDERS, PEOPLE):
        rows, moving = STAGE.play(habit, 19), STAGE.play(moved(habit), 19)
        assert np.array_equal(rows.session, moving.session)
        assert np.array_equal(rows.ip, moving.ip)


def test_sessions_are_cut_in_the_middle() -> None:
    rows, moving = STAGE.play(ORDERS, 20), STAGE.play(moved(ORDERS), 20)
    before, after = (set(moving.session[late].tolist()) for late in (moving.time < MOMENT, moving.time >= MOMENT))
    assert not before & after
    cut = set(rows.session[rows.time < MOMENT].tolist()) & set(rows.session[rows.time >= MOMENT].tolist())
    assert cut, "some sessions went on across the moment"
    assert len(before | after) == len(set(rows.session.tolist())) + len(cut)


def test_companies_come_from_elsewhere_with_newer_tools_and_show_the_same_people() -> None:
    for number in (20, 21, 39):
        rows, moving = STAGE.play(ORDERS, number), STAGE.play(moved(ORDERS), number)
        assert np.array_equal(moving.ip, rows.ip + 1000)
        assert set(moving.agent.tolist()) == {5}
        assert np.array_equal(moving.subject, rows.subject)


def test_people_log_in_again_and_see_themselves() -> None:
    shares = []
    for number in range(20, 32):
        rows, moving = STAGE.play(PEOPLE, number), STAGE.play(moved(PEOPLE), number)
        logins = moving.only(moving.surface == 9)
        assert len(moving) == len(rows) + len(logins)
        assert np.array_equal(logins.subject, logins.holder)
        assert (logins.holder != NONE).all()
        assert (logins.time >= MOMENT).all()
        assert len(np.unique(logins.holder)) == len(logins)
        assert set(moving.ip.tolist()) == set(rows.ip.tolist()), "homes do not move"
        shares.append(len(logins) / len(np.unique(rows.holder[rows.time >= MOMENT])))
    assert shares[0] == 1.0
    assert 0.5 < shares[1] < 0.9
    assert shares[-1] < 0.1
