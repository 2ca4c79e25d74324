"""SipHash over whole columns of byte strings (Aumasson and Bernstein, 2012), in numpy. Knows nothing of people.

One step works on 8,192 strings: their states stay in the cache and are allocated once, which matters more than anything
else here (fresh memory for each step costs as much as the hashing).
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]

_STEP: Final = 1 << 13
_MASKS: Final = np.array([(1 << (8 * i)) - 1 for i in range(8)], np.uint64)


def siphash(key: bytes, offsets: npt.NDArray[np.int64], data: npt.NDArray[np.uint8], rounds: tuple[int, int] = (2, 4)) -> Words:
    """SipHash-2-4 (or with other `rounds`) of n byte strings: string i is `data[offsets[i]:offsets[i + 1]]`.

    `key` is 16 bytes; `data` must have eight spare bytes behind the last string, because words are read whole.
    """
    k0, k1 = (np.uint64(k) for k in np.frombuffer(key, "<u8"))
    seeds = (
        k0 ^ np.uint64(0x736F6D6570736575),
        k1 ^ np.uint64(0x646F72616E646F6D),
        k0 ^ np.uint64(0x6C7967656E657261),
        k1 ^ np.uint64(0x7465646279746573),
    )
    count = len(offsets) - 1
    out = np.empty(count, np.uint64)
    words = np.lib.stride_tricks.as_strided(data[:8].view(np.uint64), shape=(len(data) - 7,), strides=(1,))
    held = [np.empty(min(count, _STEP), np.uint64) for _ in seeds]
    spare = np.empty(min(count, _STEP), np.uint64)
    for begin in range(0, count, _STEP):
        cut = offsets[begin : begin + _STEP + 1]
        start, length = cut[:-1], np.diff(cut)
        whole = length >> 3
        state = [v[: len(start)] for v in held]
        for v, seed in zip(state, seeds, strict=True):
            v.fill(seed)
        scratch = spare[: len(start)]
        fewest = int(whole.min())
        for position in range(int(whole.max())):
            if position < fewest:
                _absorb(state, words[start + 8 * position], scratch, rounds[0])
            else:  # only the longer strings have this word
                longer = np.flatnonzero(whole > position)
                part = [v[longer] for v in state]
                _absorb(part, words[start[longer] + 8 * position], scratch[: len(longer)], rounds[0])
                for v, changed in zip(state, part, strict=True):
                    v[longer] = changed
        last = words[start + (whole << 3)] & _MASKS[length & 7]
        last |= (length & 0xFF).astype(np.uint64) << np.uint64(56)
        _absorb(state, last, scratch, rounds[0])
        state[2] ^= np.uint64(0xFF)
        for _ in range(rounds[1]):
            _round(state, scratch)
        state[0] ^= state[1]
        state[2] ^= state[3]
        np.bitwise_xor(state[0], state[2], out=out[begin : begin + len(start)])
    return out


def _absorb(state: list[Words], word: Words, scratch: Words, rounds: int) -> None:
    state[3] ^= word
    for _ in range(rounds):
        _round(state, scratch)
    state[0] ^= word


def _round(state: list[Words], scratch: Words) -> None:
    v0, v1, v2, v3 = state
    v0 += v1
    v2 += v3
    _rotate(v1, 13, scratch)
    _rotate(v3, 16, scratch)
    v1 ^= v0
    v3 ^= v2
    _rotate(v0, 32, scratch)
    v2 += v1
    v0 += v3
    _rotate(v1, 17, scratch)
    _rotate(v3, 21, scratch)
    v1 ^= v2
    v3 ^= v0
    _rotate(v2, 32, scratch)


def _rotate(v: Words, bits: int, scratch: Words) -> None:
    np.left_shift(v, np.uint64(bits), out=scratch)
    np.right_shift(v, np.uint64(64 - bits), out=v)
    np.bitwise_or(v, scratch, out=v)
