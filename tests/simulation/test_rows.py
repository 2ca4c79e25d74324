"""Batches of rows."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nilometer.simulation.rows import NONE, Rows


def batch(times: list[int], status: int = 200) -> Rows:
    return Rows.of(
        time=np.array(times, dtype=np.int64),
        subject=np.arange(len(times)),
        credential=0,
        session=0,
        ip=1,
        agent=0,
        surface=0,
        status=status,
    )


def test_single_numbers_hold_for_all_rows() -> None:
    rows = batch([5, 6, 7])
    assert {len(getattr(rows, f.name)) for f in fields(Rows)} == {3}
    assert rows.request.tolist() == [0, 1, 2], "each row its own request unless said"
    assert rows.reference.tolist() == [NONE] * 3


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30))
def test_sorting_keeps_the_order_of_one_moment(times: list[int]) -> None:
    rows = batch(times).by_time()
    assert list(zip(rows.time.tolist(), rows.subject.tolist(), strict=True)) == sorted((t, i) for i, t in enumerate(times))


def test_joined_batches_keep_sessions_and_requests_apart() -> None:
    rows = Rows.joined([batch([1, 2]), batch([3]).renumbered(sessions=1, requests=2)])
    assert rows.request.tolist() == [0, 1, 2]
    assert rows.session.tolist() == [0, 0, 1]


def test_only_2xx_and_304_show_anything() -> None:
    shown = {status: bool(batch([1], status).shown()[0]) for status in (199, 200, 206, 299, 300, 301, 304, 404, 429, 500)}
    assert [status for status, yes in shown.items() if yes] == [200, 206, 299, 304]


def test_no_session_stays_no_session() -> None:
    rows = Rows.of(
        time=np.array([1, 2]), subject=np.array([1, 2]), credential=0, session=np.array([NONE, 0]), ip=1, agent=0, surface=0
    ).renumbered(sessions=5, requests=0)
    assert rows.session.tolist() == [NONE, 5]


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=30))
def test_only_those_asked_for_are_kept(times: list[tuple[int, bool]]) -> None:
    rows = batch([time for time, _ in times]).only(np.array([keep for _, keep in times]))
    assert list(zip(rows.time.tolist(), rows.subject.tolist(), strict=True)) == [(t, k) for k, (t, keep) in enumerate(times) if keep]
