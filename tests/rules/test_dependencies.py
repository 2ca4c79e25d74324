"""What src imports is declared, what is declared is locked with hashes, and every choice has its reason written down."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterable
from typing import Any, Final

import pytest

import nilometer
from tests.rules import tree

PROJECT: Final[dict[str, Any]] = tomllib.loads((tree.ROOT / "pyproject.toml").read_text())
PIN: Final = re.compile(r"^([a-z0-9][a-z0-9._-]*)==(\S+?)(?: ; (.+?))?(?: \\)?$", re.MULTILINE)


def name_of(requirement: str) -> str:
    """The name in a requirement such as `duckdb>=2.0,<3`."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found, requirement
    return found.group().lower().replace("_", "-")


IMPORTED_AS: Final = {"fpdf2": "fpdf"}
"""Packages that are imported by another name than the one they are installed by."""


def extras() -> set[str]:
    """The names of what the extras add."""
    return {name_of(r) for extra in PROJECT["project"]["optional-dependencies"].values() for r in extra}


def declared(group: str | None = None) -> set[str]:
    """The names of the runtime dependencies, or of a group with the groups it includes."""
    if group is None:
        return {name_of(r) for r in PROJECT["project"]["dependencies"]}
    names: set[str] = set()
    for entry in PROJECT["dependency-groups"][group]:
        names |= declared(entry["include-group"]) if isinstance(entry, dict) else {name_of(entry)}
    return names


def undeclared(module: ast.Module, known: Iterable[str]) -> list[str]:
    """The third-party packages that a module imports and that `known` does not hold."""
    roots: set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            roots |= {a.name.split(".")[0] for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            roots.add(node.module.split(".")[0])
    return sorted(roots - set(sys.stdlib_module_names) - {"nilometer"} - {IMPORTED_AS.get(k, k).replace("-", "_") for k in known})


def unhashed(lock: str) -> list[str]:
    """The pins of a lock that no hash follows."""
    pins = list(PIN.finditer(lock))
    ends = [p.start() for p in pins[1:]] + [len(lock)]
    return [p.group(1) for p, end in zip(pins, ends, strict=True) if "--hash=sha256:" not in lock[p.end() : end]]


def pins(name: str) -> dict[str, str]:
    """The versions that a lock file fixes."""
    return {p.group(1): p.group(2) for p in PIN.finditer((tree.ROOT / name).read_text())}


def test_what_is_imported_is_declared() -> None:
    assert {tree.short(p): u for p, module in tree.modules() if (u := undeclared(module, declared() | extras()))} == {}


def test_an_undeclared_import_is_seen() -> None:
    assert undeclared(ast.parse("import os\nimport left_pad.x\nfrom click import echo"), ["click"]) == ["left_pad"]


def test_what_is_declared_is_locked() -> None:
    assert declared() | declared("build") <= set(pins("requirements.lock"))
    assert declared("dev") <= set(pins("requirements-dev.lock"))


def test_both_locks_agree() -> None:
    development = pins("requirements-dev.lock")
    assert {n: v for n, v in pins("requirements.lock").items() if n in development and development[n] != v} == {}


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_every_pin_has_its_hashes(lock: str) -> None:
    assert unhashed((tree.ROOT / lock).read_text()) == []


def test_a_pin_without_hashes_is_seen() -> None:
    assert unhashed("a==1 \\\n    --hash=sha256:0\nb==2\n    # via a\nc==3 ; python_version > '3' \\\n    --hash=sha256:1\n") == ["b"]


def test_every_choice_has_its_reason() -> None:
    reasons = (tree.ROOT / "docs" / "decisions" / "0001-dependencies.md").read_text().lower()
    named = set(re.findall(r"^\| `([a-z0-9._-]+)`", reasons, re.MULTILINE))
    assert declared() | extras() | declared("dev") == named


def test_what_extras_add_is_tested() -> None:
    assert extras() <= declared("dev")


def test_the_version_is_written_the_same_twice() -> None:
    assert PROJECT["project"]["version"] == nilometer.__version__
