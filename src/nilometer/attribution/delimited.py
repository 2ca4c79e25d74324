"""Delimited text: commas, tabs, semicolons, bars or colons, with a header or without, or one value a line."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from nilometer.attribution.reading import COLUMNS, Rows, Stream, Unreadable, as_text, blocks, unique

_DELIMITERS: Final = ("----", "::", "||", ",", "\t", ";", "|", "---", ":", "^")
"""Of two that cut as evenly the first is taken."""
_NONE: Final = "\x1f"
"""Stands for a delimiter where there is none (one value a line), and for those of several signs."""
_SPACE: Final = " "
NULLS: Final = ("", "NULL", "null", "\\N", "None", "nan", "NaN", "N/A")
"""What stands where there is no value."""
_LOOKED: Final = 200
_ROW: Final = 500_000  # signs of a line that is a row
_LINES: Final = 5
"""Lines that a quoted value goes on for at most."""
_VALUE: Final = re.compile(r"^[+(]?[\d\s().:/-]{4,}$|@|\d{5}|^(0x|\\x)?[\da-fA-F-]{16,}$|^\d+$|^\d(\.\d+)?[eE]\+?\d+$")
_LONG: Final = re.compile(r"^\d{7,}$|@|^(0x|\\x)?[\da-fA-F]{32,64}$")
_QUOTED: Final = re.compile(r"^\s*'[^']*'(?:.'[^']*')+\s*$")


def rows(stream: Stream, sample: str, unreadable: Unreadable) -> Iterator[Rows]:
    """All rows; `sample` is the beginning as text, by which delimiter and header are recognised."""
    lines = [line for line in re.split(r"\r?\n", sample.lstrip("\ufeff"), maxsplit=_LOOKED + 1)[: _LOOKED + 1] if line.strip()]
    lines = [line for line in lines if len(line) <= _ROW] or lines[:1]
    delimiter, width = shape(lines)
    quote = "'" if sum(bool(_QUOTED.match(line)) for line in lines) > 0.8 * len(lines) else '"'
    first = _cells(lines[0], delimiter, quote) if lines else []
    trailing = len(first) == width - 1 and all(line.rstrip().endswith(delimiter) for line in lines[1:])
    first += [""] * trailing
    header = len(first) == width and is_header(first, [_cells(line, delimiter, quote) for line in lines[1:]], named=width - trailing)
    width = min(width, COLUMNS)
    names = unique(first[:width]) if header else [f"column {place + 1}" for place in range(width)]
    waiting = header
    for block in blocks(stream):
        if waiting:
            block = block.lstrip(b"\xef\xbb\xbf\r\n \t")
            cut = block.find(b"\n") + 1
            block, waiting = (block[cut:] if cut else b""), False
        if block.strip():
            sign, block = _single(block, delimiter)
            if width == COLUMNS:
                block = _narrowed(block, sign.encode())
            table = parsed(block, names, sign, unreadable, quote, surplus=True)
            if table.num_rows:
                yield Rows(table="", rows=_plainly(table), header=header)


def shape(lines: list[str]) -> tuple[str, int]:
    """The delimiter that cuts most lines into the same number of cells (two or more), and that number."""
    best, found = (0.0, 0), (_NONE, 1)
    for place, delimiter in enumerate((*_DELIMITERS, _SPACE)):
        whole = _rows(lines, delimiter)  # values may go on over several lines, unless a quote is never closed
        rows = whole if len(whole) > 0.3 * len(lines) else [_cells(line, delimiter) for line in lines]
        [(width, count)] = Counter(map(len, rows)).most_common(1) or [(1, 0)]
        score = (round(count / max(1, len(rows)), 2) if width >= 2 else 0.0, -place)
        if delimiter == _SPACE and (found[1] > 1 or not _spaced(rows, width)):
            continue
        if score > best and score[0] >= 0.5:
            best, found = score, (delimiter, width)
    if (
        best[0] < 0.9 and found[0] in (_NONE, ":", "----") and len(lines) > 2
    ):  # a value, and behind it whatever has the delimiter in it, too
        for delimiter in (":", "----", "|", ";"):
            if sum(bool(_LONG.search(line.split(delimiter)[0])) and delimiter in line for line in lines) > 0.8 * len(lines):
                return delimiter, 2
    return found


def _spaced(rows: list[list[str]], width: int) -> bool:
    """Whether spaces stand between values, not within them: some column is phones, long numbers or addresses."""
    even = [row for row in rows if len(row) == width]
    if any(row[0][:1] in ("+", "(") for row in even[:_LOOKED]):
        return False
    return any(sum(bool(_LONG.search(row[place])) for row in even) > 0.8 * len(even) for place in range(width))


def _single(block: bytes, delimiter: str) -> tuple[str, bytes]:
    """A delimiter of one sign, and the block with it."""
    if delimiter == _SPACE:
        return _NONE, re.sub(rb" +", b"\x1f", re.sub(rb"(?m)^ +| +(?=\r?$)", b"", block))
    if len(delimiter) > 1:
        return _NONE, block.replace(delimiter.encode(), b"\x1f")
    return delimiter, block


def _narrowed(block: bytes, delimiter: bytes) -> bytes:
    """The block with the first COLUMNS cells of each line only."""
    return b"\n".join(delimiter.join(line.rstrip(b"\r").split(delimiter, COLUMNS)[:COLUMNS]) for line in block.split(b"\n"))


def _plainly(table: pa.Table) -> pa.Table:
    """Values without what spreadsheets put around numbers: `="138"`, `'138`, and 1.38E+10 where no digit is lost."""
    columns = []
    for column in table.columns:
        if pc.any(pc.match_substring_regex(column, r"^(='?\"?|')")).as_py():
            column = pc.replace_substring_regex(column, r'^="([^"]*)"$', r"\1")
            column = pc.replace_substring_regex(column, r"^'([^']*)'?$", r"\1")
        powers = pc.match_substring_regex(column, r"^\d(\.\d+)?[eE]\+?\d{1,2}$")
        if pc.any(powers).as_py():
            column = pc.if_else(powers, pa.chunked_array([[_unpowered(text) for text in column.to_pylist()]], pa.string()), column)
        columns.append(column)
    return as_text(pa.table(columns, names=table.column_names))


def _unpowered(text: str | None) -> str | None:
    """1.3800138E+7 as 13800138; as it is where digits are missing."""
    found = re.fullmatch(r"(\d)(?:\.(\d+))?[eE]\+?(\d{1,2})", text or "")
    if not found:
        return text
    digits, power = found.group(2) or "", int(found.group(3))
    if len(digits) < power or digits[power:].strip("0"):
        return text
    return found.group(1) + digits[:power]


def is_header(first: list[str], others: list[list[str]], *, named: int | None = None) -> bool:
    """Whether the first line names columns (the first `named`): distinct words none of which looks like a value, nor stands below in its column."""
    cells = [cell.strip() for cell in first[:named]]
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
    if len(delimiter) > 1 or delimiter == _SPACE:
        return [_cells(line, delimiter) for line in lines]
    try:
        return list(csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter))
    except csv.Error:
        return []


def _cells(line: str, delimiter: str, quote: str = '"') -> list[str]:
    if delimiter == _NONE:
        return [line]
    if len(delimiter) > 1 or delimiter == _SPACE:
        return line.split() if delimiter == _SPACE else line.split(delimiter)
    try:
        return next(csv.reader(io.StringIO(line), delimiter=delimiter, quotechar=quote), [])
    except csv.Error:
        return line.split(delimiter)


def parsed(
    block: bytes,
    names: list[str],
    delimiter: str,
    unreadable: Unreadable,
    quote: str | bool = '"',
    escape: str | bool = False,
    *,
    surplus: bool = False,
) -> pa.Table:
    """A block of lines as a table of text; lines with another number of cells are counted as unreadable and left out.

    surplus: lines with more cells are kept, the last one being all of the rest (a password may hold the delimiter).
    """
    wrong, longer = 0, list[list[str]]()

    def skip(row: pa_csv.InvalidRow) -> str:
        nonlocal wrong
        if surplus and row.actual_columns > row.expected_columns >= 2 and row.text:
            cells = _cells(row.text, delimiter, str(quote or '"'))
            longer.append([*cells[: len(names) - 1], delimiter.join(cells[len(names) - 1 :])])
        else:
            wrong += 1
        return "skip"

    try:
        table = _parsed(block, names, delimiter, quote, escape, skip)
    except pa.ArrowInvalid:  # a quote that nothing closes: quotes mean nothing then
        wrong, longer[:] = 0, []
        try:
            table = _parsed(block.replace(b"\0", b""), names, delimiter, False, escape, skip)
        except pa.ArrowInvalid:
            unreadable.rows += max(1, block.count(b"\n"))
            return as_text(pa.table([pa.array([], pa.string())] * len(names), names=names))
    if quote == '"' and table.num_rows + wrong + len(longer) < block.count(b"\n"):
        mended = _closed(block)
        if mended is not block:
            wrong, longer[:] = 0, []
            table = _parsed(mended, names, delimiter, quote, escape, skip)
    unreadable.rows += wrong
    if longer:
        rest = pa.table(
            [pa.array([row[place] for row in longer if len(row) == len(names)], pa.string()) for place in range(len(names))], names=names
        )
        unreadable.rows += len(longer) - rest.num_rows
        table = pa.concat_tables([table, rest])
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
            column_types=dict.fromkeys(names, pa.string()), null_values=list(NULLS), strings_can_be_null=True, check_utf8=False
        ),
    )
