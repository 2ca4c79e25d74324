"""One row of a large file proved from the file's BLAKE3 digest alone: the row's chunk, and a few hashes from there to the root.

BLAKE3 (O'Connor, Aumasson, Neves, Wilcox-O'Hearn, 2020) is a binary tree over chunks of 1,024 bytes, so its digest is
the head of a Merkle tree already. Here a chunk is eight rows of 128 bytes; the last may have fewer. What `Tree` makes with
numpy, `verify` checks in plain Python: neither trusts the `blake3` package that made the digest, and both must agree with it.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from blake3 import blake3

from nilometer.tlog.refused import Refused

ROW: Final = 128
"""Bytes in a row."""
ROWS: Final = 8
"""Rows in a chunk."""
CHUNK: Final = ROW * ROWS
VALUE: Final = 32
"""Bytes in a chaining value: what stands for a chunk, or for a part of the tree, whose bytes are not shown."""

_START, _END, _PARENT, _ROOT = 1, 2, 4, 8
_IV: Final = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19)
_ORDER: Final = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
_MASK: Final = 0xFFFFFFFF
_LANES: Final = 4_096  # chunks compressed at a time: what stays in a core's own cache


def root(data: bytes) -> bytes:
    """The 32-byte BLAKE3 digest."""
    return blake3(data).digest()


class Tree:
    """All chaining values over some rows, to prove any number of them; memory 1/16 of the rows. Raises Refused for half a row."""

    def __init__(self, data: bytes | memoryview | npt.NDArray[np.uint8]) -> None:
        self._data = np.frombuffer(data, np.uint8)
        if len(self._data) % ROW:
            raise Refused(f"rows have {ROW} bytes each, found {len(self._data):,} bytes in all")
        self.rows = len(self._data) // ROW
        self._levels: list[npt.NDArray[np.uint32]] = [_chunk_values(self._data)]
        while len(self._levels[-1]) > 2:
            self._levels.append(_paired(self._levels[-1]))

    def root(self) -> bytes:
        """The digest of all rows: that of the `blake3` package over the same bytes."""
        if len(self._levels[0]) < 2:
            return _chunk(self._data.tobytes(), 0, _ROOT)
        left, right = self._levels[-1]
        return _parent(left.tobytes(), right.tobytes(), _ROOT)

    def proof(self, row: int) -> bytes:
        """The chunk that holds a row, then the 32-byte values beside the way to the root, from below. Raises Refused outside."""
        if not 0 <= row < self.rows:
            raise Refused(f"there is no row {row} among {self.rows:,}")
        place = row // ROWS
        parts = [self._data[place * CHUNK : (place + 1) * CHUNK].tobytes()]
        for level in self._levels:
            beside = place ^ 1
            if beside < len(level):
                parts.append(level[beside].tobytes())
            place >>= 1
        return b"".join(parts)

    def excerpt(self, chunks: Sequence[int]) -> tuple[bytes, bytes]:
        """Some chunks, by place in ascending order: their bytes in a row, and the values beside the ways from them to the root.

        One path for all: where two ways meet, nothing is needed. Raises Refused for places that are not there, or out of order.
        """
        count = len(self._levels[0])
        if any(b <= a for a, b in pairwise(chunks)) or (chunks and not (chunks[0] >= 0 and chunks[-1] < count)):
            raise Refused(f"expected places of chunks in ascending order, below {count:,}")
        bodies = b"".join(self._data[place * CHUNK : (place + 1) * CHUNK].tobytes() for place in chunks)
        path: list[bytes] = []
        known = list(chunks)
        for level in self._levels:
            there = set(known)
            path += [level[one ^ 1].tobytes() for one in known if one ^ 1 < len(level) and one ^ 1 not in there]
            known = sorted({one >> 1 for one in known})
        return bodies, b"".join(path)

    def hidden(self, chunk: int) -> bytes:
        """The chaining value that stands for a chunk whose bytes are not shown. Raises Refused outside, and when it is the only one."""
        if not 0 <= chunk < len(self._levels[0]) or len(self._levels[0]) < 2:
            raise Refused(f"there is no chunk {chunk} that could be hidden")
        return bytes(self._levels[0][chunk].tobytes())


def verify(digest: bytes, rows: int, row: int, proof: bytes) -> bytes:
    """Checks that a proof leads from row `row` of `rows` to the BLAKE3 digest, and gives the row's 128 bytes. Raises Refused.

    That there are `rows` in all is for the caller to know: it is stated beside the digest, where that is sealed.
    """
    if not 0 <= row < rows:
        raise Refused(f"there is no row {row} among {rows:,}")
    length = min(CHUNK, rows * ROW - row // ROWS * CHUNK)
    verify_excerpt(digest, rows, [row // ROWS], proof[:length], proof[length:])
    at = row % ROWS * ROW
    return proof[at : at + ROW]


def verify_excerpt(digest: bytes, rows: int, chunks: Sequence[int], bodies: bytes, path: bytes) -> None:
    """Checks that chunks at these places, their bytes in a row, lead to the BLAKE3 digest of `rows` rows. Raises Refused."""
    count = -(-rows // ROWS)
    if not chunks or any(b <= a for a, b in pairwise(chunks)) or chunks[0] < 0 or chunks[-1] >= count:
        raise Refused(f"expected places of chunks in ascending order, below {count:,}")
    known: dict[int, bytes] = {}
    at = 0
    for place in chunks:
        length = min(CHUNK, rows * ROW - place * CHUNK)
        if at + length > len(bodies):
            raise Refused("the bytes of the chunks are cut off")
        known[place] = _chunk(bodies[at : at + length], place, _ROOT if count == 1 else 0)
        at += length
    if at != len(bodies):
        raise Refused("there are more bytes than the chunks have")
    values = iter([path[at : at + VALUE] for at in range(0, len(path), VALUE)])
    while count > 1:
        above: dict[int, bytes] = {}
        for place in sorted(known):
            beside = place ^ 1
            if beside >= count:
                above[place >> 1] = known[place]
            elif beside > place or beside not in known:
                value = known.get(beside) or next(values, b"")
                if len(value) != VALUE:
                    raise Refused("the path of the chunks is cut off")
                pair = (known[place], value) if beside > place else (value, known[place])
                above[place >> 1] = _parent(*pair, _ROOT if count == 2 else 0)
        known, count = above, (count + 1) >> 1
    if next(values, None) is not None:
        raise Refused("the path of the chunks is longer than it must be")
    if known[0] != digest:
        raise Refused("the chunks lead to another digest")


def root_from(parts: Sequence[bytes]) -> bytes:
    """The BLAKE3 digest from all chunks in order, where those that are not shown are their 32-byte values. Raises Refused."""
    if len(parts) < 2:
        if len(parts) == 1 and (len(parts[0]) == VALUE or len(parts[0]) > CHUNK):
            raise Refused("a single chunk cannot be hidden")
        return _chunk(parts[0] if parts else b"", 0, _ROOT)
    values = np.empty((len(parts), 8), np.uint32)
    whole = [place for place, part in enumerate(parts) if len(part) == CHUNK]
    for place, part in enumerate(parts):
        if len(part) == VALUE:
            values[place] = np.frombuffer(part, "<u4")
        elif len(part) != CHUNK:
            if place != len(parts) - 1 or len(part) % ROW or not 0 < len(part) < CHUNK:
                raise Refused(f"expected chunk {place} as {CHUNK:,} bytes or a value of {VALUE}, found {len(part):,}")
            values[place] = np.frombuffer(_chunk(part, place, 0), "<u4")
    if whole:
        shown = np.frombuffer(b"".join(parts[place] for place in whole), "<u4").reshape(len(whole), 16, 16)
        values[whole] = _many(shown, np.array(whole, np.uint64))
    while len(values) > 2:
        values = _paired(values)
    return _parent(values[0].tobytes(), values[1].tobytes(), _ROOT)


# One at a time, in plain Python


def _chunk(chunk: bytes, counter: int, last: int) -> bytes:
    """The chaining value of one chunk of up to 1,024 bytes; `last` is the flag of the root when it is all there is."""
    value: tuple[int, ...] = _IV
    blocks = [chunk[at : at + 64] for at in range(0, len(chunk), 64)] or [b""]
    for place, block in enumerate(blocks):
        flags = (_START if place == 0 else 0) | (_END | last if place == len(blocks) - 1 else 0)
        value = _compress(value, block, counter, flags)
    return struct.pack("<8I", *value)


def _parent(left: bytes, right: bytes, last: int) -> bytes:
    return struct.pack("<8I", *_compress(_IV, left + right, 0, _PARENT | last))


def _compress(value: tuple[int, ...], block: bytes, counter: int, flags: int) -> tuple[int, ...]:
    """BLAKE3's compression of one block of up to 64 bytes, truncated to the eight words of a chaining value."""
    words = list(struct.unpack("<16I", block.ljust(64, b"\0")))
    state = [*value, *_IV[:4], counter & _MASK, counter >> 32, len(block), flags]
    for turn in range(7):
        for step, (a, b, c, d) in enumerate(_MIXED):
            _mix(state, a, b, c, d, words[2 * step], words[2 * step + 1])
        if turn < 6:
            words = [words[place] for place in _ORDER]
    return tuple(state[place] ^ state[place + 8] for place in range(8))


_MIXED: Final = tuple((n, 4 + (n + s) % 4, 8 + (n + 2 * s) % 4, 12 + (n + 3 * s) % 4) for s in (0, 1) for n in range(4))
"""The columns, then the diagonals."""


def _mix(state: list[int], a: int, b: int, c: int, d: int, x: int, y: int) -> None:
    for word, left, right in ((x, 16, 12), (y, 8, 7)):
        state[a] = (state[a] + state[b] + word) & _MASK
        turned = state[d] ^ state[a]
        state[d] = (turned >> left | turned << (32 - left)) & _MASK
        state[c] = (state[c] + state[d]) & _MASK
        turned = state[b] ^ state[c]
        state[b] = (turned >> right | turned << (32 - right)) & _MASK


# Many at a time, with numpy


def _chunk_values(data: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint32]:
    """The chaining values of all chunks, shape (chunks, 8); none when there are no bytes."""
    whole = len(data) // CHUNK
    values = np.empty((-(-len(data) // CHUNK), 8), np.uint32)
    words = data[: whole * CHUNK].view("<u4").reshape(whole, 16, 16)
    values[:whole] = _many(words, np.arange(whole, dtype=np.uint64))
    if whole < len(values):
        values[whole] = np.frombuffer(_chunk(data[whole * CHUNK :].tobytes(), whole, 0), "<u4")
    return values


def _many(chunks: npt.NDArray[np.uint32], counters: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint32]:
    """The chaining values, shape (n, 8), of n whole chunks, shape (n, 16 blocks, 16 words), with their places in the file."""
    values = np.empty((len(chunks), 8), np.uint32)
    for begin in range(0, len(chunks), _LANES):
        part = np.ascontiguousarray(chunks[begin : begin + _LANES].transpose(1, 2, 0))
        counter = counters[begin : begin + _LANES]
        value: npt.NDArray[np.uint32] = np.repeat(np.array(_IV, np.uint32)[:, None], part.shape[2], axis=1)
        for place in range(16):
            value = _compressed(value, part[place], counter, (_START if place == 0 else 0) | (_END if place == 15 else 0))
        values[begin : begin + _LANES] = value.T
    return values


def _paired(values: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """One level up: neighbours under a parent each, who is left over as it is."""
    pairs = len(values) // 2
    above = np.empty((len(values) - pairs, 8), np.uint32)
    none = np.zeros(_LANES, np.uint64)
    for begin in range(0, pairs, _LANES):
        many = min(_LANES, pairs - begin)
        words = np.ascontiguousarray(values[2 * begin : 2 * (begin + many)].reshape(many, 16).T)
        start = np.repeat(np.array(_IV, np.uint32)[:, None], many, axis=1)
        above[begin : begin + many] = _compressed(start, words, none[:many], _PARENT).T
    above[pairs:] = values[2 * pairs :]
    return above


def _compressed(
    value: npt.NDArray[np.uint32], words: npt.NDArray[np.uint32], counter: npt.NDArray[np.uint64], flags: int
) -> npt.NDArray[np.uint32]:
    """The compression of n whole blocks at once: chaining values (8, n), words (16, n) and counters (n,) give values (8, n)."""
    lanes = words.shape[1]
    rows: list[npt.NDArray[Any]] = [value[:4].copy(), value[4:].copy(), np.empty((4, lanes), np.uint32), np.empty((4, lanes), np.uint32)]
    rows[2][:] = np.array(_IV[:4], np.uint32)[:, None]
    rows[3][0], rows[3][1] = counter & np.uint64(_MASK), counter >> np.uint64(32)
    rows[3][2], rows[3][3] = 64, flags
    spare = np.empty((4, lanes), np.uint32)
    order = np.arange(16)
    for _ in range(7):
        _mixed(rows, words[order[0:8:2]], words[order[1:8:2]], spare)
        rows[1:] = [np.roll(row, -by, axis=0) for by, row in enumerate(rows[1:], 1)]
        _mixed(rows, words[order[8::2]], words[order[9::2]], spare)
        rows[1:] = [np.roll(row, by, axis=0) for by, row in enumerate(rows[1:], 1)]
        order = order[list(_ORDER)]
    return np.concatenate((rows[0] ^ rows[2], rows[1] ^ rows[3]))


def _mixed(rows: list[npt.NDArray[Any]], x: npt.NDArray[np.uint32], y: npt.NDArray[np.uint32], spare: npt.NDArray[np.uint32]) -> None:
    """One round's mixing of four columns at once, in place."""
    a, b, c, d = rows
    for word, left, right in ((x, 16, 12), (y, 8, 7)):
        a += b
        a += word
        d ^= a
        _turn(d, left, spare)
        c += d
        b ^= c
        _turn(b, right, spare)


def _turn(row: npt.NDArray[Any], by: int, spare: npt.NDArray[np.uint32]) -> None:
    np.left_shift(row, 32 - by, out=spare)
    np.right_shift(row, by, out=row)
    np.bitwise_or(row, spare, out=row)
