"""JSON: an object or a list a line, a list of them, or objects somewhere inside a document; nested names are joined with a dot."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
import pyarrow as pa
import pyarrow.json as pa_json

from nilometer.attribution import brokenjson
from nilometer.attribution.reading import COLUMNS, Rows, Stream, Unreadable, as_text, blocks, unique
from nilometer.errors import InputError

_DEEP: Final = 6
_BATCH: Final = 50_000
LARGEST: Final = 1 << 30
"""Bytes of a document that is one value, of which three to four times as much is held; objects line by line may be any number."""
_FEW: Final = 3
_RAW: Final = msgspec.json.Decoder(list[msgspec.Raw])
_FIELDS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


def rows(stream: Stream, unreadable: Unreadable, label: str) -> Iterator[Rows]:
    """All rows. Raises InputError for a document too large to be held, or one that holds no objects."""
    parts = blocks(stream)
    first = next(parts, b"").lstrip(b"\xef\xbb\xbf \t\r\n")
    lines = [line for line in first.split(b"\n")[:50] if line.strip()]
    if _by_line(lines):
        yield from _lines(first, unreadable)
        for block in parts:
            yield from _lines(block, unreadable)
        return
    whole, size = [first], len(first)
    del first
    for block in parts:
        whole.append(block)
        size += len(block)
        if size > LARGEST:
            raise InputError(f"{label} is one JSON value of more than {LARGEST >> 30} GB; cut it into one object a line (`jq -c '.[]'`).")
    text = b"".join(whole)
    whole.clear()
    found = _whole(text, unreadable)
    if not found:
        raise InputError(
            f"{label} is JSON without objects or lists of values in it, or broken from the beginning; expected a list of objects, or an object a line."
        )
    del text
    while found:
        name, some = found.pop(0)
        for begin in range(0, len(some), _BATCH):
            batch = some[begin : begin + _BATCH]
            if _start(batch[0]) == b"{":
                yield from _parsed([bytes(one) for one in batch], name, unreadable)
            else:
                yield from _lists(batch, name, unreadable)


def _whole(text: bytes, unreadable: Unreadable) -> list[tuple[str, list[msgspec.Raw]]]:
    """All rows of a document; of one that is broken those that can be read."""
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
        return list(_tables(text, "", 0, unreadable))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    found: dict[tuple[str, bytes], list[msgspec.Raw]] = {}
    for one in brokenjson.values(text.decode("utf-8", "replace"), unreadable):
        raw = msgspec.Raw(one.encode())
        if _start(raw) == b"[" and not any(_start(inner) in (b"{", b"[") for inner in _RAW.decode(raw)):
            found.setdefault(("", b"["), []).append(raw)
            continue
        tables = [("", [raw])] if _start(raw) == b"{" and not _inside(raw) else list(_tables(raw, "", 0, unreadable))
        for name, some in tables:
            found.setdefault((name, _start(some[0])), []).extend(some)
    return [(name, some) for (name, _), some in found.items()]


def _inside(raw: msgspec.Raw) -> bool:
    """Whether an object holds rows rather than being one: some list of objects or lists."""
    return any(
        _start(value) == b"[" and any(_start(one) in (b"{", b"[") for one in _RAW.decode(value)) for value in _FIELDS.decode(raw).values()
    )


def _lists(rows: Sequence[msgspec.Raw], name: str, unreadable: Unreadable) -> Iterator[Rows]:
    """Rows that are lists, or single values."""
    read = []
    for raw in rows:
        try:
            value = msgspec.json.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            unreadable.rows += 1
            continue
        read.append([_scalar(one) for one in (value if isinstance(value, list) else [value])[:COLUMNS]])
    width = max(map(len, read), default=0)
    if width:
        columns = [pa.array([row[place] if place < len(row) else None for row in read], pa.string()) for place in range(width)]
        yield Rows(table=name, rows=as_text(pa.table(columns, names=[f"column {place + 1}" for place in range(width)])))


def _scalar(value: Any) -> str | None:
    return next((text for _, text in _flat(value, "", 0)), None) if not isinstance(value, dict) else None


def _by_line(lines: Sequence[bytes]) -> bool:
    """Whether the lines are objects each: NDJSON, or a list with an object a line."""
    kept = [_stripped(line) for line in lines]
    kept = [line for line in kept if line not in (b"", b"[", b"]")]
    return len(kept) > 1 and sum(_object(line) for line in kept) > 0.5 * len(kept)


def _stripped(line: bytes) -> bytes:
    line = line.strip()
    if line[:1] == b"[":
        line = line[1:].lstrip()
    if line[-1:] == b"]" and not line.endswith(b"[]"):
        line = line[:-1].rstrip()
    return line.rstrip(b",").rstrip()


def _object(raw: bytes) -> bool:
    try:
        return raw[:1] == b"{" and bool(_FIELDS.decode(raw))
    except msgspec.DecodeError:
        return False


def _lines(block: bytes, unreadable: Unreadable) -> Iterator[Rows]:
    found = [_stripped(line) if line[-1:] in b",]" or line[:1] == b"[" else line for line in (one.strip() for one in block.split(b"\n"))]
    objects = [line for line in found if line[:1] == b"{"]
    unreadable.rows += sum(bool(line.strip(b"[],")) for line in found) - len(objects)
    for begin in range(0, len(objects), _BATCH):
        yield from _parsed(objects[begin : begin + _BATCH], "", unreadable)


def _tables(raw: bytes | msgspec.Raw, name: str, deep: int, unreadable: Unreadable) -> Iterator[tuple[str, list[msgspec.Raw]]]:
    """Lists of objects, and objects whose values are objects (`{"4711": {...}}`), wherever they are."""
    try:
        if _start(raw) == b"[":
            every = _RAW.decode(raw)
            objects = [one for one in every if _start(one) == b"{"]
            lists = [one for one in every if _start(one) == b"["]
            unreadable.rows += len(every) - len(objects) - len(lists) if objects or lists else 0
            if objects:
                yield name, objects
            if lists:
                yield name, lists
            if not objects and not lists and deep < 2 and len(every) >= (_FEW if deep else 1):
                yield name, every
        elif _start(raw) == b"{" and deep < _DEEP:
            fields = _FIELDS.decode(raw)
            inside = [one for one in fields.values() if _start(one) == b"{"]
            if len(inside) >= 3 and len(inside) > 0.8 * len(fields):
                yield name, [_keyed(key, one) for key, one in fields.items() if _start(one) == b"{"]
                return
            for key, one in fields.items():
                if _start(one) in (b"{", b"["):
                    yield from _tables(one, f"{name}.{key}" if name else key, deep + 1, unreadable)
            if fields and deep == 0 and not any(_start(one) in (b"{", b"[") for one in fields.values()):
                yield name, [msgspec.Raw(bytes(raw))]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        unreadable.rows += 1


def _start(raw: bytes | msgspec.Raw) -> bytes:
    return bytes(memoryview(raw)[:64]).lstrip()[:1]


def _keyed(key: str, value: msgspec.Raw) -> msgspec.Raw:
    """An object with the name that it stood under as one more value."""
    rest = bytes(value).strip()[1:].lstrip()
    return msgspec.Raw(b'{"key":' + msgspec.json.encode(key) + (b"" if rest == b"}" else b",") + rest)


def _parsed(objects: list[bytes], name: str, unreadable: Unreadable) -> Iterator[Rows]:
    """Objects as a table: by Arrow where all have the same shape, else one by one."""
    if not objects:
        return
    try:
        table = pa_json.read_json(
            pa.BufferReader(b"\n".join(objects)), parse_options=pa_json.ParseOptions(newlines_in_values=True),
            read_options=pa_json.ReadOptions(block_size=max(1 << 20, min(sum(map(len, objects)) * 2, (1 << 31) - 1))),
        )  # fmt: skip
        if table.num_rows != len(objects):
            raise pa.ArrowInvalid("not an object each")
        for _ in range(_DEEP):
            if any(pa.types.is_struct(column.type) for column in table.columns):
                table = table.flatten()
        texts = [_text(column) for column in table.columns]
        table = pa.table(texts, names=unique(table.column_names))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowKeyError):
        table = _slowly(objects, unreadable)
    if table.num_rows:
        yield Rows(table=name, rows=as_text(table))


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Arrow reads what looks like a time as a time, which loses how it was written; nothing that identifies people is one."""
    return column.cast(pa.string()) if pa.types.is_timestamp(column.type) else column


def _slowly(objects: Sequence[bytes], unreadable: Unreadable) -> pa.Table:
    columns: dict[str, dict[int, str]] = {}
    count = 0
    for raw in objects:
        try:
            made = msgspec.json.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            unreadable.rows += 1
            continue
        for name, value in _flat(made, "", 0):
            columns.setdefault(name, {})[count] = value
        count += 1
    names = list(columns)
    return pa.table([pa.array([columns[name].get(place) for place in range(count)], pa.string()) for name in names], names=unique(names))


def _flat(value: Any, name: str, deep: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and deep < _DEEP:
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else key, deep + 1)
    elif isinstance(value, bool | list | dict) or value is None:
        return
    else:
        text = str(value)
        yield name, re.sub(r"\.0$", "", text) if isinstance(value, float) else text
