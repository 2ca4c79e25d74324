"""Sliding counts agree with a slow recount, also for the keys that are left out because they cannot matter."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nilometer.app.evaluate import sliding
from nilometer.app.evaluate.columns import DAY

ROWS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 40), st.integers(0, 5)), max_size=60).map(sorted)


def split(rows: list[tuple[int, int, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    key, time, subject = (np.array([row[n] for row in rows], np.int64) for n in range(3))
    return key, time, subject


@given(ROWS, st.integers(1, 15), st.integers(0, 4))
def test_distinct_is_a_recount_wherever_the_limit_may_be_passed(rows: list[tuple[int, int, int]], window: int, least: int) -> None:
    key, time, subject = split(rows)
    counts = sliding.distinct(key, subject, time, window=window, least=least)
    for n in range(len(rows)):
        inside = {subject[m] for m in range(n + 1) if key[m] == key[n] and time[m] > time[n] - window}
        assert counts[n] == len(inside) or (counts[n] == 0 and len(inside) <= least)


@given(ROWS, st.integers(1, 15), st.integers(1, 5))
def test_crowded_keys_are_those_of_a_recount(rows: list[tuple[int, int, int]], window: int, many: int) -> None:
    key, time, _ = split(rows)
    slow = {k for n, k in enumerate(key) if sum(key[m] == k and time[n] - window < time[m] <= time[n] for m in range(n + 1)) >= many}
    assert sliding.crowded(key, time, window=window, rows=many).tolist() == [k in slow for k in key]


def test_an_alarm_a_day_is_enough() -> None:
    key, time = np.array([1, 1, 1, 2, 1]), np.array([5, 6, DAY, 7, DAY + 1])
    rang, when = sliding.daily_first(key, time, np.array([False, True, True, True, True]))
    assert list(zip(rang.tolist(), when.tolist(), strict=True)) == [(1, 6), (1, DAY), (2, 7)]
