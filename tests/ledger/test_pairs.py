"""Folding rows into pairs: the same whether they are folded often, once or not at all, and as loops have it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nilometer.ledger.pairs import HELD, Folding, expanded

Row = tuple[tuple[int | None, ...], int, int, int]
rows = st.lists(
    st.tuples(st.tuples(*(st.sampled_from([None, 1, -2]) for _ in HELD)), st.integers(0, 3), st.integers(-5, 5), st.integers(0, 3)),
    max_size=40,
)


def pairs(given_: list[Row], waiting: int, batch: int, *, small: bool) -> dict[tuple[int, int, int], tuple[int, int, bool]]:
    folding = Folding(np.dtype(np.uint8), small=small, waiting=waiting)
    for begin in range(0, len(given_), batch):
        some = given_[begin : begin + batch]
        marks = np.array([hash(path) for path, *_ in some])
        levels = [pa.array([path[level] for path, *_ in some], pa.int64()) for level in range(len(HELD))]
        who, time = (np.array([row[place] for row in some], np.int64) for place in (1, 2))
        folding.add(who, marks, levels, time, np.array([row[3] for row in some], np.uint8))
    folded, paths = folding.done()
    if waiting == 0 and len(folded.path):
        assert len({*zip(folded.path.tolist(), folded.who.tolist(), strict=True)}) == len(folded.path)
    node, sizes, names = np.full(paths.actor.shape, -1), [0] * len(HELD), []
    for level in range(len(HELD)):
        for actor in (1, -2):
            node[paths.named[:, level] & (paths.actor[:, level] == actor), level] = len(names)
            names.append((level, actor))
            sizes[level] += 1
    found = expanded(folded, paths, node, sizes, 3)
    told = {}
    for place, name in enumerate(names):
        cut = found.of(place)
        for who_, first, last, whole in zip(found.who[cut], found.first[cut], found.last[cut], found.whole[cut], strict=True):
            assert (*name, int(who_)) not in told
            told[(*name, int(who_))] = (int(first), int(last), bool(whole))
    return told


@pytest.mark.parametrize("waiting", [0, 7, 1_000])
@given(rows, st.integers(1, 50), st.booleans())
def test_pairs_are_as_loops_have_them(waiting: int, given_: list[Row], batch: int, small: bool) -> None:
    plain: dict[tuple[int, int, int], tuple[int, int, int]] = {}
    for path, who, time, mask in given_:
        for level, actor in enumerate(path):
            if actor is not None:
                first, last, bits = plain.get((level, actor, who), (time, time, 0))
                plain[level, actor, who] = (min(first, time), max(last, time), bits | mask)
    assert pairs(given_, waiting, batch, small=small) == {key: (first, last, bits == 3) for key, (first, last, bits) in plain.items()}
