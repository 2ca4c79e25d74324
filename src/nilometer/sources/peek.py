"""Looks at the first entries of a source through its format, without storing anything."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from nilometer.sources import documents, framing, sql
from nilometer.sources.delimited import delimiter_of
from nilometer.sources.files import Origin, opened
from nilometer.sources.reader import Recognised, connect

MOST: Final = 50_000


def peek(origin: Origin, recognised: Recognised, wanted: Sequence[str]) -> pa.Table:
    """The wanted columns, as text, of at most MOST entries that could be read."""
    form = recognised.form
    if form.framing == "table":
        assert origin.path is not None
        rows = next(pq.ParquetFile(origin.path).iter_batches(batch_size=MOST, columns=list(wanted)), None)
        table = pa.Table.from_batches([rows]) if rows is not None else pa.table({w: pa.array([], pa.string()) for w in wanted})
        return _as_text(
            table.add_column(0, "number", pa.array(range(table.num_rows), pa.int64())), "SELECT *, NULL AS unreadable FROM lines", wanted
        )
    with opened(origin) as stream:
        if form.framing == "documents":
            entries = documents.entries(framing.valid_text(stream.read(1 << 28)))[:MOST]
            table = pa.table({"number": pa.array(range(len(entries)), pa.int64()), "line": pa.array(entries, pa.large_string())})
        elif form.framing == "records":
            delimiter = delimiter_of(recognised.sample.lines[0])
            chunks = [
                framing.records(b, 1, recognised.header, delimiter, skip_header=True)
                for b, _ in islice(framing.blocks(stream, records=True), 1)
            ]
            table = chunks[0].table
        else:
            table = framing.lines(next(framing.blocks(stream), (b"", 0))[0], 1).table
    return _as_text(table.slice(0, MOST), form.select(tuple(wanted), recognised.header), wanted)


def _as_text(lines: pa.Table, select: str, wanted: Sequence[str]) -> pa.Table:
    connection = connect()
    try:
        connection.register("lines", framing.batched(lines))
        listed = ", ".join(f"CAST({sql.name(w)} AS VARCHAR) AS {sql.name(w)}" for w in wanted)
        return connection.sql(f"SELECT {listed} FROM ({select}) WHERE unreadable IS NULL").to_arrow_table()
    finally:
        connection.close()
