"""JSON that is broken: cut off, values behind each other, rubbish in between. What can be read of it is taken, the rest counted."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

from nilometer.attribution.reading import Unreadable

_OPENS: Final = re.compile(r"[\[{]")
_VALUE: Final = re.compile(r"\s*(?:\{\s*(?:[\"}]|$)|\[\s*(?:[\[{\"\]]|-?\d|(?:true|false|null)\b))")
_NO_JSON: Final = re.compile(r"\s*\[[^\[\]{}\"]*\]\s*[^\s,\[\]{]")
_FAILURES: Final = 1_000
"""Openings in a row behind which nothing can be read, after which there will be nothing."""


def looks(sample: str) -> bool:
    """Whether text begins as JSON does; `[vip]anna,138...` does not."""
    begin = sample.lstrip("\ufeff \t\r\n")
    return bool(_VALUE.match(begin)) and not _NO_JSON.match(begin)


def values(text: str, unreadable: Unreadable) -> Iterator[str]:
    """The widest lists and objects that are whole, as text. Raises nothing; what breaks off between them counts as one each."""
    decoder = json.JSONDecoder()
    at, failures, any_yet = 0, 0, False
    while failures < _FAILURES and (found := _OPENS.search(text, at)):
        at = found.start()
        try:
            _, end = decoder.raw_decode(text, at)
        except json.JSONDecodeError as cause:
            failures += 1
            unreadable.rows += any_yet
            at = max(cause.pos, at + 1) if any_yet else at + 1
            continue
        except RecursionError:  # nested for nesting's sake: nothing follows
            if any_yet:
                unreadable.rows += 1
                return
            failures += 1
            at += 1
            continue
        if text[at:end].strip("[]{} \t\r\n"):
            yield text[at:end]
            any_yet, failures = True, 0
        at = end
