"""`make demo` and `make test` on a machine that cannot set itself up say in one message what is missing and leave nothing half made."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, absent

OLD = """#!/bin/sh
[ "$1" = --version ] && echo "Python 3.9.2" && exit
exec {python} -c "import sys; sys.version_info = (3, 9, 2, 'final', 0); exec(sys.argv[1])" "$2"
"""
WITHOUT_ENSUREPIP = """#!/bin/sh
exec {python} -c "import sys; sys.modules['ensurepip'] = None; exec(sys.argv[1])" "$2"
"""


def set_up(python: str | Path, place: Path) -> tuple[int, str]:
    """Makes the environment below `place` with this Python: the exit code and the message."""
    make = shutil.which("make") or absent("make")
    command = [make, f"PYTHON={python}", f"VENV={place / 'venv'}", str(place / "venv" / ".stamp-venv")]
    env = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}  # this may run below `make test`
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=300)
    return done.returncode, done.stderr


def pretender(place: Path, script: str) -> Path:
    """A Python that differs from this one as `script` says."""
    path = place / "python3"
    path.write_text(script.format(python=sys.executable))
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("script", "says"),
    [
        (OLD, "needs Python 3.11 or newer; '{path}' is Python 3.9.2. Name a newer one: make PYTHON="),
        (WITHOUT_ENSUREPIP, "apt-get install python{version}-venv"),
    ],
)
def test_an_unfit_python_is_named(tmp_path: Path, script: str, says: str) -> None:
    path = pretender(tmp_path, script)
    code, message = set_up(path, tmp_path)
    version = ".".join(map(str, sys.version_info[:2]))
    assert says.format(path=path, version=version) in message
    assert (code, (tmp_path / "venv").exists()) == (2, False)


def test_no_python_at_all_is_named(tmp_path: Path) -> None:
    code, message = set_up("python-that-is-not-here", tmp_path)
    assert "there is no 'python-that-is-not-here' here" in message
    assert (code, (tmp_path / "venv").exists()) == (2, False)


def test_a_fit_python_makes_the_environment_once(tmp_path: Path) -> None:
    assert set_up(sys.executable, tmp_path) == (0, "")
    stamp = tmp_path / "venv" / ".stamp-venv"
    before = stamp.stat().st_mtime_ns
    assert set_up(sys.executable, tmp_path) == (0, "")
    assert stamp.stat().st_mtime_ns == before
