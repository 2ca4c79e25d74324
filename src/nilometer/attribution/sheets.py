"""Spreadsheets (xlsx, xls, xlsb, ods; extra `excel`) and Parquet."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from nilometer.attribution.delimited import is_header
from nilometer.attribution.reading import COLUMNS, PIECE, Rows, Stream, as_text, unique
from nilometer.errors import ConfigError, InputError

LARGEST: Final = 2 << 30
"""Bytes of a file that must be held whole."""


def rows(stream: Stream, label: str) -> Iterator[Rows]:
    """All sheets of a workbook. Raises InputError when it cannot be opened, ConfigError without the extra."""
    try:
        import python_calamine as calamine
    except ImportError:
        raise ConfigError(f"{label} is a spreadsheet; reading it needs the extra `excel`: pip install 'nilometer[excel]'.") from None
    whole = io.BytesIO(_whole(stream, label))
    if zipfile.is_zipfile(whole) and not _book(whole):
        raise InputError(f"{label} is a zip archive within another file; unpack it first.")
    whole.seek(0)
    try:
        workbook = calamine.CalamineWorkbook.from_filelike(whole)
        for name in workbook.sheet_names:
            yield from _sheet(name, workbook.get_sheet_by_name(name).to_python(skip_empty_area=True))
    except (calamine.CalamineError, OSError, ValueError) as cause:
        raise InputError(f"{label} cannot be opened as a spreadsheet ({type(cause).__name__}): it is damaged, or has a password.") from None


def _book(whole: io.BytesIO) -> bool:
    """Whether a zip archive is a workbook."""
    try:
        with zipfile.ZipFile(whole) as archive:
            return any(name in ("xl/workbook.xml", "xl/workbook.bin", "content.xml") for name in archive.namelist())
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError):
        return True  # a damaged one: the reader says so


def _sheet(name: str, cells: list[list[Any]]) -> Iterator[Rows]:
    texts = [[_text(value) for value in row] for row in cells]
    texts = [row for row in texts if any(row)]
    if not texts:
        return
    width = min(COLUMNS, max(map(len, texts)))
    first = [value or "" for value in texts[0][:width]] + [""] * (width - len(texts[0]))
    others = [[value or "" for value in row] for row in texts[1:201]]
    header = is_header([value or f"column {place + 1}" for place, value in enumerate(first)], others)
    names = unique(first) if header else [f"column {place + 1}" for place in range(width)]
    body = texts[1:] if header else texts
    columns = [pa.array([row[place] if place < len(row) else None for row in body], pa.string()) for place in range(width)]
    if body:
        yield Rows(table=name, rows=as_text(pa.table(columns, names=names)), header=header)


def _text(value: Any) -> str | None:
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**63:
        return str(int(value))
    return str(value).strip() or None


def parquet(stream: Stream, label: str) -> Iterator[Rows]:
    """All rows of a Parquet file. Raises InputError when it is damaged."""
    try:
        with pq.ParquetFile(io.BytesIO(_whole(stream, label))) as held:
            for batch in held.iter_batches(batch_size=1 << 17):
                yield Rows(table="", rows=as_text(pa.Table.from_batches([batch])))
    except (pa.ArrowException, OSError) as cause:
        raise InputError(f"{label} cannot be read as Parquet ({type(cause).__name__}): it is damaged or cut off.") from None


def _whole(stream: Stream, label: str) -> bytes:
    parts = []
    size = 0
    while part := stream.read(PIECE):
        parts.append(part)
        size += len(part)
        if size > LARGEST:
            raise InputError(f"{label} has more than {LARGEST >> 30} GB; export it as CSV.")
    return b"".join(parts)
