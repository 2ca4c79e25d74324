"""Sliding windows against brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nilometer.ledger.windows import WINDOWS, largest

HOUR = 3600 * 1_000_000
times = st.one_of(
    st.integers(0, 300 * 24).map(lambda h: h * HOUR),
    st.integers(0, 4 * HOUR),
    st.sampled_from([0, 130 * 365 * 24 * HOUR]),
)
showings = st.lists(st.tuples(st.sampled_from([-(2**63), -1, 5, 2**63 - 1]), st.integers(1, 5), times), max_size=40)


def brute(rows: list[tuple[int, int, int]]) -> set[tuple[int, str, int, int]]:
    found = set()
    for actor in {a for a, _, _ in rows}:
        own = [(s, t) for a, s, t in rows if a == actor]
        for name, seconds in WINDOWS.items():
            counts = {end: len({s for s, t in own if end - seconds * 1_000_000 < t <= end}) for _, end in own}
            most = max(counts.values())
            found.add((actor, name, most, min(end for end, count in counts.items() if count == most)))
    return found


def columns(rows: list[tuple[int, int, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    return tuple(np.array([r[i] for r in rows], np.int64) for i in range(3))  # type: ignore[return-value]


@given(showings, st.booleans())
@example([(1, 1, 0), (1, 2, HOUR)], False)
@example([(1, 1, 0), (1, 2, HOUR - 1)], False)
@example([(1, 1, 5), (1, 1, 5), (1, 1, 6)], True)
def test_windows_are_brute_forces(rows: list[tuple[int, int, int]], narrow: bool) -> None:
    found = largest(*columns(rows), axis=1 if narrow else 1 << 62)
    listed = list(zip(*(found.column(n).to_pylist() for n in ("actor", "window", "people", "until")), strict=True))
    assert len(listed) == len(set(listed))
    assert set(listed) == brute(rows)


def test_one_clock_gone_wrong_among_many_actors() -> None:
    actors = np.arange(3000, dtype=np.int64)
    moments = np.where(actors == 7, 0, 130 * 365 * 24 * HOUR + actors)
    found = largest(actors, actors, moments)
    assert found.num_rows == 3000 * len(WINDOWS)
    assert set(found.column("people").to_pylist()) == {1}
    assert found.column("until").to_pylist()[7] in (0, moments[7])


@pytest.mark.parametrize("name", WINDOWS)
def test_a_window_is_open_where_it_begins_and_closed_where_it_ends(name: str) -> None:
    length = WINDOWS[name] * 1_000_000
    for gap, people in ((length, 1), (length - 1, 2)):
        found = largest(*columns([(1, 1, 0), (1, 2, gap)]))
        assert dict(zip(found.column("window").to_pylist(), found.column("people").to_pylist(), strict=True))[name] == people
