"""No file grows past what a person reads in one sitting."""

from __future__ import annotations

from typing import Final

from tests.rules import tree

LIMIT: Final = 600
ALLOWED: Final[dict[str, int]] = {}
"""Files that may be longer, with their length. It may only shrink: split a file instead of adding it here."""


def too_long(lengths: dict[str, int], allowed: dict[str, int]) -> list[str]:
    """What is wrong with the lengths of the files, and with the list of exceptions."""
    wrong = []
    for name, length in lengths.items():
        if length > allowed.get(name, LIMIT):
            wrong.append(f"{name} has {length} lines, at most {allowed.get(name, LIMIT)}: split it")
    for name, length in allowed.items():
        now = lengths.get(name, 0)
        if now <= LIMIT:
            wrong.append(f"{name} no longer needs its exception: remove it from ALLOWED")
        elif now < length:
            wrong.append(f"{name} has shrunk to {now} lines: lower its exception from {length}, so that it stays so")
    return wrong


def test_files_are_short() -> None:
    lengths = {tree.short(path): len(path.read_text(encoding="utf-8").splitlines()) for path in tree.files(".py")}
    assert len(lengths) > 20
    assert too_long(lengths, ALLOWED) == []


def test_a_long_file_is_seen() -> None:
    assert too_long({"a.py": LIMIT}, {}) == []
    assert too_long({"a.py": LIMIT + 1}, {}) == ["a.py has 601 lines, at most 600: split it"]


def test_an_exception_may_only_shrink() -> None:
    assert too_long({"a.py": 700}, {"a.py": 700}) == []
    assert "at most 700" in too_long({"a.py": 701}, {"a.py": 700})[0]
    assert "lower its exception" in too_long({"a.py": 650}, {"a.py": 700})[0]
    assert "no longer needs" in too_long({"a.py": 10}, {"a.py": 700})[0]
    assert "no longer needs" in too_long({}, {"gone.py": 700})[0]
