"""Simulate, don't mock: a test that has to patch what it tests shows that a seam is missing."""

from __future__ import annotations

import ast

import pytest

from tests.rules import tree


def patches(module: ast.Module) -> list[tuple[int, str]]:
    """Where a test replaces something behind the back of the code under test. Environment and folder may be set."""
    found = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            found.update((node.lineno, a.name) for a in node.names if _is_mock(a.name))
        elif isinstance(node, ast.ImportFrom):
            found.update((node.lineno, f"{node.module}.{a.name}") for a in node.names if _is_mock(f"{node.module}.{a.name}"))
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if (node.value.id, node.attr) in {("monkeypatch", "setattr"), ("monkeypatch", "delattr"), ("monkeypatch", "setitem")}:
                found.add((node.lineno, f"monkeypatch.{node.attr}"))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.update((node.lineno, "mocker") for a in node.args.args if a.arg == "mocker")
    return sorted(found)


def _is_mock(name: str) -> bool:
    return name.split(".")[0] in {"mock", "pytest_mock"} or name == "unittest.mock" or name.startswith("unittest.mock.")


def test_no_test_patches() -> None:
    wrong = []
    for path in tree.files(".py", below=tree.ROOT / "tests"):
        module = ast.parse(path.read_text(encoding="utf-8"), str(path))
        wrong += [f"{tree.short(path)}:{line}: {name}; pass the thing in instead" for line, name in patches(module)]
    assert wrong == []


@pytest.mark.parametrize(
    "bad",
    [
        "import unittest.mock",
        "from unittest import mock",
        "from unittest.mock import patch",
        "import mock",
        "def test_x(mocker): ...",
        "def test_x(monkeypatch):\n    monkeypatch.setattr('a.b', 1)",
    ],
)
def test_a_patch_is_seen(bad: str) -> None:
    assert patches(ast.parse(bad))


def test_environment_and_folder_may_be_set() -> None:
    assert (
        patches(ast.parse("import unittest\ndef test_x(monkeypatch):\n    monkeypatch.setenv('A', 'b')\n    monkeypatch.chdir('c')")) == []
    )
