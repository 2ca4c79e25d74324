"""Numbers for keys: small codes for large pseudonyms, first occurrences, pairs; all on columns of one day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from nilometer.ledger.sets import among, distinct

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

NONE: Final = -(2**63)
"""Stands for a pseudonym that is not there."""

_ODD: Final = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0xD6E8FEB86659FD93))
_FAR, _NEAR = np.uint64(32), np.uint64(29)
_SIGN: Final = np.uint64(2**63)
_STEP: Final = 16_384


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


def ascending(keys: Ints) -> tuple[Ints, Ints]:
    """Places (n,) that put keys in ascending order, equal ones in the order in which they stand, and the keys so ordered.

    A stable argsort in a fraction of its time: a key and its place are sorted as one number. Of keys too far apart for that (pseudonyms)
    the first bits are, and the few that share these and differ behind them are put right afterwards.
    """
    n = len(keys)
    if n < 2:
        return np.arange(n), keys.copy()
    low = np.uint64(n.bit_length())
    least = int(keys.min())
    whole = (int(keys.max()) - least).bit_length() + n.bit_length() <= 64
    if whole:
        held = keys.view(np.uint64) - np.uint64(least % 2**64)
    else:
        held = keys.view(np.uint64) ^ _SIGN
        held >>= low
    held <<= low
    held |= np.arange(n, dtype=np.uint64)
    held.sort()
    order = (held & ((np.uint64(1) << low) - np.uint64(1))).view(np.int64)
    found = keys[order]
    if whole:
        return order, found
    held >>= low
    mixed = np.flatnonzero((held[1:] == held[:-1]) & (found[1:] != found[:-1]))
    if len(mixed) > n // 64:  # no pseudonyms
        order = np.argsort(keys, kind="stable")
        return order, keys[order]
    if len(mixed):
        wrong = among(held.view(np.int64), distinct(held[mixed].view(np.int64)))  # shifted: none is negative
        order[wrong] = order[wrong][np.lexsort((order[wrong], found[wrong]))]
        found[wrong] = keys[order[wrong]]
    return order, found


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Rows (n,) by key: `order` the rows, those of one key together and each key's in their own order; `group` (n,) which key stands
    there; `keys` (m,) ascending; `starts` (m,) where each begins."""

    order: Ints
    group: Ints
    keys: Ints
    starts: Ints

    def firsts(self, where: Flags | None = None) -> tuple[Flags, Ints]:
        """The first row of each key, among the rows that `where` marks: marks (n,), and which keys have one, ascending."""
        found = np.zeros(len(self.order), np.bool_)
        if where is None:
            found[self.order[self.starts]] = True
            return found, np.arange(len(self.keys))
        at = np.flatnonzero(where[self.order])
        group = self.group[at]
        first = np.ones(len(at), np.bool_)
        np.not_equal(group[1:], group[:-1], out=first[1:])
        found[self.order[at[first]]] = True
        return found, group[first]

    def each(self, values: Flags) -> Flags:
        """A value (m,) of each key, for each row (n,)."""
        found = np.empty(len(self.order), values.dtype)
        found[self.order] = values[self.group]
        return found


def grouped(keys: Ints) -> Groups:
    """Rows by their key."""
    order, found = ascending(keys)
    begins = np.ones(len(found), np.bool_)
    np.not_equal(found[1:], found[:-1], out=begins[1:])
    starts = np.flatnonzero(begins)
    return Groups(order, np.cumsum(begins) - 1, found[starts], starts)


def pairs(left: Ints, right: Ints) -> Ints:
    """One 64-bit key for each pair, shape (n,).

    Both sides are keyed pseudonyms already; the mixing (a multiply-xorshift in the manner of splitmix64, Steele, Lea and
    Flood 2014) keeps sums and differences of pseudonyms apart. A billion pairs share a key about once in forty ledgers.
    """
    found, one, other = np.empty(len(left), np.uint64), left.view(np.uint64), right.view(np.uint64)
    shifted = np.empty(_STEP, np.uint64)
    for begin in range(0, len(left), _STEP):  # in pieces that stay in the processor's cache
        x = found[begin : begin + _STEP]
        y = shifted[: len(x)]
        np.multiply(one[begin : begin + _STEP], _ODD[0], out=x)
        np.add(other[begin : begin + _STEP], _ODD[1], out=y)
        x ^= y
        for shift, odd in ((_FAR, _ODD[2]), (_NEAR, _ODD[1])):
            np.right_shift(x, shift, out=y)
            x ^= y
            x *= odd
        np.right_shift(x, _FAR, out=y)
        x ^= y
    return found.view(np.int64)


def places(sorted_keys: Ints, wanted: Ints) -> tuple[Ints, Flags]:
    """For each wanted key its place in `sorted_keys` (any place where it is absent) and whether it is there."""
    if not len(sorted_keys):
        return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), np.bool_)
    at = np.minimum(np.searchsorted(sorted_keys, wanted), len(sorted_keys) - 1)
    return at, sorted_keys[at] == wanted
