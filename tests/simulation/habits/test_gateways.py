"""Visitors behind gateways: nothing but an address and a browser, and one address for all of them."""

from __future__ import annotations

import numpy as np
import pytest

from nilometer.simulation.habits.gateways import Gateway, LoggedOut
from nilometer.simulation.rows import NONE, Rows
from tests.simulation.habits.stage import Stage

STAGE = Stage()


def visiting(*gateways: Gateway) -> LoggedOut:
    return LoggedOut(name="visitors", platform=STAGE.platform, credential=0, surface=STAGE.surface, gateways=gateways, agents=np.arange(3))


SHARED = Gateway(visitors=300, visits=90.0, pace="trade", ips=(7, 8), moves=(0, 20))


def played(habit: LoggedOut) -> list[Rows]:
    return [STAGE.play(habit, number) for number in range(40)]


def test_the_address_changes_on_the_day_of_the_move_and_only_then() -> None:
    assert [set(rows.ip.tolist()) for rows in played(visiting(SHARED))] == [{7}] * 20 + [{8}] * 20


def test_a_visit_is_one_to_four_people_in_one_response() -> None:
    rows = played(visiting(SHARED))
    sizes = np.concatenate([np.bincount(r.request) for r in rows])
    assert set(sizes.tolist()) == {1, 2, 3, 4}
    assert len(sizes) / sum(day.trade for day in STAGE.days) == pytest.approx(90, rel=0.05)
    assert {int(s) for r in rows for s in r.session} == {NONE}


def test_those_at_home_have_addresses_and_browsers_of_their_own() -> None:
    rows = played(visiting(Gateway(visitors=50, visits=90.0, pace="trade")))
    pairs = {(int(ip), int(agent)) for r in rows for ip, agent in zip(r.ip, r.agent, strict=True)}
    assert 45 <= len(pairs) <= 50
    assert len({ip for ip, _ in pairs}) == len(pairs), "one browser for each address"


def test_an_office_rests_at_the_weekend() -> None:
    sizes = [len(rows) for rows in played(visiting(Gateway(visitors=300, visits=90.0, pace="office", ips=(7,), moves=(0,))))]
    weekend = [n for n, day in zip(sizes, STAGE.days, strict=True) if day.date.weekday() >= 5]
    assert max(weekend) < 0.4 * float(np.median(sizes))
