"""Whole JSON documents that hold many entries, such as CloudTrail's `{"Records": [...]}`, or one entry a line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

import msgspec

from nilometer.errors import InputError

_BLANK: Final = re.compile(r"[\s,;\x1e]*")
_WRAPPERS: Final = ("Records", "records", "value", "Events", "events", "entries", "items", "logs")
"""Keys whose list holds the entries of a document."""

_WRAPPER_KEYS: Final = 4
"""An object with more keys than this is an entry itself, whatever lists it has."""

_OPENING: Final = re.compile(r'\s*(?:\{\s*"[^"\\]*"\s*:\s*)?\[')
_PARTS: Final = msgspec.json.Decoder(list[msgspec.Raw])
_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_SCAN: Final = json.JSONDecoder()


def entries(text: bytes | str) -> list[str]:
    """The entries of a document, each as the JSON text it has there.

    A document is an object with a list of entries (`{"Records": [...]}`), an array, or any number of these and of plain
    entries one after another (NDJSON, concatenated, pretty-printed). What is no JSON stays as a text of its own, a line
    each, so that it is counted as unreadable where it stands. Raises InputError when there is no JSON value at all.
    """
    whole = text if isinstance(text, str) else text.decode("utf-8", "backslashreplace")
    whole = whole.removeprefix("\ufeff")
    if not whole.strip():
        return []
    try:
        return list(_exploded(whole))
    except (msgspec.DecodeError, RecursionError):
        found, good = _scanned(whole)
    if not good:
        raise InputError("The document holds no JSON object; expected entries, an array of them, or an object with a list of them.")
    return found


def _exploded(text: str) -> Iterator[str]:
    """The entries of one JSON value: those of its list, or the value itself."""
    start = text.lstrip()[:1]
    if start == "[":
        for part in _PARTS.decode(text):
            yield bytes(part).decode()
        return
    if start == "{":
        parts = _OBJECT.decode(text)
        for key in _WRAPPERS:
            if key in parts and len(parts) <= _WRAPPER_KEYS and bytes(parts[key])[:1] == b"[":
                for part in _PARTS.decode(parts[key]):
                    yield bytes(part).decode()
                return
        yield text.strip()
        return
    raise msgspec.DecodeError("neither an object nor an array")


def _scanned(text: str) -> tuple[list[str], bool]:
    """Several values after one another, a broken-off document, or garbage between entries; and whether any was good."""
    found: list[str] = []
    good = False
    place = 0
    opened = _OPENING.match(text)
    if opened and _value(text, 0) is None:  # a document that breaks off: its whole entries are still entries
        place = opened.end()
    while place < len(text):
        place = _skip(text, place)
        if place >= len(text) or (text[place] in "]}" and not text[place:].strip(" \t\r\n]}")):
            break
        end = _value(text, place)
        if end is None:
            line = text.find("\n", place)
            line = len(text) if line < 0 else line
            found.append(text[place:line].strip())
            place = line
            continue
        piece = text[place:end]
        good = good or piece[:1] in "{["
        try:
            found.extend(_exploded(piece))
        except (msgspec.DecodeError, RecursionError):
            found.append(piece)
        place = end
    return found, good


def _skip(text: str, place: int) -> int:
    match = _BLANK.match(text, place)
    return match.end() if match else place


def _value(text: str, place: int) -> int | None:
    """Where the JSON value that begins at `place` ends; None when there is none."""
    try:
        return _SCAN.raw_decode(text, _skip(text, place))[1]
    except (ValueError, RecursionError):
        return None
