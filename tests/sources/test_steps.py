"""Steps: how each numeric id stands to the one the same actor asked for before, whatever the chunks."""

from __future__ import annotations

import itertools

import numpy as np
import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from nilometer.disclosures.actor import LEVELS
from nilometer.disclosures.schema import NEAR
from nilometer.sources.steps import Steps

BY = ("account", "app", "org", "session", "ip", "user_agent")
ids = st.one_of(st.integers(0, 60), st.integers(-(2**63), 2**63 - 1))
walks = st.lists(st.tuples(st.sampled_from(BY), st.integers(-2, 2), st.none() | ids), max_size=40)


def table(walk: list[tuple[str, int, int | None]]) -> tuple[pa.Table, pa.ChunkedArray]:
    columns = {level: pa.array([actor if by == level else None for by, actor, _ in walk], pa.int64()) for level in LEVELS}
    return pa.table(columns), pa.chunked_array([pa.array([i for _, _, i in walk], pa.int64())])


def slowly(walk: list[tuple[str, int, int | None]]) -> list[int]:
    last: dict[int, int] = {}
    steps = []
    for _, actor, number in walk:
        gap = 0 if number is None else number - last.get(actor, number)
        steps.append(0 if gap == 0 else (1 if abs(gap) <= NEAR else 2) * (1 if gap > 0 else -1))
        if number is not None:
            last[actor] = number
    return steps


def chunked(walk: list[tuple[str, int, int | None]], cuts: list[int]) -> list[int]:
    steps, found = Steps(), []
    bounds = [0, *sorted(min(c, len(walk)) for c in cuts), len(walk)]
    for begin, end in itertools.pairwise(bounds):
        taken = steps.take(*table(walk[begin:end]))
        assert taken.dtype == np.int8
        found += taken.tolist()
    return found


@given(walks, st.lists(st.integers(0, 40), max_size=4))
@example([("app", 1, -(2**63)), ("app", 1, 2**63 - 1), ("app", 1, 2**63 - 2), ("app", 1, 2**63 - 18)], [])
@example([("app", 1, 5), ("app", 1, 5 + NEAR), ("app", 1, 4), ("app", 1, 4)], [1, 2])
def test_the_chain_runs_through_chunks(walk: list[tuple[str, int, int | None]], cuts: list[int]) -> None:
    assert chunked(walk, cuts) == chunked(walk, []) == slowly(walk)


def test_far_apart_is_exact_where_floats_are_not() -> None:
    big = 2**62
    assert chunked([("app", 1, big), ("app", 1, big + NEAR), ("app", 1, big + 2 * NEAR + 1)], []) == [0, 1, 2]
