"""A leak hides in the sessions of honest work."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nilometer.simulation.blending import blended
from nilometer.simulation.days import HOUR
from nilometer.simulation.rows import Rows

PLACES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 1)), min_size=0, max_size=12)


def batch(places: list[tuple[int, int, int]], first_session: int) -> Rows:
    credential, hour, ip = (np.array(column, dtype=np.int64) for column in (zip(*places, strict=True) if places else ((), (), ())))
    return Rows.of(
        time=hour * HOUR + 5,
        subject=np.arange(len(places)),
        credential=credential,
        session=first_session + np.arange(len(places)),
        ip=ip,
        agent=0,
        surface=0,
    )


@given(PLACES, PLACES, PLACES)
def test_a_row_joins_the_session_of_its_place_or_keeps_its_own(
    leak: list[tuple[int, int, int]], one: list[tuple[int, int, int]], other: list[tuple[int, int, int]]
) -> None:
    sessions: dict[tuple[int, int, int], int] = {}
    for number, place in enumerate([*one, *other]):
        sessions.setdefault(place, number)
    rows = blended(batch(leak, 1_000), [batch(one, 0), batch(other, len(one))])
    assert rows.session.tolist() == [sessions.get(place, 1_000 + k) for k, place in enumerate(leak)]


def test_without_honest_work_nothing_changes() -> None:
    assert blended(batch([(0, 0, 0)], 7), []).session.tolist() == [7]
