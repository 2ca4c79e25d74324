"""Nouns and judgements do no input or output: what the import contract cannot see, because no import gives it away."""

from __future__ import annotations

import ast
from typing import Final

import pytest

from tests.rules import tree

TOUCHES: Final = ("open", "print", "input", "breakpoint", "exec", "eval", "__import__", "importlib.import_module")
TOUCHES_BELOW: Final = (
    "pyarrow.parquet",
    "pyarrow.dataset",
    "pyarrow.fs",
    "pyarrow.csv",
    "pyarrow.json",
    "pyarrow.feather",
    "pyarrow.memory_map",
    "pyarrow.OSFile",
    "pyarrow.input_stream",
    "pyarrow.output_stream",
    "numpy.load",
    "numpy.save",
    "numpy.savez",
    "numpy.fromfile",
    "numpy.memmap",
    "numpy.random.seed",
    "random.random",
    "random.randrange",
    "uuid.uuid4",
    "nilometer.clock.system_clock",
)


def touches(module: ast.Module) -> list[tuple[int, str]]:
    """Where a module reaches for the world."""
    found = set()
    for name, line in tree.names_used(module):
        if name in TOUCHES or any(name == t or name.startswith(t + ".") for t in TOUCHES_BELOW):
            found.add((line, name))
    for node in ast.walk(module):
        if isinstance(node, ast.Import | ast.ImportFrom):
            brought = [a.name for a in node.names] if isinstance(node, ast.Import) else [f"{node.module}.{a.name}" for a in node.names]
            found.update((node.lineno, b) for b in brought if any(b == t or b.startswith(t + ".") for t in TOUCHES_BELOW))
    return sorted(found)


def test_pure_rooms_touch_nothing() -> None:
    wrong = [f"{tree.short(path)}:{line}: {name}" for path, module in tree.modules() if tree.pure(path) for line, name in touches(module)]
    assert wrong == []


def test_there_are_pure_rooms() -> None:
    assert sum(tree.pure(path) for path, _ in tree.modules()) > 5


@pytest.mark.parametrize(
    "bad",
    [
        "x = open('a')",
        "import pyarrow.parquet as pq",
        "from pyarrow import parquet",
        "import pyarrow as pa\nx = pa.memory_map('a')",
        "import numpy as np\nx = np.load('a')",
        "from nilometer.clock import system_clock\nx = system_clock()",
        "from nilometer import clock\nx = clock.system_clock()",
        "print('x')",
        "import random\nx = random.random()",
    ],
)
def test_a_touch_is_seen(bad: str) -> None:
    assert touches(ast.parse(bad))


def test_what_touches_nothing_is_fine() -> None:
    assert (
        touches(ast.parse("import pyarrow as pa\nimport numpy as np\nx = pa.array([1])\nrng = np.random.default_rng(1)\nself.open = 1"))
        == []
    )
