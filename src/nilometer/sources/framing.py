"""Cuts a byte stream into chunks of whole lines or records, as Arrow tables, without ever holding the whole stream."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

CHUNK: Final = 16 << 20
"""Bytes read at a time: large enough to keep both cores busy, small enough for the caches and for bounded memory."""

LONGEST_LINE: Final = 1 << 20
"""Lines above this many bytes are unreadable; they are read past, not stored."""

_INVALID: Final = re.compile("[\udc80-\udcff]")  # how `surrogateescape` writes bytes that are no UTF-8
_UNCLOSED: Final = "a quote is opened and never closed"
_MOST_RESTARTS: Final = 100
_ROWS: Final = 8192  # rows in one Arrow batch: DuckDB hands batches to threads, so a chunk must be several


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Some whole entries: `table` has `number` and `line`, or `number` and the header's columns.

    `spoilt` holds (number, reason, text) of entries that could not even be cut; `size` is the bytes this chunk took.
    """

    table: pa.Table
    spoilt: list[tuple[int, str, str]]
    entries: int
    size: int


def blocks(stream: IO[bytes], records: bool = False) -> Iterator[tuple[bytes, int]]:
    """Blocks of whole lines and the bytes each took. With `records`, a line end inside quotes does not end a block.

    Of a line longer than CHUNK only the first LONGEST_LINE + 1 bytes are kept: enough to be counted as unreadable.
    """
    pending = b""
    while True:
        block = stream.read(CHUNK)
        if not block:
            if pending:
                yield pending, len(pending)
            return
        data = pending + block if pending else block
        cut = _last_end(data, records)
        if cut:
            yield data[:cut], cut
            pending = data[cut:]
        elif len(data) >= 2 * CHUNK:
            end, dropped = data.find(b"\n"), 0
            while end < 0:
                dropped += len(data) - LONGEST_LINE - 1
                data = data[: LONGEST_LINE + 1]
                more = stream.read(CHUNK)
                if not more:
                    yield data, len(data) + dropped
                    return
                position = more.find(b"\n")
                if position >= 0:
                    dropped += position
                    data += more[position:]
                    end = data.find(b"\n")
                else:
                    data += more
            yield data[:end][: LONGEST_LINE + 1] + b"\n", end + 1 + dropped
            pending = data[end + 1 :]
        else:
            pending = data


def _last_end(data: bytes, records: bool) -> int:
    """Where the last whole line (or quoted record) of `data` ends; 0 when none does."""
    end = data.rfind(b"\n") + 1
    if not records or not end or data.count(b'"', 0, end) % 2 == 0 or len(data) >= 2 * CHUNK:
        return end
    array = np.frombuffer(data, np.uint8, end)
    ends = np.flatnonzero(array == 10)
    quotes = np.cumsum(array == 34)[ends]
    even = np.flatnonzero(quotes % 2 == 0)
    return int(ends[even[-1]]) + 1 if len(even) else 0


def valid_text(block: bytes, json: bool = False) -> bytes:
    """The block as valid UTF-8: bytes that are none are written out (`\\xff`), so that different ids stay different.

    In JSON (`json`, or a line that begins with a brace) the backslash is doubled, so that it stays JSON.
    """
    if block.isascii():
        return block
    try:
        block.decode()
    except UnicodeDecodeError:
        return b"\n".join(_written_out(line, json or line.lstrip().startswith(b"{")) for line in block.split(b"\n"))
    return block


def _written_out(line: bytes, json: bool) -> bytes:
    mark = r"\\x" if json else r"\x"
    return _INVALID.sub(lambda byte: f"{mark}{ord(byte[0]) - 0xDC00:02x}", line.decode("utf-8", "surrogateescape")).encode()


def lines(block: bytes, first: int) -> Chunk:
    """A block of lines as a table (`number` from `first`, `line` without its line end)."""
    size = len(block)
    block = valid_text(block)
    if not block.endswith(b"\n"):
        block += b"\n"
    array = np.frombuffer(block, np.uint8)
    ends = np.flatnonzero(array == 10)
    offsets = np.concatenate([np.zeros(1, np.int64), ends + 1])
    text = pa.LargeStringArray.from_buffers(len(ends), pa.py_buffer(offsets), pa.py_buffer(block))
    line = pc.utf8_rtrim(text, "\r\n")
    numbers = np.arange(first, first + len(ends), dtype=np.int64)
    lengths = np.diff(offsets)
    spoilt: list[tuple[int, str, str]] = []
    if int(lengths.max(initial=0)) > LONGEST_LINE:
        long = np.flatnonzero(lengths > LONGEST_LINE)
        spoilt = [(int(numbers[i]), f"longer than {LONGEST_LINE >> 20} MiB", line[int(i)].as_py()[:4096]) for i in long]
        keep = pa.array(lengths <= LONGEST_LINE)
        line, numbers = line.filter(keep), numbers[np.asarray(keep)]
    return Chunk(table=batched(pa.table({"number": numbers, "line": line})), spoilt=spoilt, entries=len(ends), size=size)


def records(block: bytes, first: int, header: Sequence[str], delimiter: str, skip_header: bool) -> Chunk:
    """A block of CSV records as a table of strings. A record with another number of columns is spoilt, not fatal."""
    size = len(block)
    block = valid_text(block)
    wrong: list[object] = []

    def invalid(row: object) -> str:
        wrong.append(row)
        return "skip"

    table = None
    try:
        table = pa_csv.read_csv(
            pa.py_buffer(block),
            read_options=pa_csv.ReadOptions(
                column_names=list(header), skip_rows=1 if skip_header else 0, block_size=max(len(block) + 1, 1 << 16)
            ),
            parse_options=pa_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=invalid),
            convert_options=pa_csv.ConvertOptions(column_types={name: pa.string() for name in header}, strings_can_be_null=False),
        )
    except pa.ArrowException:  # a record that straddles the block, or text that is no CSV at all
        table = None
    if table is None or wrong or block.count(b'"') % 2:  # rare: the slow way knows which record it was
        table, spoilt, entries = _slow_records(block, first, header, delimiter, skip_header)
        return Chunk(table=table, spoilt=spoilt, entries=entries, size=size)
    numbers = pa.array(np.arange(first, first + table.num_rows, dtype=np.int64))
    return Chunk(table=batched(table.add_column(0, "number", numbers)), spoilt=[], entries=table.num_rows, size=size)


def _slow_records(
    block: bytes, first: int, header: Sequence[str], delimiter: str, skip_header: bool
) -> tuple[pa.Table, list[tuple[int, str, str]], int]:
    numbers: list[int] = []
    columns: list[list[str]] = [[] for _ in header]
    spoilt: list[tuple[int, str, str]] = []
    number = first - 1
    for row, why, text in itertools.islice(_rows(block, delimiter), int(skip_header), None):
        if not row and not why:
            continue
        number += 1
        if why:
            spoilt.append((number, why, text[:4096]))
        elif len(row) != len(header):
            spoilt.append((number, f"{len(row)} columns where the header has {len(header)}", text[:4096]))
        elif max(map(len, row)) > LONGEST_LINE:
            spoilt.append((number, f"longer than {LONGEST_LINE >> 20} MiB", text[:4096]))
        else:
            numbers.append(number)
            for column, value in zip(columns, row, strict=True):
                column.append(value)
    table = pa.table(
        {"number": pa.array(numbers, pa.int64()), **{n: pa.array(c, pa.string()) for n, c in zip(header, columns, strict=True)}}
    )
    return batched(table), spoilt, number - first + 1


def _rows(block: bytes, delimiter: str) -> Iterator[tuple[list[str], str, str]]:
    """Each record of a block: its values, why it is none ("" when it is one), and its text.

    A quote that is opened and never closed spoils the line it is opened in, not all that comes after.
    """
    csv.field_size_limit(1 << 30)
    lines = list(io.StringIO(block.decode(), newline=""))
    begin = 0
    for _ in range(_MOST_RESTARTS):
        base, rows = begin, csv.reader(itertools.islice(lines, begin, None), delimiter=delimiter)
        while True:
            try:
                row, why = next(rows), ""
            except StopIteration:
                return
            except csv.Error as cause:
                row, why = [], f"not CSV: {cause}"
            end = base + rows.line_num
            text = "".join(lines[begin:end])
            if end == len(lines) and _open(lines[begin:end], delimiter):
                yield [], _UNCLOSED, lines[begin]
                begin += 1
                break
            yield row, why, text
            begin = end
    yield from (([], _UNCLOSED, line) for line in lines[begin:])


def _open(record: list[str], delimiter: str) -> bool:
    try:
        list(csv.reader(record, delimiter=delimiter, strict=True))
    except csv.Error as cause:
        return "unexpected end" in str(cause)
    return False


def batched(table: pa.Table) -> pa.Table:
    """The same table in batches small enough that DuckDB's threads share it."""
    return pa.Table.from_batches(table.combine_chunks().to_batches(max_chunksize=_ROWS), table.schema)
