"""Reads text of a format the way the reader frames it, for the tests of the shelf. One engine serves all of them."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from functools import cache
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from nilometer.sources import documents, framing
from nilometer.sources.delimited import delimiter_of
from nilometer.sources.format import Format, Sample, formats
from nilometer.sources.reader import connect, sample_of

TEXT_FORMATS = sorted(ident for ident, form in formats().items() if form.framing != "table")


@cache
def engine() -> duckdb.DuckDBPyConnection:
    """The one engine of these tests, on one thread: order must not depend on threads, and time is short."""
    return connect(1)


def sample(text: str) -> Sample:
    """The text as the reader's sample."""
    return sample_of("test", text.encode())


def rows(form: Format, text: str, wanted: Sequence[str]) -> list[dict[str, Any]]:
    """Every entry of the text: `number`, `unreadable` and the wanted columns, in order."""
    header = form.header(sample(text))
    if form.framing == "documents":
        entries = documents.entries(text)
        return run(form, pa.table({"number": range(1, len(entries) + 1), "line": pa.array(entries, pa.large_string())}), wanted, header)
    if form.framing == "records":
        chunk = framing.records(text.encode(), 1, header, delimiter_of(text.split("\n", 1)[0]), skip_header=form.headed)
        spoilt = [{"number": number, "unreadable": reason, **dict.fromkeys(wanted)} for number, reason, _ in chunk.spoilt]
        return sorted(run(form, chunk.table, wanted, header) + spoilt, key=lambda row: row["number"])
    table = framing.lines(text.encode(), 1).table
    if form.directive is None:
        return run(form, table, wanted, header)
    found: list[dict[str, Any]] = []
    header, begin = (), 0
    lines = table.column("line").to_pylist()
    for place, line in enumerate([*lines, None]):
        if line is None or line.startswith(form.directive):
            found += run(form, table.slice(begin, place - begin), wanted, header) if place > begin else []
            header, begin = tuple(line.removeprefix(form.directive).split()) if line else (), place
    return found


def run(form: Format, table: pa.Table, wanted: Sequence[str], header: Sequence[str]) -> list[dict[str, Any]]:
    """What `select` makes of a table of lines or records."""
    connection = engine()
    connection.register("lines", table)
    answer = connection.sql(form.select(tuple(wanted), header)).to_arrow_table()
    assert answer.column_names == ["number", "unreadable", *wanted]
    for name, kind in zip(answer.column_names[1:], answer.schema.types[1:], strict=True):
        clock = name == form.clock
        assert (
            kind == pa.timestamp("us") if clock else pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind)
        ), (name, kind)
    if form.clock in answer.column_names:  # what Python has no date for, the reader refuses (`plan.EARLIEST`, `plan.LATEST`)
        place, clock = answer.column_names.index(form.clock), answer.column(form.clock)
        far = pc.or_(pc.less(clock.cast(pa.int64()), -62_135_596_800_000_000), pc.greater(clock.cast(pa.int64()), 253_402_300_799_000_000))
        answer = answer.set_column(place, form.clock, pc.if_else(far, pa.scalar(None, clock.type), clock))
    return answer.to_pylist()


def written(value: Any) -> str | None:
    """A value as examples and golden files write it."""
    if isinstance(value, datetime.datetime):
        text = value.isoformat(sep=" ")
        return text.rstrip("0") if "." in text else text
    return value if value is None else str(value)
