"""How many distinct people one key was shown in the last minutes, at each of its rows: the short windows that most rules have."""

from __future__ import annotations

from collections import deque
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nilometer.app.evaluate.baseline import Alarms, alarms_of
from nilometer.app.evaluate.columns import DAY, Columns, Flags, Ints, Places


def limits(columns: Columns, level: str, beside: Places, rows: Flags, *, window: int, settings: tuple[float, ...]) -> dict[float, Alarms]:
    """Alarms for each limit on distinct people within `window` microseconds, by actor and whatever `beside` (places, shape (n,)) says.

    Only `rows`, shape (n,), are looked at, and of those the ones that have both. An actor rings once a day for each `beside`.
    """
    actor, other = columns.actors(level).astype(np.int64), beside.astype(np.int64)
    wide = int(other.max(initial=0)) + 1
    at = np.flatnonzero(rows & (actor >= 0) & (other >= 0))
    at = at[np.argsort(actor[at] * wide + other[at], kind="stable")]
    key, time = actor[at] * wide + other[at], columns.time[at]
    counts = distinct(key, columns.subject[at], time, window=window, least=int(min(settings)))
    found = {}
    for limit in settings:
        rang, when = daily_first(key, time, counts > limit)
        found[limit] = alarms_of(level, rang // wide, when)
    return found


def distinct(key: NDArray[Any], subject: NDArray[Any], time: Ints, *, window: int, least: int) -> Ints:
    """Distinct subjects of the same key in (time - window, time] at each row, shape (n,), rows sorted by key, then time.

    Keys that never have more than `least` rows within a window cannot pass a limit of `least`; their rows get 0 and cost nothing.
    """
    counts = np.zeros(len(key), np.int64)
    busy = crowded(key, time, window=window, rows=least + 1)
    for first, last in _runs(key, busy):
        counts[first:last] = _one(subject[first:last].tolist(), time[first:last].tolist(), window)
    return counts


def crowded(key: NDArray[Any], time: Ints, *, window: int, rows: int) -> Flags:
    """Rows, shape (n,), of keys that somewhere have `rows` rows within less than `window`; sorted by key, then time."""
    apart = max(rows - 1, 0)
    if len(key) <= apart:
        return np.zeros(len(key), np.bool_)
    close = (key[apart:] == key[: len(key) - apart]) & (time[apart:] - time[: len(time) - apart] < window)
    return np.asarray(np.isin(key, np.unique(key[apart:][close])), dtype=np.bool_)


def daily_first(key: NDArray[Any], time: Ints, rows: Flags) -> tuple[NDArray[Any], Ints]:
    """Of the rows that ring, each key's first of each UTC day: its keys and times. More would be the same alarm again."""
    at = np.flatnonzero(rows)
    at = at[np.lexsort((time[at], key[at]))]
    fresh = np.ones(len(at), np.bool_)
    fresh[1:] = (np.diff(key[at]) != 0) | (np.diff(time[at] // DAY) != 0)
    return key[at[fresh]], time[at[fresh]]


def _runs(key: NDArray[Any], busy: Flags) -> list[tuple[int, int]]:
    """First and one past the last row of each key whose rows are `busy`."""
    if not busy.any():
        return []
    edges = np.concatenate([[0], np.flatnonzero(np.diff(key)) + 1, [len(key)]])
    return [(int(a), int(b)) for a, b in pairwise(edges) if busy[a]]


def _one(subjects: list[int], times: list[int], window: int) -> list[int]:
    held: deque[tuple[int, int]] = deque()
    inside: dict[int, int] = {}
    counts = []
    for who, now in zip(subjects, times, strict=True):
        while held and held[0][0] <= now - window:
            _, gone = held.popleft()
            inside[gone] -= 1
            if not inside[gone]:
                del inside[gone]
        held.append((now, who))
        inside[who] = inside.get(who, 0) + 1
        counts.append(len(inside))
    return counts
