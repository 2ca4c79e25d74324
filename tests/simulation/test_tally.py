"""The ground truth is counted as the rows go by."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nilometer.simulation.people import People
from nilometer.simulation.rows import Rows
from nilometer.simulation.tally import Tally

PEOPLE = People(total=30, seed=0)
SEEN = st.lists(st.tuples(st.integers(0, 29), st.sampled_from([200, 304, 404]), st.integers(0, 10**6)), min_size=1, max_size=15)


@given(st.lists(SEEN, min_size=1, max_size=4))
def test_counts_are_what_a_plain_count_gives(batches: list[list[tuple[int, int, int]]]) -> None:
    tally = Tally(PEOPLE)
    for batch in batches:
        person, status, time = (np.array(column, dtype=np.int64) for column in zip(*batch, strict=True))
        tally.add(Rows.of(time=time, subject=PEOPLE.ids(person), credential=0, session=0, ip=0, agent=0, surface=0, status=status))
    flat = [row for batch in batches for row in batch]
    assert tally.people == len({person for person, status, _ in flat if status != 404})
    assert (tally.rows, tally.shown) == (len(flat), sum(status != 404 for _, status, _ in flat))
    assert tally.first is not None
    assert tally.last is not None
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    moments = [round((moment - epoch).total_seconds() * 1e6) for moment in (tally.first, tally.last)]
    assert moments == [min(t for *_, t in flat), max(t for *_, t in flat)]
