"""People: ids that come back to their person, and uneven activity."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nilometer.simulation.people import FIRST_ID, SPACING, People


@given(total=st.integers(1, 10**8), seed=st.integers(0, 2**40), data=st.data())
def test_an_id_leads_back_to_its_person(total: int, seed: int, data: st.DataObject) -> None:
    people = People(total=total, seed=seed)
    index = np.array(data.draw(st.lists(st.integers(0, total - 1), min_size=1, max_size=50)), dtype=np.int64)
    assert np.array_equal(people.index(people.ids(index)), index)


def test_ids_grow_with_registration_and_leave_gaps() -> None:
    ids = People(total=10_000, seed=0).ids(np.arange(10_000))
    steps = np.diff(ids)
    assert ids[0] >= FIRST_ID
    assert steps.min() > 0
    assert len(np.unique(steps)) > SPACING, "a constant step would be a giveaway of a made-up table"


def test_few_people_make_much_of_the_activity() -> None:
    people = People(total=20_000, seed=0)
    times = np.bincount(people.active(np.random.default_rng(0).random(400_000)), minlength=20_000)
    busiest = np.sort(times)[::-1]
    assert 0.08 < busiest[:200].sum() / 400_000 < 0.13, "the most active hundredth makes a tenth"
    assert abs(np.corrcoef(np.arange(20_000), times)[0, 1]) < 0.05, "activity must not be readable from the id"


def test_a_walk_meets_everybody_once() -> None:
    people = People(total=5_000, seed=3)
    assert len(np.unique(people.walk(np.arange(5_000), 1))) == 5_000
    assert np.array_equal(people.walk(np.arange(5_000, 5_010), 1), people.walk(np.arange(10), 1))
