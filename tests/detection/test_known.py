"""A growing set of keys, beside a set of Python's."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nilometer.detection.coding import Ints
from nilometer.detection.known import Known

some = st.sets(st.integers(-30, 30) | st.integers(-(2**63), 2**63 - 1), max_size=25)


def ascending(keys: set[int]) -> Ints:
    return np.array(sorted(keys), np.int64)


@given(st.lists(some, max_size=12), some)
def test_it_is_a_set(added: list[set[int]], asked: set[int]) -> None:
    known, expected = Known(), set[int]()
    for keys in added:
        before, held = known, len(expected)
        known = known.having(ascending(keys - expected))
        expected |= keys
        assert len(known) == len(expected)
        assert len(before) == held, "what was known before is not touched"
    assert sorted(np.concatenate([*known.runs, ascending(set())]).tolist()) == sorted(expected)
    wanted = asked | set(sorted(expected)[::3])
    assert known.has(ascending(wanted)).tolist() == [key in expected for key in sorted(wanted)]


@given(st.lists(st.integers(1, 60), max_size=60))
def test_runs_stay_few_and_each_much_larger_than_the_next(sizes: list[int]) -> None:
    known, start = Known(), 0
    for size in sizes:
        known = known.having(np.arange(start, start + size))
        start += size
    lengths = [len(run) for run in known.runs]
    assert all(large >= 4 * small for large, small in pairwise(lengths))
    assert all((np.diff(run) > 0).all() for run in known.runs)


def test_a_day_that_is_tried_is_forgotten() -> None:
    large = Known().having(np.arange(1_000))
    tried = large.having(np.array([5_000]))
    assert tried.has(np.array([5, 5_000])).tolist() == [True, True]
    assert large.has(np.array([5, 5_000])).tolist() == [True, False]
    assert tried.runs[0] is large.runs[0], "the large run is shared, not copied"
