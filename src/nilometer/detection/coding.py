"""Numbers for keys: small codes for large pseudonyms, first occurrences, pairs; all on columns of one day."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

NONE: Final = -(2**63)
"""Stands for a pseudonym that is not there."""

_ODD: Final = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0xD6E8FEB86659FD93))


def coded(values: Ints) -> tuple[Ints, Ints]:
    """Codes (n,) that count distinct values in the order of their first appearance, and these values (m,)."""
    found = pa.array(values).dictionary_encode()
    return np.asarray(found.indices).astype(np.int64), np.asarray(found.dictionary)


def firsts(codes: Ints) -> Flags:
    """Where a code of `coded` appears for the first time, shape (n,)."""
    if not len(codes):
        return np.zeros(0, np.bool_)
    most = np.maximum.accumulate(codes)
    return np.concatenate(([True], most[1:] > most[:-1]))


def pairs(left: Ints, right: Ints) -> Ints:
    """One 64-bit key for each pair, shape (n,).

    Both sides are keyed pseudonyms already; the mixing (a multiply-xorshift in the manner of splitmix64, Steele, Lea and
    Flood 2014) keeps sums and differences of pseudonyms apart. A billion pairs share a key about once in forty ledgers.
    """
    x = left.astype(np.uint64) * _ODD[0] ^ (right.astype(np.uint64) + _ODD[1])
    x ^= x >> np.uint64(32)
    x *= _ODD[2]
    x ^= x >> np.uint64(29)
    x *= _ODD[1]
    x ^= x >> np.uint64(32)
    return x.view(np.int64)


def places(sorted_keys: Ints, wanted: Ints) -> tuple[Ints, Flags]:
    """For each wanted key its place in `sorted_keys` (any place where it is absent) and whether it is there."""
    if not len(sorted_keys):
        return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), np.bool_)
    at = np.minimum(np.searchsorted(sorted_keys, wanted), len(sorted_keys) - 1)
    return at, sorted_keys[at] == wanted
