"""Computed randomness: bijective, keyed, the same everywhere."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nilometer.simulation.mixing import key_of, mix, ragged, shuffled, unit


@given(size=st.integers(1, 5_000), key=st.integers(0, 2**64 - 1))
def test_a_shuffle_meets_everything_once(size: int, key: int) -> None:
    assert np.array_equal(np.sort(shuffled(np.arange(size), size, key)), np.arange(size))


def test_a_shuffle_mixes_well() -> None:
    places = shuffled(np.arange(100_000), 100_000, 3)
    assert abs(np.corrcoef(np.arange(100_000), places)[0, 1]) < 0.02
    assert np.mean(np.abs(np.diff(places)) < 17) < 0.002, "neighbours must not stay neighbours: a walk must not look like counting"


def test_another_key_gives_another_shuffle() -> None:
    assert np.mean(shuffled(np.arange(1000), 1000, 1) == shuffled(np.arange(1000), 1000, 2)) < 0.02


def test_numbers_are_the_same_on_every_machine() -> None:
    assert mix(np.array([1]), 0)[0] == 0xE220A8397B1DCDAF, "the first number of splitmix64 from seed 0"
    assert key_of(7, "orders") == key_of(7, "orders") != key_of(7, "order")
    assert key_of("a", "b") != key_of("b", "a")


def test_units_are_uniform() -> None:
    numbers = unit(np.arange(50_000), 9)
    assert numbers.min() >= 0.0
    assert numbers.max() < 1.0
    assert np.allclose(np.histogram(numbers, 10, (0, 1))[0] / 5_000, 1.0, atol=0.06)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 9)), min_size=1, max_size=20))
def test_ragged_lays_counts_out_flat(parts: list[tuple[int, int]]) -> None:
    starts, counts = (np.array(column, dtype=np.int64) for column in zip(*parts, strict=True))
    owner, value = ragged(starts, counts)
    assert list(zip(owner.tolist(), value.tolist(), strict=True)) == [(i, s + k) for i, (s, n) in enumerate(parts) for k in range(n)]
