"""One word, one meaning: names that mean nothing are not used, and work that is left is an issue, not a remark."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import pytest

from tests.rules import tree

EMPTY_WORDS: Final = frozenset(
    word for stem in ("user", "event", "item", "record", "manager", "service", "util", "helper") for word in (stem, stem + "s")
) | {"data", "info", "common", "core", "base"}

LEFT_UNDONE: Final = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")) + r")\b")
"""Spelt so that this file does not find itself."""

WRITTEN: Final = (".py", ".md", ".toml", ".html", ".css", ".js", ".sql", ".sh", ".cfg", ".yml", ".yaml")


def empty_names(paths: Iterable[str]) -> list[str]:
    """Module and folder names of src with a word in them that says nothing of what is inside."""
    wrong = set()
    for path in paths:
        for part in path.removesuffix(".py").split("/"):
            for word in part.lower().split("_"):
                if word in EMPTY_WORDS:
                    wrong.add(f"{path}: {word!r} says nothing; see the words of the design")
    return sorted(wrong)


def left_undone(name: str, text: str) -> list[str]:
    """The lines that put work off."""
    return [f"{name}:{n}: {line.strip()}" for n, line in enumerate(text.splitlines(), 1) if LEFT_UNDONE.search(line)]


def test_names_say_what_is_inside() -> None:
    assert empty_names(path.relative_to(tree.PACKAGE).as_posix() for path in tree.files(".py", below=tree.PACKAGE)) == []


@pytest.mark.parametrize("bad", ["utils.py", "ledger/base.py", "core/reach.py", "sources/csv_helpers.py", "users.py", "Manager.py"])
def test_an_empty_name_is_seen(bad: str) -> None:
    assert empty_names([bad])


def test_names_that_only_look_alike_are_fine() -> None:
    assert empty_names(["ledger/database.py", "detection/baselines.py", "sources/dataset.py", "app/score.py"]) == []


def test_nothing_is_put_off_in_a_remark() -> None:
    kept = [*tree.files(*WRITTEN), tree.ROOT / "Makefile"]
    assert [line for path in kept for line in left_undone(tree.short(path), path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("word", ["TO" + "DO", "FIX" + "ME"])
def test_a_remark_that_puts_off_is_seen(word: str) -> None:
    assert left_undone("a.py", f"x = 1\n# {word}: later\n") == [f"a.py:2: # {word}: later"]
    assert left_undone("a.py", "methodology = 1  # all done") == []
