"""The tree that the rules are about: its files, its rooms, its shelves."""

from __future__ import annotations

import ast
import fnmatch
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
SRC: Final = ROOT / "src"
PACKAGE: Final = SRC / "nilometer"

SURFACES: Final = ("cli", "api", "console", "adapters")
PURE: Final = ("disclosures", "findings", "detection", "gate.decide", "obligations", "tlog")
SHELVES: Final = (
    "sources.formats",
    "recognition.recognisers",
    "ledger.engines",
    "detection.detectors",
    "obligations.regimes",
    "response.actions",
    "exchange.forms",
    "simulation.scenarios",
    "app.evaluate.baselines",
)
"""As the design places them; a room that is not built yet is in none of the checks."""


def exists(name: str) -> bool:
    """Whether the room, shelf or module `name` (dotted, below nilometer) has been built."""
    place = PACKAGE.joinpath(*name.split("."))
    return place.with_suffix(".py").is_file() or (place / "__init__.py").is_file()


@cache
def ignored() -> tuple[str, ...]:
    """The patterns of .gitignore: what they match is made, not kept."""
    lines = (ROOT / ".gitignore").read_text().splitlines()
    return tuple(line.strip("/") for line in lines if line and not line.startswith("#"))


def is_ignored(name: str) -> bool:
    """Whether a file or folder of this name is made rather than kept."""
    return name == ".git" or any(fnmatch.fnmatch(name, pattern) for pattern in ignored())


def files(*suffixes: str, below: Path = ROOT) -> Iterator[Path]:
    """Every kept file below a folder, in order; with `suffixes`, only those."""
    for folder, folders, names in os.walk(below):
        folders[:] = sorted(name for name in folders if not is_ignored(name))
        for name in sorted(names):
            path = Path(folder, name)
            if not is_ignored(name) and (not suffixes or path.suffix in suffixes):
                yield path


def modules() -> Iterator[tuple[Path, ast.Module]]:
    """Every module of src, parsed."""
    for path in files(".py", below=PACKAGE):
        yield path, ast.parse(path.read_text(encoding="utf-8"), str(path))


def short(path: Path) -> str:
    """The path as a person at the root would type it."""
    return path.relative_to(ROOT).as_posix()


def dotted(path: Path) -> str:
    """The name of a module of src below nilometer: `sources.formats.nginx`; a package's own file has the package's name."""
    parts = list(path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(path: Path) -> str:
    """The top-level room that a module of src is in."""
    return dotted(path).split(".")[0]


def pure(path: Path) -> bool:
    """Whether a module of src is one that does no input or output and reads no clock."""
    name = dotted(path)
    return any(name == room or name.startswith(room + ".") for room in PURE)


def imported_as(tree: ast.Module) -> dict[str, str]:
    """What the names of a module stand for: {"dt": "datetime", "now": "datetime.datetime.now"}."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                names[alias.asname or alias.name.split(".")[0]] = alias.name if alias.asname else alias.name.split(".")[0]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def full_name(node: ast.expr, names: dict[str, str]) -> str | None:
    """`dt.datetime.now` as `datetime.datetime.now`; None when the expression is not a name."""
    if isinstance(node, ast.Name):
        return names.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        before = full_name(node.value, names)
        return before and f"{before}.{node.attr}"
    return None


def names_used(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Every dotted name that a module reads, in full, with its line."""
    names = imported_as(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
            name = full_name(node, names)
            if name:
                yield name, node.lineno
