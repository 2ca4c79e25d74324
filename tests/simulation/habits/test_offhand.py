"""Looks without a ticket: now and then by everybody, and many by somebody who is paid for it."""

from __future__ import annotations

import numpy as np

from nilometer.simulation.habits.offhand import Callers, Paid, answered
from nilometer.simulation.habits.support import Support
from nilometer.simulation.rows import NONE, Rows
from tests.simulation.habits.stage import Stage

STAGE = Stage()
DESK = Support(
    name="desk", platform=STAGE.platform, agents=STAGE.company.everyone, tickets=120.0, surfaces=np.array([STAGE.surface, STAGE.surface])
)
CULPRIT = int(STAGE.company.everyone[1])
PAID = Paid(
    name="paid",
    platform=STAGE.platform,
    desk=DESK,
    credential=CULPRIT,
    first_day=10,
    reached=np.arange(0, 601, 25),
    borrowed=0.4,
)


def days() -> list[tuple[Rows, Rows]]:
    """The desk's tickets and the paid looks of each day."""
    return [(answered(DESK, STAGE.days[number]), STAGE.play(PAID, number)) for number in range(40)]


def test_the_desk_is_asked_as_it_is_played() -> None:
    assert np.array_equal(answered(DESK, STAGE.days[7]).reference, STAGE.play(DESK, 7).reference)


def test_paid_looks_happen_only_on_shift() -> None:
    on_shift = [bool((tickets.credential == CULPRIT).any()) for tickets, _ in days()]
    looks = [len(rows) for _, rows in days()]
    assert looks[10:34] == [25 if there else 0 for there in on_shift[10:34]]
    assert sum(looks[:10]) + sum(looks[34:]) == 0
    assert 0 < sum(on_shift[10:34]) < 24


def test_a_borrowed_ticket_is_one_the_agent_has_that_day_for_somebody_else() -> None:
    borrowed = whole = 0
    for tickets, rows in days():
        own = tickets.credential == CULPRIT
        has = rows.reference != NONE
        assert set(rows.reference[has].tolist()) <= set(tickets.reference[own].tolist())
        right = set(zip(tickets.reference.tolist(), tickets.subject.tolist(), strict=True))
        assert not right & set(zip(rows.reference[has].tolist(), rows.subject[has].tolist(), strict=True))
        borrowed, whole = borrowed + int(has.sum()), whole + len(rows)
    assert 0.3 < borrowed / whole < 0.5


def test_colleagues_look_without_a_ticket_too() -> None:
    callers = Callers(name="callers", platform=STAGE.platform, desk=DESK, calls=40.0)
    rows = Rows.joined([STAGE.play(callers, number) for number in range(20)])
    assert set(rows.credential.tolist()) == set(STAGE.company.everyone.tolist())
    assert 0.8 < np.mean(rows.reference == NONE) < 0.95
