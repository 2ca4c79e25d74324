"""Each import contract of pyproject.toml is seen to fail: a violation is planted in an empty copy of the tree, and exactly that contract breaks.

The copy has the files of src and of the rooms that the design still plans, without their contents, so that nothing else can break.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, Final

import pytest

from tests.rules import tree

CONTRACTS: Final[dict[str, dict[str, Any]]] = {
    contract["id"]: contract for contract in tomllib.loads((tree.ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
}

PLANNED: Final = (
    "api", "console", "adapters", "response", "exchange", "evidence", "obligations", "attribution", "cases", "gate", "gate.memory", "recognition", "tlog",
    "app", "cli", "simulation", "detection", "findings", "sources", "ledger", "disclosures", *tree.SHELVES,
)  # fmt: skip
MODULES: Final = (
    "canonical",
    "clock",
    "errors",
    "ids",
    "shelves",
    "disclosures.raw",
    "disclosures.actor",
    "app.flow",
    "app.settings",
    "cli.main",
)

PLANTED: Final = [
    # contract, the module it is planted in, what is planted
    ("layers", "errors", "import nilometer.findings.planted"),
    ("layers", "ledger.planted", "from nilometer.detection import planted"),
    ("layers", "disclosures.planted", "from nilometer import findings"),
    ("layers", "sources.planted", "from nilometer.ledger import planted"),
    ("layers", "obligations.planted", "from nilometer.evidence import planted"),
    ("layers", "exchange.planted", "from nilometer.response import planted"),
    ("layers", "canonical", "from nilometer import clock"),
    ("layers", "simulation.planted", "def late():\n    from nilometer.app import flow"),
    ("layers", "pyramid", ""),
    ("surfaces", "cli.planted", "from nilometer.ledger import planted"),
    ("surfaces", "cli.planted", "from nilometer.gate.planted import x"),
    ("surfaces", "cli.planted", "from nilometer.shelves import modules"),
    ("sources-and-detectors", "cases.planted", "from nilometer.sources import planted"),
    ("sources-and-detectors", "attribution.planted", "from nilometer.detection.detectors import planted"),
    ("sources-and-detectors", "app.planted", "from nilometer.detection.detectors import planted"),
    ("sources-and-detectors", "evidence.planted", "from nilometer.sources.formats.planted import x"),
    ("shelf-formats", "sources.formats.planted", "from nilometer.sources.formats import planted_too"),
    ("shelf-engines", "ledger.engines.planted", "import nilometer.ledger.engines.planted_too"),
    ("shelf-detectors", "detection.detectors.planted", "from nilometer.detection.detectors.planted_too import x"),
    ("shelf-scenarios", "simulation.scenarios.planted", "from nilometer.simulation.scenarios import planted_too"),
    ("shelf-baselines", "app.evaluate.baselines.planted", "from nilometer.app.evaluate.baselines.planted_too import x"),
    ("shelf-forms", "exchange.forms.planted", "from nilometer.exchange.forms import planted_too"),
    ("shelf-actions", "response.actions.planted", "from nilometer.response.actions.planted_too import x"),
    ("raw-identifiers", "ledger.planted", "from nilometer.disclosures.raw import RAW"),
    ("raw-identifiers", "detection.planted", "from nilometer.disclosures import raw"),
    ("drivers", "app.planted", "import duckdb"),
    ("drivers", "ledger.planted", "import sqlite3"),
    ("drivers", "sources.planted", "import sqlite3"),
    ("drivers", "detection.planted", "from duckdb import sql"),
    ("redis", "gate.planted", "import redis"),
    ("redis", "ledger.engines.planted", "from redis.asyncio import Redis"),
    ("pure", "findings.planted", "import os.path"),
    ("pure", "detection.detectors.planted", "from pathlib import Path"),
    ("pure", "disclosures.planted", "import time"),
    ("pure", "detection.planted", "from subprocess import run"),
    ("pure", "findings.planted", "import msgspec"),
]  # fmt: skip

ALLOWED: Final = [
    ("cli.planted", "from nilometer.app import flow\nfrom nilometer import errors\nfrom nilometer.disclosures.actor import x"),
    ("app.planted", "from nilometer import sources, detection\nfrom nilometer.disclosures.raw import RAW"),
    ("sources.planted", "import duckdb, os, gzip"),
    ("ledger.engines.planted", "import duckdb"),
    ("gate.memory.planted", "import redis"),
    ("detection.planted", "import math, datetime\nfrom nilometer.findings import planted"),
]


def skeleton(place: Path) -> Path:
    """An empty copy of the tree, with the rooms that are still planned, below `place`."""
    names = {tree.dotted(path) + (".__init__" if path.stem == "__init__" else "") for path in tree.files(".py", below=tree.PACKAGE)}
    names |= {f"{room}.{name}" for room in PLANNED for name in ("__init__", "planted", "planted_too")} | set(MODULES) | {"__init__"}
    for name in names:
        path = place.joinpath("nilometer", *name.strip(".").split(".")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    shutil.copy(tree.ROOT / "pyproject.toml", place)
    return place


def checked(place: Path) -> tuple[set[str], str]:
    """The ids of the contracts that do not hold in the tree below `place`, and what import-linter said."""
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache", "--config", "pyproject.toml"],
        cwd=place,
        env={**os.environ, "COLUMNS": "400", "PYTHONPATH": str(place), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    verdicts = dict(re.findall(r"^(.+?) (KEPT|BROKEN)\b", done.stdout, re.MULTILINE))
    names = {contract["name"]: ident for ident, contract in CONTRACTS.items()}
    assert set(verdicts) == set(names), done.stdout + done.stderr
    found = {names[name] for name, verdict in verdicts.items() if verdict == "BROKEN"}
    assert bool(found) == (done.returncode != 0)
    return found, done.stdout


def broken(place: Path) -> set[str]:
    """The ids of the contracts that do not hold in the tree below `place`."""
    return checked(place)[0]


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return skeleton(tmp_path_factory.mktemp("bare"))


def plant(place: Path, module: str, code: str) -> Path:
    path = place.joinpath("nilometer", *module.split(".")).with_suffix(".py")
    path.write_text(code)
    return path


@pytest.mark.parametrize(("contract", "module", "code"), PLANTED)
def test_a_planted_violation_breaks_its_contract_and_no_other(bare: Path, contract: str, module: str, code: str) -> None:
    new = not bare.joinpath("nilometer", *module.split(".")).with_suffix(".py").exists()
    path = plant(bare, module, code)
    try:
        assert broken(bare) == {contract}
    finally:
        path.write_text("")
        if new:
            path.unlink()


def test_what_is_allowed_breaks_nothing(bare: Path) -> None:
    paths = [plant(bare, module, code) for module, code in ALLOWED]
    try:
        assert broken(bare) == set()
    finally:
        for path in paths:
            path.write_text("")


def test_every_contract_has_been_broken_on_purpose() -> None:
    assert {contract for contract, _, _ in PLANTED} == set(CONTRACTS)


def test_the_tree_itself_keeps_every_contract(tmp_path: Path) -> None:
    shutil.copytree(tree.PACKAGE, tmp_path / "nilometer", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(tree.ROOT / "pyproject.toml", tmp_path)
    found, said = checked(tmp_path)
    assert not found, said


def unplaced(built: set[str]) -> list[str]:
    """The rooms of `built` that a contract about their kind does not name."""
    wrong = []
    for kind, contract in ((tree.SURFACES, "surfaces"), (tree.PURE, "pure")):
        named = set(CONTRACTS[contract]["source_modules"])
        wrong += [
            f"{room} belongs into source_modules of contract {contract}"
            for room in kind
            if room in built and f"nilometer.{room}" not in named
        ]
    shelves = {module for contract in CONTRACTS.values() for module in contract.get("modules", [])}
    wrong += [f"shelf {s} needs an independence contract" for s in tree.SHELVES if s in built and f"nilometer.{s}.*" not in shelves]
    return wrong


def test_every_room_is_named_by_the_contracts_about_its_kind() -> None:
    assert unplaced({name for name in (*tree.SURFACES, *tree.PURE, *tree.SHELVES) if tree.exists(name)}) == []


def test_an_unplaced_room_is_seen() -> None:
    assert unplaced({"console"}) == ["console belongs into source_modules of contract surfaces"]
    assert unplaced({"obligations"}) == ["obligations belongs into source_modules of contract pure"]
    assert unplaced({"recognition.recognisers"}) == ["shelf recognition.recognisers needs an independence contract"]
