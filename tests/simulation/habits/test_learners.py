"""New agents: samples without a ticket for two days, then tickets, more and more of them."""

from __future__ import annotations

import numpy as np
import pytest

from nilometer.simulation.habits.learners import Learners
from nilometer.simulation.rows import NONE
from tests.simulation.habits.stage import Stage

STAGE = Stage()
CLASS = Learners(
    name="class",
    platform=STAGE.platform,
    agents=STAGE.company.everyone,
    since=10,
    surfaces=np.array([STAGE.surface]),
    samples=40.0,
    low=3.0,
    high=12.0,
)


def test_nobody_works_before_the_first_day() -> None:
    assert sum(len(STAGE.play(CLASS, number)) for number in range(10)) == 0


@pytest.mark.parametrize("number", [10, 11])
def test_training_is_about_forty_people_each_without_a_ticket(number: int) -> None:
    rows = STAGE.play(CLASS, number)
    without = rows.only(rows.reference == NONE)
    each = [int(np.count_nonzero(without.credential == agent)) for agent in CLASS.agents]
    assert all(20 < count < 62 for count in each)


def test_after_the_training_every_look_has_a_ticket_of_one_person() -> None:
    for number in range(12, 40):
        rows = STAGE.play(CLASS, number)
        assert (rows.reference != NONE).all()
        pairs = np.unique(np.stack([rows.reference, rows.subject]), axis=1)
        assert len(np.unique(pairs[0])) == pairs.shape[1]


def test_tickets_grow_from_three_to_twelve() -> None:
    def per_shift(days: range) -> float:
        rows = [STAGE.play(CLASS, number) for number in days]
        tickets = sum(len(np.unique(r.reference[r.reference != NONE])) for r in rows)
        trade = sum(STAGE.days[number].trade for number in days)
        return tickets / (trade * len(CLASS.agents))

    assert per_shift(range(10, 13)) == pytest.approx(3.3, abs=1.5)
    assert per_shift(range(25, 40)) == pytest.approx(12 * 5 / 7, abs=1.5)
