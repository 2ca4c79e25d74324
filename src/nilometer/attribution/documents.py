"""JSON: an object a line, a list of objects, or objects somewhere inside a document; nested names are joined with a dot."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
import pyarrow as pa
import pyarrow.json as pa_json

from nilometer.attribution.reading import Rows, Stream, Unreadable, as_text, blocks, unique
from nilometer.errors import InputError

_DEEP: Final = 6
_BATCH: Final = 50_000
LARGEST: Final = 4 << 30
"""Bytes of a document that is one value; objects line by line may be any number."""
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
    whole = [first]
    for block in parts:
        whole.append(block)
        if sum(map(len, whole)) > LARGEST:
            raise InputError(f"{label} is one JSON value of more than {LARGEST >> 30} GB; cut it into one object a line (`jq -c '.[]'`).")
    found = list(_tables(b"".join(whole), "", 0, unreadable))
    if not found:
        raise InputError(f"{label} is JSON without objects in it, or broken; expected a list of objects, or an object a line.")
    for name, objects in found:
        for begin in range(0, len(objects), _BATCH):
            yield from _parsed([bytes(one) for one in objects[begin : begin + _BATCH]], name, unreadable)


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
            objects = [one for one in _RAW.decode(raw) if _start(one) == b"{"]
            if objects:
                yield name, objects
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
