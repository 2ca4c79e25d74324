"""Rows as bytes: what is stored is what is sealed, whatever is missing in it, and any other row gives another digest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from nilometer.disclosures.schema import STORED
from nilometer.ledger import rowseal

KEY = bytes(range(32))


def _values(kind: pa.DataType) -> st.SearchStrategy[Any]:
    if pa.types.is_timestamp(kind):
        return st.integers(-(2**55), 2**55).map(lambda n: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(microseconds=n // 4))
    if pa.types.is_boolean(kind):
        return st.booleans()
    return st.integers(-(2 ** (kind.bit_width - 1)), 2 ** (kind.bit_width - 1) - 1)


ROWS = st.lists(
    st.fixed_dictionaries({f.name: _values(f.type) | (st.none() if f.nullable else st.nothing()) for f in STORED}), min_size=1, max_size=20
)


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"time": (row["time"] - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)}


def _bytes(table: pa.Table, key: bytes = KEY) -> bytes:
    return b"".join(part.tobytes() for part in rowseal.encoded(table, key))


@given(ROWS)
def test_a_row_comes_back_as_it_was(rows: list[dict[str, Any]]) -> None:
    table = pa.Table.from_pylist(rows, schema=STORED)
    data = _bytes(table)
    assert [rowseal.decoded(data[i * 128 : i * 128 + 128]) for i in range(len(rows))] == [_plain(r) for r in rows]
    assert rowseal.digest(table, KEY) == blake3(data).hexdigest()


@given(ROWS, st.data())
def test_any_other_row_gives_another_digest(rows: list[dict[str, Any]], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(rows) - 1))
    name = data.draw(st.sampled_from(STORED.names))
    other = data.draw(_values(STORED.field(name).type))
    changed = [*rows[:place], rows[place] | {name: other}, *rows[place + 1 :]]
    if changed != rows:
        one, two = (rowseal.digest(pa.Table.from_pylist(r, schema=STORED), KEY) for r in (rows, changed))
        assert one != two


def test_blocks_join_without_a_seam() -> None:
    rows = [{**dict.fromkeys(STORED.names, 1), "time": datetime(2026, 1, 1, tzinfo=UTC), "shown": True, "subject": n} for n in range(9_000)]
    table = pa.Table.from_pylist(rows, schema=STORED)
    data = _bytes(table)
    assert len(data) == 9_000 * rowseal.ROW
    for n in (0, 4_095, 4_096, 8_999):
        assert rowseal.decoded(data[n * 128 : n * 128 + 128])["subject"] == n
        assert data[n * 128 + 112 : n * 128 + 128] == rowseal.salts(KEY, n, 1)


def many() -> pa.Table:
    """Rows of several blocks: some columns full, some empty, some with gaps, the values small, large and negative."""
    number = np.arange(9_001, dtype=np.uint64)
    columns = {}
    for place, field in enumerate(STORED):
        values: Any = ((number + 1) * np.uint64((place + 3) * 0x9E3779B97F4A7C15 % 2**64)).view(np.int64)
        gaps = number % (place + 2) == 1 if field.nullable and place % 3 else None
        if pa.types.is_boolean(field.type):
            values = values > 0
        elif pa.types.is_timestamp(field.type):
            values = values // 2**10
        elif field.type.bit_width < 64:
            values = values.astype(f"i{field.type.bit_width // 8}")
        columns[field.name] = pa.array(values, mask=gaps).cast(field.type)
    return pa.table(columns | {"session": pa.nulls(len(number), pa.int64())}, schema=STORED)


def test_what_homes_have_sealed_keeps_its_digest() -> None:
    """Made by the first version that sealed, on 24 November 2026; what it sealed has to verify for good."""
    assert rowseal.digest(many(), KEY) == "c7d0d74eac25d2f18a3bce1ca69fb1bad02ea90ce114a1da930f763b0198ad1f"
    cut = pa.concat_tables([many().slice(0, 5), many().slice(5)])  # columns in several pieces
    assert rowseal.digest(cut, KEY) == rowseal.digest(many(), KEY)
    assert [rowseal.decoded(row) for row in np.frombuffer(_bytes(many()), "V128").tolist()] == [
        row | {"time": time}
        for row, time in zip(many().drop(["time"]).to_pylist(), np.asarray(many()["time"].cast("int64")).tolist(), strict=True)
    ]


def test_salts_differ_by_row_and_key() -> None:
    assert rowseal.salts(KEY, 0, 4)[16:32] == rowseal.salts(KEY, 1, 1)
    assert rowseal.salts(KEY, 0, 1) != rowseal.salts(bytes(32), 0, 1)


def test_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="128"):
        rowseal.decoded(b"short")
