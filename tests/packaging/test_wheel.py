"""What people install is the wheel: it is built, installed beside nothing of the checkout, and used."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT, absent
from tests.rules import tree


def run(*command: str | Path, cwd: Path) -> str:
    """Runs a command that must succeed, with nothing of this checkout in its environment, and answers what it printed."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV", "NILOMETER_", "PIP_"))}
    done = subprocess.run(command, cwd=cwd, env={**env, "PIP_NO_INDEX": "1"}, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", place, ROOT, cwd=place)
    (built,) = place.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of a fresh environment that has the wheel, and the dependencies of this one, but not this checkout."""
    try:
        import pip  # noqa: F401
    except ImportError:
        absent("pip, which the environment of make test has")
    place = tmp_path_factory.mktemp("installed") / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", place, cwd=place.parent)
    python = place / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-index", "--no-deps", wheel, cwd=place.parent)
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=place.parent).strip())
    lent = sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
    # Folders named in a .pth file are searched, but their own .pth files are not read: the editable install of this checkout stays out.
    (site / "lent.pth").write_text("\n".join(lent) + "\n")
    return place / "bin"


def test_the_wheel_holds_every_file_of_the_package(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if name.startswith("nilometer/")}
    kept = {path.relative_to(tree.SRC).as_posix() for path in tree.files(below=tree.PACKAGE)}
    assert held == kept
    assert "nilometer/py.typed" in held


def test_the_wheel_holds_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        assert {name.split("/")[0].split("-")[0] for name in archive.namelist()} == {"nilometer"}


def test_the_library_comes_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    where = run(installed / "python", "-c", "import nilometer; print(nilometer.__file__)", cwd=tmp_path).strip()
    assert Path(where).is_relative_to(installed.parent)


def test_every_shelf_is_full_in_the_wheel(installed: Path, tmp_path: Path) -> None:
    for shelf in filter(tree.exists, tree.SHELVES):
        code = f"from nilometer import shelves; print(*shelves.modules('nilometer.{shelf}'))"
        found = run(installed / "python", "-c", code, cwd=tmp_path).split()
        assert found == sorted(p.stem for p in tree.PACKAGE.joinpath(*shelf.split(".")).glob("*.py") if p.stem != "__init__")


def test_the_command_runs_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    import nilometer

    assert nilometer.__version__ in run(installed / "nilometer", "--version", cwd=tmp_path)
    assert "ingest" in run(installed / "nilometer", "--help", cwd=tmp_path)


def test_the_types_reach_whoever_installs_the_wheel(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "theirs.py").write_text("from nilometer.errors import InputError\nx: int = InputError('a')\n")
    mypy = [sys.executable, "-m", "mypy", "--python-executable", installed / "python", "--no-incremental", "theirs.py"]
    said = subprocess.run(mypy, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
    assert 'expression has type "InputError"' in said.stdout, said.stdout + said.stderr
