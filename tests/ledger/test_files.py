"""Files that take another's place: whole or not at all, also when the process is killed in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nilometer.ledger import files

KILLED = """
import os, signal, sys
from pathlib import Path
from nilometer.ledger import files
with files.replaced(Path(sys.argv[1])) as stream:
    stream.write(b"user-1080")
    stream.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_kill_leaves_nothing_to_read(tmp_path: Path) -> None:
    target = tmp_path / "people.csv"
    target.write_text("old")
    done = subprocess.run([sys.executable, "-c", KILLED, str(target)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert target.read_text() == "old"
    descriptor = files._nameless(tmp_path)
    if descriptor is None:  # this file system knows no files without names
        files.sweep(target)
    else:
        os.close(descriptor)
    assert [path.name for path in tmp_path.iterdir()] == ["people.csv"]


def test_the_next_writer_sweeps_what_a_killed_one_left(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left = [f".p[1].csv.{gone.pid}.new", f".p[1].csv.{gone.pid}-{'0' * 16}.new"]
    kept = [f".p[1].csv.{os.getppid()}.new", ".p[1].csv.mine.new", f".other.csv.{gone.pid}.new", f".p1.csv.{gone.pid}.new"]
    for name in (*left, *kept):
        (tmp_path / name).write_text("user-1080")
    with files.replaced(tmp_path / "p[1].csv") as stream:
        stream.write(b"new")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*kept, "p[1].csv"])


def test_it_is_whole_private_and_follows_no_link(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("precious")
    target = tmp_path / "out"
    target.symlink_to(tmp_path / "precious")
    with files.replaced(target) as stream:
        stream.write(b"new")
        assert (tmp_path / "out").read_text() == "precious"
    assert (target.read_text(), target.is_symlink(), target.stat().st_mode & 0o777) == ("new", False, 0o600)
    assert (tmp_path / "precious").read_text() == "precious"


def test_nothing_is_left_when_anything_goes_wrong(tmp_path: Path) -> None:
    def broken() -> None:
        with files.replaced(tmp_path / "out") as stream:
            stream.write(b"half")
            raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        broken()
    assert list(tmp_path.iterdir()) == []
