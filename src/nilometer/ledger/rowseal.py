"""A stored disclosure as 128 bytes, and one digest over all rows of a segment from which a single row can be proved.

The digest is BLAKE3 (O'Connor, Aumasson, Neves, Wilcox-O'Hearn, 2020) of the rows one after the other: a binary tree
over chunks of 1,024 bytes, here of eight rows, so that the way from one row to the root is a chunk and a few hashes. It
costs a third of SHA-256 over the same rows (`docs/decisions/0008-sealing.md`); files and the log itself are under SHA-256.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from blake3 import blake3
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from nilometer.disclosures.schema import STORED

ROW: Final = 128
"""Bytes a row takes."""

_WIDE: Final = tuple(name for name in STORED.names if name not in ("status", "shown", "step", "block"))
_BLOCK: Final = 2_048  # rows laid out at a time: what stays in a core's own cache
_SALT: Final = 16
_LAYOUT: Final = np.dtype(
    [(name, "<i8") for name in _WIDE]
    + [("status", "<i2"), ("shown", "u1"), ("step", "i1"), ("block", "<i4"), ("valid", "<u2"), ("none", "V6"), ("salt", "V16")]
)
assert _LAYOUT.itemsize == ROW
_WORDS: Final = ROW // 8
_NARROW: Final = np.dtype([("status", "<i2"), ("shown", "u1"), ("step", "i1"), ("block", "<i4")])
"""Of the sixteen words of a row the one after the wide columns; then one says which columns are there, two are salt."""


def salts(key: bytes, begin: int, rows: int) -> bytes:
    """Sixteen bytes for each of `rows` rows from row `begin` on: AES-256-CTR of zeros under `key`, the row's number as counter.

    Without its salt nobody can try out which person a hash was made of.
    """
    stream = Cipher(algorithms.AES(key), modes.CTR(begin.to_bytes(_SALT, "big"))).encryptor()
    return stream.update(bytes(rows * _SALT))


def encoded(table: pa.Table, key: bytes) -> Iterator[npt.NDArray[Any]]:
    """The rows of a stored table (`disclosures.schema.STORED`) as 128 bytes each, some thousand at a time; each is overwritten by the next.

    Columns are put under one another and the whole is transposed at once: numpy does that three times as fast as it puts
    one column after the other between the others.
    """
    size = min(_BLOCK, table.num_rows)
    words = np.zeros((_WORDS, size), "<i8")
    valid, salt = words[len(_WIDE) + 1], words[len(_WIDE) + 2 :]
    narrow = words[len(_WIDE)].view(_NARROW)
    places = dict(zip(_WIDE, words, strict=False)) | {name: narrow[name] for name in ("status", "shown", "step", "block")}
    filled: list[tuple[npt.NDArray[Any], npt.NDArray[Any]]] = []
    everywhere, gaps = 0, []
    for place, name in enumerate(STORED.names):
        values, there = _column(table, name)
        if values is not None:
            filled.append((places[name], values))
            everywhere += 1 << place if there is None else 0
            gaps += [(np.int64(1 << place), there)] if there is not None else []
    valid[:] = everywhere
    rows = np.empty((size, _WORDS), "<i8")
    stream = Cipher(algorithms.AES(key), modes.CTR(bytes(_SALT))).encryptor()  # `salts`, from row 0 on
    zeros, fresh = bytes(size * _SALT), np.empty((size + 1, 2), "<i8")  # `update_into` may ask for a block more
    for begin in range(0, table.num_rows, _BLOCK):
        count = min(_BLOCK, table.num_rows - begin)
        for target, values in filled:
            target[:count] = values[begin : begin + count]
        if gaps:
            valid[:] = everywhere
            for bit, there in gaps:
                valid[:count] += there[begin : begin + count] * bit
        stream.update_into(zeros[: count * _SALT], fresh.data.cast("B"))
        salt[:] = fresh[:size].T
        np.copyto(rows, words.T)
        yield rows[:count].view(_LAYOUT).reshape(-1)


def _column(table: pa.Table, name: str) -> tuple[npt.NDArray[Any] | None, npt.NDArray[np.bool_] | None]:
    """A column's values, nulls as zeros, and which of them are there: (None, None) when none is, no mask when all are."""
    column = table.column(name)
    if column.null_count == len(column):
        return None, None
    column = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()  # which copies a single one, too
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    there = np.asarray(column.is_valid()) if column.null_count else None
    return np.asarray(column.fill_null(0) if column.null_count else column), there


def digest(table: pa.Table, key: bytes) -> str:
    """The digest of all rows, in hexadecimal."""
    hasher = blake3()
    for part in encoded(table, key):
        hasher.update(part.view(np.uint8).data)
    return hasher.hexdigest()


def decoded(row: bytes) -> dict[str, int | bool | None]:
    """One row's columns by name, `time` in microseconds since 1970. Raises ValueError for another length."""
    if len(row) != ROW:
        raise ValueError(f"a row has {ROW} bytes, found {len(row)}")
    *wide, status, shown, step, block, valid = struct.unpack_from(f"<{len(_WIDE)}qhBbiH", row)
    found = dict(zip(_WIDE, wide, strict=True)) | {"status": status, "shown": bool(shown), "step": step, "block": block}
    return {name: found[name] if valid >> place & 1 else None for place, name in enumerate(STORED.names)}
