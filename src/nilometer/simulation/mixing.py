"""Randomness without memory: the same number always gives the same answer, for whole arrays at once.

A simulated partner may have millions of customers. Instead of storing who they are, the platform *computes* the n-th one,
so a table of a hundred million rows needs no table of people.
"""

from __future__ import annotations

import zlib
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_GOLDEN: Final = 0x9E3779B97F4A7C15
_MASK: Final = (1 << 64) - 1


@lru_cache(maxsize=4096)
def key_of(*parts: int | str) -> int:
    """A 64-bit key made of numbers and names; the same parts give the same key on every machine."""
    key = 0
    for part in parts:
        number = zlib.crc32(part.encode()) if isinstance(part, str) else part
        key = ((key ^ (number & _MASK)) * 0xD1342543DE82EF95 + _GOLDEN) & _MASK
        key ^= key >> 29
    return key


def mix(numbers: NDArray[Any], key: int) -> NDArray[np.uint64]:
    """64 well-mixed bits for each number (splitmix64, Steele, Lea and Flood 2014), in the shape of `numbers`."""
    x = np.atleast_1d(numbers).astype(np.uint64) * np.uint64(_GOLDEN) + np.uint64(key & _MASK)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def unit(numbers: NDArray[Any], key: int) -> Floats:
    """A uniform number in [0, 1) for each number."""
    return (mix(numbers, key) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def shuffled(numbers: NDArray[Any], size: int, key: int) -> Ints:
    """Where each of `numbers` (all in [0, size)) goes in one fixed shuffle of range(size): a bijection, computed, not stored.

    Multiplications by odd numbers and xor-shifts are bijections of [0, 2**bits); whoever lands outside [0, size) is moved
    again until inside (cycle walking), which keeps it a bijection of range(size).
    """
    bits = max(2, (max(size, 2) - 1).bit_length())
    mask, half = np.uint64((1 << bits) - 1), np.uint64(max(1, bits // 2))
    rounds = _rounds(key)

    def turn_all(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
        for odd, add in rounds:
            x = (x * odd + add) & mask
            x ^= x >> half
        return x

    places = turn_all(np.atleast_1d(numbers).astype(np.uint64))
    while (outside := places >= np.uint64(size)).any():
        places[outside] = turn_all(places[outside])
    return places.astype(np.int64)


@lru_cache(maxsize=256)
def _rounds(key: int) -> tuple[tuple[np.uint64, np.uint64], ...]:
    """Four pairs of an odd factor and a summand."""
    return tuple((np.uint64(key_of(key, turn) | 1), np.uint64(key_of(key, turn, "add"))) for turn in range(4))


def ragged(starts: Ints, counts: Ints) -> tuple[Ints, Ints]:
    """Counts laid out flat: for each i, `counts[i]` entries (i, starts[i]), (i, starts[i] + 1), ... as two arrays."""
    owner = np.repeat(np.arange(len(counts), dtype=np.int64), counts)
    before = np.cumsum(counts) - counts
    return owner, starts[owner] + np.arange(len(owner), dtype=np.int64) - before[owner]
