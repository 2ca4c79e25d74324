"""Adding one thing is adding one file: every file on a shelf is found, and loads."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from nilometer import shelves
from nilometer.errors import ExtensionBroken
from tests.rules import tree

BUILT = [shelf for shelf in tree.SHELVES if tree.exists(shelf)]


@pytest.mark.parametrize("shelf", BUILT)
def test_every_file_on_the_shelf_is_found_and_loads(shelf: str) -> None:
    place = tree.PACKAGE.joinpath(*shelf.split("."))
    there = {path.stem for path in place.glob("*.py")} - {"__init__"}
    hidden = sorted(name for name in there if name.startswith("_"))
    assert hidden == [], f"{shelf}: a file that starts with _ is skipped in silence; put what the shelf shares beside it, not on it"
    assert set(shelves.modules(f"nilometer.{shelf}")) == there


def test_every_package_of_that_name_is_a_known_shelf() -> None:
    names = {shelf.rpartition(".")[2]: shelf for shelf in tree.SHELVES}
    for path in tree.files(".py", below=tree.PACKAGE):
        if path.name == "__init__.py" and path.parent.name in names:
            assert tree.dotted(path) == names[path.parent.name]


def test_a_broken_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = tmp_path / "planted_shelf"
    shelf.mkdir()
    (shelf / "__init__.py").touch()
    (shelf / "whole.py").write_text("x = 1")
    (shelf / "torn.py").write_text("x = (")
    monkeypatch.syspath_prepend(tmp_path)
    try:
        with pytest.raises(ExtensionBroken, match=r"planted_shelf\.torn"):
            shelves.modules("planted_shelf")
    finally:
        for name in [n for n in sys.modules if n.split(".")[0] == "planted_shelf"]:
            del sys.modules[name]
