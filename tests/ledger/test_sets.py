"""Sets of pseudonyms against Python's own."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nilometer.ledger.sets import among, distinct

NUMBERS = st.lists(st.one_of(st.integers(-3, 3), st.integers(-(2**63), 2**63 - 1)), max_size=40)


@given(NUMBERS, NUMBERS)
def test_distinct_and_among_are_sets(values: list[int], others: list[int]) -> None:
    mine, ascending = np.array(values, np.int64), distinct(np.array(others, np.int64))
    assert distinct(mine).tolist() == sorted(set(values))
    assert mine.tolist() == values, "what is given is not changed"
    assert among(mine, ascending).tolist() == [value in set(others) for value in values]
