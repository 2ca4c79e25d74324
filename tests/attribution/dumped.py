"""Reading dumps in tests: everything that was read, and streams that give little at a time."""

from __future__ import annotations

import io

from hypothesis import strategies as st

from nilometer.attribution import reading
from nilometer.attribution.reading import Unreadable

HOSTILE = st.text(
    st.one_of(st.sampled_from("aZ9 ,;|\t:'\"\\()=@-ж中😀\u202e%"), st.characters(blacklist_categories=("Cs", "Cc"))),
    min_size=1,
    max_size=12,
)
"""Text of one line, with whatever has a meaning in some format."""


class Slow:
    """A stream that gives a few bytes at a time."""

    def __init__(self, content: bytes, size: int) -> None:
        self._stream, self._size = io.BytesIO(content), size

    def read(self, size: int, /) -> bytes:
        return self._stream.read(min(size, self._size))


def read(content: bytes, *, slowly: int = 0) -> tuple[list[dict[str, str | None]], int]:
    """All rows of all tables as dictionaries, and how many could not be read."""
    tally = Unreadable()
    stream = Slow(content, slowly) if slowly else io.BytesIO(content)
    found = [row for part in reading.tables(stream, "dump", tally) for row in part.rows.to_pylist()]
    return found, tally.rows


def cells(content: bytes, *, slowly: int = 0) -> list[list[str | None]]:
    """The values of all rows."""
    return [list(row.values()) for row in read(content, slowly=slowly)[0]]
