"""Numbers somebody brings along: slips meet nobody, guesses go block by block."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nilometer.simulation.habits.tags import BLOCK, Guessing, TagLookups, nobody
from nilometer.simulation.people import FIRST_ID, SPACING, People
from nilometer.simulation.rows import Rows
from tests.simulation.habits.stage import Stage

STAGE = Stage()
PEOPLE = STAGE.platform.people


def day_of(habit: Guessing | TagLookups, number: int) -> Rows:
    return habit.day(STAGE.days[number], STAGE.platform.rng(habit.name, number))


@given(total=st.integers(1, 10**7), seed=st.integers(0, 2**40), data=st.data())
def test_a_number_of_nobody_is_next_to_somebodys(total: int, seed: int, data: st.DataObject) -> None:
    people = People(total=total, seed=seed)
    index = np.array(data.draw(st.lists(st.integers(0, total - 1), min_size=1, max_size=20)), dtype=np.int64)
    for turn in range(SPACING - 1):
        numbers = nobody(people, index, turn)
        assert np.array_equal(people.index(numbers), index)
        assert (numbers != people.ids(index)).all()
    assert len({int(nobody(people, index[:1], turn)[0]) for turn in range(SPACING - 1)}) == SPACING - 1


def test_honest_slips_are_put_right_within_seconds() -> None:
    shops = TagLookups(
        name="shops",
        platform=STAGE.platform,
        clientele=STAGE.clientele(50.0, 1_500.0),
        crew=STAGE.company.everyone[None, :],
        returns=np.full((40, 1), 300.0),
        surface=STAGE.surface,
    )
    rows = day_of(shops, 9)
    slips = np.flatnonzero(~rows.shown())
    assert 0.03 < len(slips) / len(rows) < 0.07
    assert not np.isin(rows.subject[slips], PEOPLE.ids(np.arange(PEOPLE.total))).any()
    for slip in slips[:20]:
        right = rows.shown() & (PEOPLE.index(rows.subject) == PEOPLE.index(rows.subject[slip]))
        waits = (rows.time[right] - rows.time[slip]) / 1e6
        assert ((waits > 3) & (waits < 20)).any()


def test_guesses_go_through_every_number_of_a_block_before_the_next() -> None:
    guessing = Guessing(
        name="guessing",
        platform=STAGE.platform,
        crew=STAGE.company.everyone,
        surface=STAGE.surface,
        first_day=2,
        asked=np.array([0, 7_000, 12_345]),
        start=1_000,
    )
    rows = Rows.joined([day_of(guessing, number) for number in range(6)])
    place = rows.subject - FIRST_ID - 1_000 * SPACING
    assert len(rows) == 12_345
    assert np.array_equal(np.sort(place[:BLOCK]), np.arange(BLOCK))
    assert np.array_equal(np.sort(place[BLOCK : 2 * BLOCK]), np.arange(BLOCK, 2 * BLOCK))
    assert np.mean(np.abs(np.diff(place[:BLOCK])) <= 16) < 0.02, "within a block the order is no counting"
    assert (np.diff(rows.time) >= 0).mean() > 0.99
    assert np.array_equal(rows.shown(), np.isin(rows.subject, PEOPLE.ids(np.arange(PEOPLE.total))))
    assert 0.135 < rows.shown().mean() < 0.15, "one number in seven is somebody's"
