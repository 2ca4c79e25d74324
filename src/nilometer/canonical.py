"""One spelling for one thing: the canonical form that is hashed, wherever the value comes from."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any, Final

_FLOAT_ARTEFACT: Final = re.compile(r"^(-?[0-9]{1,18})\.0+$")


def identifier(value: str | int) -> str:
    """The canonical form of an identifier: trimmed, NFC, and `1750.0` (a number that went through a float) as `1750`.

    Case and leading zeros stay: only the platform knows whether they matter.
    """
    if isinstance(value, int):
        return str(value)
    text = value.strip()
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    artefact = _FLOAT_ARTEFACT.match(text)
    return artefact.group(1) if artefact else text


def json_bytes(value: Any) -> bytes:
    """`value` as JSON with sorted keys and no spaces, in UTF-8: the same value gives the same bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
