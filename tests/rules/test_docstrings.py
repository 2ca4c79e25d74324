"""Every module, and every function and class that others may use, says in a sentence what it is."""

from __future__ import annotations

import ast

import pytest

from tests.rules import tree


def silent(module: ast.Module) -> list[tuple[int, str]]:
    """What a module leaves without a docstring: itself, and its public functions and classes."""
    found = [] if not module.body or ast.get_docstring(module) else [(1, "the module")]
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            if not ast.get_docstring(node) and not _overloaded(node):
                found.append((node.lineno, node.name))
    return found


def _overloaded(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    return any(isinstance(d, ast.Name) and d.id == "overload" for d in node.decorator_list)


def test_everything_public_says_what_it_is() -> None:
    assert [f"{tree.short(path)}:{line}: {name}" for path, module in tree.modules() for line, name in silent(module)] == []


@pytest.mark.parametrize("bad", ["x = 1", '"""M."""\ndef f(): ...', '"""M."""\nclass C:\n    x = 1', '"""M."""\nasync def f(): ...'])
def test_silence_is_seen(bad: str) -> None:
    assert silent(ast.parse(bad))


def test_what_speaks_or_is_private_is_fine() -> None:
    assert silent(ast.parse('"""M."""\ndef f():\n    """F."""\ndef _g(): ...\nclass C:\n    """C."""\n    def m(self): ...')) == []
    assert silent(ast.parse("")) == []
