"""Codes, first occurrences, pair keys and look-ups, against dictionaries and sets."""

from __future__ import annotations

import random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nilometer.detection.coding import NONE, Ints, ascending, coded, firsts, grouped, pairs, places

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


wide = st.lists(st.integers(0, 3).flatmap(lambda far: st.integers(0, 5).map(lambda near: far * 2**61 - 2**62 + near)), max_size=300)
"""Keys that are far apart and share their first bits with others."""


@given(keys | wide | st.lists(st.integers(-3, 3), max_size=60))
def test_ascending_is_a_stable_sort(values: list[int]) -> None:
    order, found = ascending(ints(values))
    assert order.tolist() == sorted(range(len(values)), key=lambda n: (values[n], n))
    assert found.tolist() == sorted(values)


def test_the_few_keys_that_share_their_first_bits_are_put_right() -> None:
    drawn = np.random.default_rng(5).integers(-(2**63), 2**63 - 1, 20_000)
    drawn[::500] = drawn[7] ^ np.arange(40) // 3  # differ in the last bits only, three of each
    order, found = ascending(drawn)
    expected = np.argsort(drawn, kind="stable")
    assert order.tolist() == expected.tolist()
    assert found.tolist() == drawn[expected].tolist()


@given(keys | wide, st.randoms(use_true_random=False))
def test_groups_give_each_keys_first_row_and_spread_values(values: list[int], dice: random.Random) -> None:
    where = [dice.random() < 0.6 for _ in values]
    by_key = grouped(ints(values))
    assert by_key.keys.tolist() == sorted(set(values))
    for chosen in (None, np.array(where, np.bool_)):
        marks, which = by_key.firsts(chosen)
        expected: dict[int, int] = {}
        for n, value in enumerate(values):
            if chosen is None or where[n]:
                expected.setdefault(value, n)
        assert np.flatnonzero(marks).tolist() == sorted(expected.values())
        assert by_key.keys[which].tolist() == sorted(expected)
    odd = by_key.keys % 2 != 0
    assert by_key.each(odd).tolist() == [value % 2 != 0 for value in values]


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
