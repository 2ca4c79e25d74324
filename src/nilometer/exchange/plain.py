"""Hostile text made plain: what came from a log can be in a document, a line or a cell without breaking or forging it."""

from __future__ import annotations

import hashlib
import ipaddress
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

LONGEST: Final = 400
"""Characters of an identifier at most; a longer one is cut and keeps a digest of the whole, so that two stay two."""
LONGEST_TEXT: Final = 4000
"""Characters of a sentence at most."""

_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_MARK: Final = "\u27e8U+"
_FORMULA: Final = re.compile(r"(^|[;,|\t\"])(\s*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")


class Plain(str):
    """Text that is plain already, of any length: made so once more, its marks would be marked."""

    __slots__ = ()


def clean(text: object, longest: int = LONGEST_TEXT) -> str:
    """`text` without anything invisible: control, direction and format characters, lone surrogates, noncharacters as ⟨U+000A⟩.

    Two texts that differ give two results: what already looks like such a mark is marked itself, and what is too long keeps a digest.
    """
    if isinstance(text, Plain):
        return text
    whole = text if isinstance(text, str) else str(text)
    if len(whole) > longest:
        digest = hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        whole = f"{whole[: longest - 20]}… #{digest}"
    if whole.isascii() and whole.isprintable():
        return whole
    whole = whole.replace(_MARK, "\u27e8U+27E8\u27e9U+")
    return "".join(f"{_MARK}{ord(c):04X}\u27e9" if _hidden(c) else c for c in whole)


def _hidden(char: str) -> bool:
    return unicodedata.category(char) in _HIDDEN or (ord(char) & 0xFFFE) == 0xFFFE or 0xFDD0 <= ord(char) <= 0xFDEF


def cleaned(value: Any) -> Any:
    """The same for every text in a JSON value, keys too; numbers that JSON has no word for (NaN, infinity) become null."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {clean(k, LONGEST): cleaned(v) for k, v in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [cleaned(v) for v in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    return value


def ident(text: object) -> str:
    """An identifier from a log, plain and at most LONGEST characters before marks."""
    return clean(text, LONGEST)


def cell(value: object) -> str:
    """`value` as the text of a CSV cell that no spreadsheet takes for a formula, whichever of , ; | tab it splits at.

    An apostrophe is put before = + - @ (and their full-width twins) at the start and after every separator: OWASP, "CSV Injection".
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return _FORMULA.sub(r"\1\2'", clean(value))


def listed(names: Iterable[str]) -> Plain:
    """Names from a log as a JSON array in one text: whatever is in a name, two names are never three; each is made plain first."""
    return Plain(json.dumps([ident(name) for name in names], ensure_ascii=False))


def dumped(value: Any, indent: int | None = None) -> str:
    """One JSON document (RFC 8259), keys sorted; every text in it must be `cleaned` already."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent, sort_keys=True)


def moment(text: str | None) -> datetime | None:
    """An RFC 3339 time as UTC; None for None. Raises ValueError for anything else."""
    if text is None:
        return None
    parsed = datetime.fromisoformat(text)
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)


def milliseconds(text: str | None) -> int | None:
    """An RFC 3339 time as milliseconds since 1970 (rounded down, exact): OCSF's timestamp_t, CEF's rt."""
    when = moment(text)
    if when is None:
        return None
    since = when - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


def stamp(text: str, digits: int = 3) -> str:
    """An RFC 3339 time in UTC with exactly so many digits (3 or 6) after the second, rounded down."""
    when = moment(text)
    assert when is not None
    return when.replace(tzinfo=None).isoformat(timespec="milliseconds" if digits == 3 else "microseconds") + "Z"


def address(text: str) -> str | None:
    """The IP address that a text is, in its shortest form, without a zone; None when it is none."""
    try:
        return str(ipaddress.ip_address(text)) if "%" not in text else None
    except ValueError:
        return None
