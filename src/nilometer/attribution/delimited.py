"""Delimited text: commas, tabs, semicolons, bars or colons, with a header or without, or one value a line."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

import pyarrow as pa
import pyarrow.csv as pa_csv

from nilometer.attribution.reading import COLUMNS, Rows, Stream, Unreadable, as_text, blocks, unique

_DELIMITERS: Final = (",", "\t", ";", "|", ":")
_NONE: Final = "\x1f"
"""Stands for a delimiter where there is none: one value a line."""
_NULLS: Final = ("", "NULL", "null", "\\N", "None", "nan", "NaN", "N/A")
_LOOKED: Final = 200
_LINES: Final = 5
"""Lines that a quoted value goes on for at most."""
_VALUE: Final = re.compile(r"^[+(]?[\d\s().:/-]{4,}$|@|^[\da-fA-F-]{16,}$|^\d+$")


def rows(stream: Stream, sample: str, unreadable: Unreadable) -> Iterator[Rows]:
    """All rows; `sample` is the beginning as text, by which delimiter and header are recognised."""
    lines = [line for line in sample.lstrip("\ufeff").splitlines()[: _LOOKED + 1] if line.strip()]
    delimiter, width = shape(lines)
    first = _cells(lines[0], delimiter) if lines else []
    header = len(first) == width and is_header(first, [_cells(line, delimiter) for line in lines[1:]])
    names = unique(first[:COLUMNS]) if header else [f"column {place + 1}" for place in range(width)]
    waiting = header
    for block in blocks(stream):
        if waiting:
            block = block.lstrip(b"\xef\xbb\xbf\r\n \t")
            cut = block.find(b"\n") + 1
            block, waiting = (block[cut:] if cut else b""), False
        if block.strip():
            table = parsed(block, names, delimiter, unreadable)
            if table.num_rows:
                yield Rows(table="", rows=table)


def shape(lines: list[str]) -> tuple[str, int]:
    """The delimiter that cuts most lines into the same number of cells (two or more), and that number."""
    best, found = (0.0, 0), (_NONE, 1)
    for place, delimiter in enumerate(_DELIMITERS):
        whole = _rows(lines, delimiter)  # values may go on over several lines, unless a quote is never closed
        rows = whole if len(whole) > 0.3 * len(lines) else [_cells(line, delimiter) for line in lines]
        [(width, count)] = Counter(map(len, rows)).most_common(1) or [(1, 0)]
        score = (round(count / max(1, len(rows)), 2) if width >= 2 else 0.0, -place)
        if score > best and score[0] >= 0.5:
            best, found = score, (delimiter, width)
    return found


def is_header(first: list[str], others: list[list[str]]) -> bool:
    """Whether the first line names columns: distinct words none of which looks like a value, nor stands below in its column."""
    cells = [cell.strip() for cell in first]
    if not any(cells) or len(set(cells)) < len(cells) or any(_VALUE.search(cell) or len(cell) > 64 for cell in cells):
        return False
    if len(cells) == 1 and not re.fullmatch(r"[\w .#-]{1,40}", cells[0]):
        return False
    below = [{row[place].strip() for row in others if place < len(row)} for place in range(len(cells))]
    if any(cell in seen for cell, seen in zip(cells, below, strict=True) if cell):
        return False
    # a column that looks like values everywhere but in the first line has a name there; without one, words alone decide
    return not others or any(any(_VALUE.search(value) for value in seen) for seen in below) or all(cells)


def _rows(lines: list[str], delimiter: str) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter))
    except csv.Error:
        return []


def _cells(line: str, delimiter: str) -> list[str]:
    if delimiter == _NONE:
        return [line]
    try:
        return next(csv.reader(io.StringIO(line), delimiter=delimiter), [])
    except csv.Error:
        return line.split(delimiter)


def parsed(
    block: bytes, names: list[str], delimiter: str, unreadable: Unreadable, quote: str | bool = '"', escape: str | bool = False
) -> pa.Table:
    """A block of lines as a table of text; lines with another number of cells are counted as unreadable and left out."""
    wrong = 0

    def skip(row: pa_csv.InvalidRow) -> str:
        nonlocal wrong
        wrong += 1
        return "skip"

    try:
        table = _parsed(block, names, delimiter, quote, escape, skip)
    except pa.ArrowInvalid:  # a quote that nothing closes: quotes mean nothing then
        wrong = 0
        try:
            table = _parsed(block.replace(b"\0", b""), names, delimiter, False, escape, skip)
        except pa.ArrowInvalid:
            unreadable.rows += max(1, block.count(b"\n"))
            return as_text(pa.table([pa.array([], pa.string())] * len(names), names=names))
    if quote == '"' and table.num_rows + wrong < block.count(b"\n"):
        mended = _closed(block)
        if mended is not block:
            wrong = 0
            table = _parsed(mended, names, delimiter, quote, escape, skip)
    unreadable.rows += wrong
    return as_text(table)


def _closed(block: bytes) -> bytes:
    """The block without the quotes of lines whose last quote nothing closes soon: it would swallow everybody that follows."""
    lines = block.split(b"\n")
    odd = [place for place, line in enumerate(lines) if line.count(b'"') % 2]
    wrong, at = [], 0
    while at < len(odd):
        if at + 1 < len(odd) and odd[at + 1] - odd[at] <= _LINES:
            at += 2
        else:
            wrong.append(odd[at])
            at += 1
    for place in wrong:
        lines[place] = lines[place].replace(b'"', b"")
    return b"\n".join(lines) if wrong else block


def _parsed(block: bytes, names: list[str], delimiter: str, quote: str | bool, escape: str | bool, skip: object) -> pa.Table:
    return pa_csv.read_csv(
        pa.BufferReader(block),
        read_options=pa_csv.ReadOptions(column_names=names, use_threads=True, block_size=max(1 << 20, min(len(block) + 1, 1 << 30))),
        parse_options=pa_csv.ParseOptions(delimiter=delimiter, quote_char=quote, escape_char=escape, invalid_row_handler=skip),
        convert_options=pa_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), null_values=list(_NULLS), strings_can_be_null=True, check_utf8=False
        ),
    )
