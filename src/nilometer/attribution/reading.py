"""Reading what is found on a forum, whatever it is: delimited text, SQL, JSON, spreadsheets, Parquet; any encoding, half broken.

Everything becomes tables of text columns, some ten thousand rows at a time. What cannot be read is counted and skipped, never
shown: a dump is other people's data. Nothing is written anywhere.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from nilometer.errors import InputError

SAMPLE: Final = 1 << 20
"""Bytes by which encoding and shape are recognised."""
PIECE: Final = 8 << 20
"""Bytes that are read at a time."""
_LONGEST: Final = 32 << 20
COLUMNS: Final = 500
"""Columns of a table that are looked at."""


_BINARY: Final = re.compile("[\x01-\x08\x0e-\x1b]")


class Stream(Protocol):
    """What bytes are read from."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes, none at the end."""
        ...


@dataclass(slots=True)
class Unreadable:
    """How many rows could not be read, so far."""

    rows: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Some rows of one of the dump's tables, as text (null where there is nothing). `table` is empty where the dump is one table.

    header: whether the names are a first line that only looks like names.
    """

    table: str
    rows: pa.Table
    header: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns; `column 1` and so on where there is no header."""
        return tuple(self.rows.column_names)


Reader = Callable[[Stream, Unreadable], Iterator[Rows]]


def tables(stream: Stream, label: str, unreadable: Unreadable) -> Iterator[Rows]:
    """All rows of a dump. Raises InputError when it is of no shape that can be read (`label` names it), ConfigError for a missing extra."""
    from nilometer.attribution import brokenjson, delimited, documents, sheets, statements  # they share what is defined here

    first = _filled(stream, SAMPLE)
    if not first:
        raise InputError(f"{label} is empty; expected a dump of people's data.")
    while b"\n" not in first and b"\r" not in first and len(first) < _LONGEST and (more := _filled(stream, SAMPLE)):
        first += more  # one line that is no row must not hide what the others are
    whole = _Again(first, stream)
    if first[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"):
        yield from sheets.rows(whole, label)
        return
    if first[:4] == b"PAR1":
        yield from sheets.parquet(whole, label)
        return
    encoding = encoding_of(first)
    sample = codecs.getincrementaldecoder(encoding)("replace").decode(first)
    text: Stream = Decoded(whole, encoding)
    head = sample[:4096]
    if len(_BINARY.findall(head)) > 0.02 * len(head) or head.count("\0") > 0.1 * len(head):
        raise InputError(
            f"{label} is no text, spreadsheet or Parquet file; expected CSV, SQL, JSON, xlsx or Parquet, plain or as gz, zst, bz2 or zip."
        )
    sample = sample.replace("\0", "")
    if "\r" in sample and "\n" not in sample:
        sample, text = sample.replace("\r", "\n"), _Ended(text)
    if brokenjson.looks(sample):
        yield from documents.rows(text, unreadable, label)
    elif statements.looks(sample):
        yield from statements.rows(text, unreadable)
    else:
        yield from delimited.rows(text, sample, unreadable)


def encoding_of(first: bytes) -> str:
    """The name of the encoding that bytes are probably in; wrong guesses cost only text that is not ASCII."""
    for mark, name in ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):  # fmt: skip
        if first.startswith(mark):
            return name
    pairs = first[: len(first) & ~1][:4096]
    if len(pairs) >= 8:
        for name, place in (("utf-16-le", 1), ("utf-16-be", 0)):
            zeros, others = pairs[place::2].count(0), pairs[1 - place :: 2].count(0)
            if zeros > len(pairs) * 0.2 and not others:
                return name
    body = first[:-4] if len(first) >= SAMPLE else first  # a character may be cut
    for name in ("utf-8", "gb18030"):
        try:
            text = body.decode(name) if name == "gb18030" else codecs.getincrementaldecoder(name)().decode(first, False)
        except UnicodeDecodeError:
            continue
        if name == "utf-8" or _chinese(text):
            return name
    return "cp1252"


def _chinese(text: str) -> bool:
    """Whether what is not ASCII is mostly of GB 2312: bytes of another encoding that GB 18030 can read, too, are signs beyond it."""
    beyond = [c for c in text if ord(c) > 0x7F][:20_000]
    pairs = [c.encode("gb18030", "replace") for c in beyond]
    common = sum(len(pair) == 2 and 0xA1 <= pair[0] <= 0xF7 and pair[1] >= 0xA1 for pair in pairs)
    return common > 0.8 * len(beyond)


class Decoded:
    """A stream as UTF-8, whatever it was; what does not decode becomes U+FFFD."""

    def __init__(self, stream: Stream, encoding: str) -> None:
        self._stream, self._ended = stream, False
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")

    def read(self, size: int = PIECE, /) -> bytes:
        """About `size` bytes, none at the end."""
        while not self._ended:
            raw = self._stream.read(size)
            self._ended = not raw
            text = self._decoder.decode(raw, self._ended)
            text = text.replace("\0", "")
            if text:
                return text.encode("utf-8", "replace")
        return b""


class _Ended:
    """UTF-8 whose lines end with a carriage return only, with line feeds."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def read(self, size: int, /) -> bytes:
        return self._stream.read(size).replace(b"\r", b"\n")


class _Again:
    """A stream whose beginning was read already."""

    def __init__(self, first: bytes, stream: Stream) -> None:
        self._first, self._stream = io.BytesIO(first), stream

    def read(self, size: int, /) -> bytes:
        return self._first.read(size) or self._stream.read(size)


def _filled(stream: Stream, size: int) -> bytes:
    parts = []
    while size > 0 and (part := stream.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def blocks(stream: Stream, longest: int = 8 * PIECE) -> Iterator[bytes]:
    """A stream in blocks that end with a line, some PIECE each; a line longer than `longest` is cut."""
    rest = b""
    while part := stream.read(PIECE):
        cut = part.rfind(b"\n") + 1
        if cut:
            yield rest + part[:cut]
            rest = part[cut:]
        else:
            rest += part
            if len(rest) > longest:
                yield rest
                rest = b""
    if rest:
        yield rest


def as_text(table: pa.Table) -> pa.Table:
    """All columns as text, empty ones as null; columns that hold no text (lists) are left out."""
    names, columns = [], []
    for name, column in zip(table.column_names, table.columns, strict=True):
        kind = column.type
        if pa.types.is_dictionary(kind):
            column = column.cast(kind.value_type)
            kind = column.type
        if pa.types.is_floating(kind):
            column = _whole(column)
        elif pa.types.is_nested(kind) or pa.types.is_null(kind):
            continue
        try:
            text = column.cast(pa.string())
        except pa.ArrowInvalid:
            continue
        names.append(name)
        columns.append(pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text))
    return pa.table(columns[:COLUMNS], names=unique(names[:COLUMNS]))


def _whole(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Whole numbers that went through a float, as whole numbers again."""
    try:
        return column.cast(pa.int64())
    except pa.ArrowInvalid:
        return column


def unique(names: list[str]) -> list[str]:
    """The names, those that come again with a number behind them."""
    found: dict[str, int] = {}
    out: list[str] = []
    for name in names:
        name = name.strip() or f"column {len(out) + 1}"
        found[name] = found.get(name, 0) + 1
        out.append(name if found[name] == 1 else f"{name} ({found[name]})")
    return out if len(set(out)) == len(out) else [f"{name} #{place}" for place, name in enumerate(out)]
