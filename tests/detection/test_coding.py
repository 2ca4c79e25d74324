"""Codes, first occurrences, pair keys and look-ups, against dictionaries and sets."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nilometer.detection.coding import NONE, Ints, coded, firsts, pairs, places

keys = st.lists(st.sampled_from([NONE, -1, 0, 1, 2, 2**63 - 1]) | st.integers(NONE, 2**63 - 1), max_size=40)


def ints(values: list[int]) -> Ints:
    return np.array(values, np.int64)


@given(keys)
def test_codes_count_values_as_they_appear(values: list[int]) -> None:
    code, distinct = coded(ints(values))
    assert distinct.tolist() == list(dict.fromkeys(values))
    assert distinct[code].tolist() == values


@given(keys)
def test_the_first_of_each_code_is_marked(values: list[int]) -> None:
    code, _ = coded(ints(values))
    seen: set[int] = set()
    expected = []
    for value in values:
        expected.append(value not in seen)
        seen.add(value)
    assert firsts(code).tolist() == expected


@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), max_size=200))
def test_different_pairs_have_different_keys(drawn: list[tuple[int, int]]) -> None:
    found = pairs(ints([one for one, _ in drawn]), ints([other for _, other in drawn])).tolist()
    assert len(set(found)) == len(set(drawn))
    assert dict(zip(drawn, found, strict=True)) == {pair: found[drawn.index(pair)] for pair in drawn}


def test_a_grid_of_pairs_does_not_collide() -> None:
    one, other = (axis.ravel().astype(np.int64) for axis in np.meshgrid(np.arange(-500, 500), np.arange(-500, 500)))
    assert len(np.unique(pairs(one, other))) == 10**6


@given(keys, keys)
def test_places_are_where_the_keys_are(held: list[int], wanted: list[int]) -> None:
    ascending = sorted(set(held))
    at, there = places(ints(ascending), ints(wanted))
    assert there.tolist() == [one in ascending for one in wanted]
    assert [ascending[place] for place in at[there].tolist()] == [one for one in wanted if one in ascending]
    assert at.shape == (len(wanted),)
