"""Lines of CSV: what pyarrow writes, byte for byte, and what Python's own reader reads back, whatever stands in the cells."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nilometer.app import csvlines
from nilometer.app.reveal import REVEALED
from nilometer.ledger.fieldsets import Union
from nilometer.ledger.scope import PEOPLE, People

HOSTILE = ['"', '""', "=1+1", "+1", "-1", "@x", "\t=1", "\r\n=1", "\n", ",", '",="', "a=1", "'=1", "", " ", "é|ж", "\x00", "a\rb"]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
texts = (st.sampled_from(HOSTILE) | st.text(max_size=8)).map(lambda text: text.encode("utf-8", "ignore").decode())
near = st.integers(0, 2**50)
anywhere = st.integers(-(2**63), 2**63 - 1)
moments = st.lists(near, max_size=40) | st.lists(near | anywhere, max_size=40)
counts = st.integers(0, 1_200) | anywhere


def written(*tables: pa.Table, schema: pa.Schema) -> bytes:
    """What the writer makes of tables."""
    raw = io.BytesIO()
    with io.BufferedWriter(raw) as stream:  # type: ignore[arg-type]
        with csvlines.writing(stream, schema) as put:
            for table in tables:
                put(table)
        stream.flush()
        return raw.getvalue()


def pyarrows(table: pa.Table) -> bytes:
    """What pyarrow makes of it, formulas taken out first."""
    for place, column in enumerate(table.schema):
        if pa.types.is_string(column.type):
            table = table.set_column(place, column, csvlines.harmless(table.column(place)))
    stream = io.BytesIO()
    with pa_csv.CSVWriter(stream, table.schema) as writer:
        writer.write_table(table)
    return stream.getvalue()


@st.composite
def people(draw: st.DrawFn) -> People:
    first = draw(moments)
    rows = len(first)
    known = tuple(draw(st.lists(texts, min_size=1, max_size=5)))

    def column(of: st.SearchStrategy[int]) -> Any:
        return np.array(draw(st.lists(of, min_size=rows, max_size=rows)), np.int64)

    return People(
        subject=np.sort(column(anywhere).view(np.uint64)),
        first=np.array(first, np.int64),
        last=column(near),
        count=column(counts),
        fields=Union(place=column(st.integers(0, len(known) - 1)), known=known, people={}),
    )


@given(people())
def test_people_come_back_with_hostile_names_of_fields(made: People) -> None:
    table = made.table()
    found = written(table, schema=PEOPLE)
    assert found == pyarrows(table)
    head, *rows = csv.reader(io.StringIO(found.decode(), newline=""))
    assert head == PEOPLE.names
    assert [row[0] for row in rows] == [f"{subject:016x}" for subject in made.subject.tolist()]
    for row, place, last, count in zip(rows, made.fields.place.tolist(), made.last.tolist(), made.count.tolist(), strict=True):
        before = made.fields.known[place]
        assert row[1] == ("'" if before.startswith(tuple("=+-@\t\r\n")) else "") + before
        assert datetime.fromisoformat(row[3]) == EPOCH + timedelta(microseconds=last)
        assert int(row[4]) == count


KINDS = {pa.string(): texts, pa.int16(): st.integers(-(2**15), 2**15 - 1), pa.bool_(): st.booleans()}


@given(st.data(), st.integers(0, 30))
def test_columns_of_every_kind_with_and_without_nulls(data: st.DataObject, rows: int) -> None:
    kinds = data.draw(st.lists(st.sampled_from([*KINDS, pa.int64(), pa.timestamp("us", tz="UTC")]), min_size=1, max_size=6))
    columns = []
    for kind in kinds:
        cells = KINDS.get(kind, near)
        if data.draw(st.booleans()):
            cells = cells | st.none()
        columns.append(pa.array(data.draw(st.lists(cells, min_size=rows, max_size=rows)), kind))
    table = pa.table(columns, schema=pa.schema([(data.draw(texts) + str(n), kind) for n, kind in enumerate(kinds)]))
    cut = data.draw(st.integers(0, rows))  # slices begin in the middle of their buffers
    parts = [table.slice(0, cut), table.slice(cut)]
    assert written(*parts, schema=table.schema) == pyarrows(table)


def test_blocks_join_in_order() -> None:
    rows = 3 * csvlines._BLOCK + 1
    made = People(
        subject=np.arange(rows, dtype=np.uint64),
        first=np.arange(rows) * 40_000_000_007,  # half a century: the years of a block are few, those of all are not
        last=np.arange(rows) * 40_000_000_007 + 1,
        count=np.arange(rows),
        fields=Union(place=np.arange(rows) % 2, known=("a|b", ""), people={}),
    ).table()
    assert written(made, schema=PEOPLE) == pyarrows(made)
    ids = pa.table([pa.array([None if n % 3 else f"+{n}" for n in range(rows)]), *made.columns], schema=REVEALED)
    assert written(ids, schema=REVEALED) == pyarrows(ids)
    assert written(schema=PEOPLE) == pyarrows(PEOPLE.empty_table())


@pytest.mark.parametrize("year", [1, 1582, 1900, 1969, 1970, 1999, 2000, 2024, 2038, 2100, 9999])
def test_moments_of_any_year(year: int) -> None:
    ends = [
        datetime(year, 1, 1, tzinfo=UTC),
        datetime(year, 2, 28, 23, 59, 59, 999_999, UTC),
        datetime(year, 12, 31, 23, 59, 59, 999_999, UTC),
    ]
    table = pa.table({"time": pa.array(ends, pa.timestamp("us", tz="UTC"))})
    assert written(table, schema=table.schema) == pyarrows(table)


@given(st.lists(texts, min_size=1))
@example(["a", "=1"])
def test_no_cell_begins_as_a_formula_does(before: list[str]) -> None:
    after = csvlines.harmless(pa.array(before, pa.string())).to_pylist()
    for one, other in zip(before, after, strict=True):
        assert other.removeprefix("'") == one.removeprefix("'")
        assert not other.startswith(tuple("=+-@\t\r\n"))


def test_what_cannot_be_made_is_raised() -> None:
    table = pa.table({"x": pa.array([[1]])})
    with pytest.raises(pa.ArrowException):
        written(table, schema=table.schema)
