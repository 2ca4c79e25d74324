"""Detection through the library: the answer comes first, whatever happens to what is kept of it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest

import nilometer as nm
from nilometer.app import doctor
from nilometer.app.watching import FOLDER
from nilometer.errors import EngineError, EvidenceError
from tests.app.test_watching import DAYS, life, on
from tests.cli.running import run


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with everything ingested and looked at but for the last two days."""
    folder = tmp_path_factory.mktemp("detect") / "home"
    folder.mkdir()
    (folder / "nilometer.toml").write_text('[evidence]\nsecond_place = "second.checkpoint"\n')
    with nm.open(folder) as home:
        home.ingest(on(life(), 0, DAYS - 2))
        home.detect()
        home.ingest(on(life(), DAYS - 2, DAYS))
    return folder


@pytest.fixture
def home(full: Path, tmp_path: Path) -> Path:
    shutil.copytree(full, tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture(scope="module")
def expected(full: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    copy = tmp_path_factory.mktemp("expected") / "home"
    shutil.copytree(full, copy)
    shutil.rmtree(copy / FOLDER)
    with nm.open(copy) as opened:
        found = [one.id for one in opened.detect()]
    assert found
    return found


def runs(home: Path) -> list[Path]:
    return sorted((home / FOLDER).glob("run-*.npy"))


@pytest.mark.parametrize("how", ["zeros", "empty", "a byte", "header", "junk"])
def test_a_damaged_run_is_seen_and_changes_nothing(home: Path, expected: list[str], how: str) -> None:
    for path in runs(home):
        data = np.load(path)
        if how == "zeros":
            np.save(path, np.zeros_like(data))
        elif how == "a byte" and len(data):
            data[len(data) // 2] ^= 1
            np.save(path, data)
        else:
            path.write_bytes({"empty": b"", "junk": b"junk", "header": path.read_bytes()[:64]}.get(how, path.read_bytes()))
    with nm.open(home) as opened:
        if how != "a byte":
            assert "watch" in {check.about for check in doctor.examine(opened.home)}
        assert [one.id for one in opened.detect()] == expected
        assert "watch" not in {check.about for check in doctor.examine(opened.home)}


def test_a_damaged_run_is_not_taken_for_the_one_that_is_written_anew(home: Path, expected: list[str]) -> None:
    for path in runs(home):
        path.write_bytes(path.read_bytes()[:-1] + b"\xff")
    for _ in range(2):
        with nm.open(home) as opened:
            assert [one.id for one in opened.detect()] == expected


def test_watch_being_a_file_costs_no_answer(home: Path, expected: list[str]) -> None:
    shutil.rmtree(home / FOLDER)
    (home / FOLDER).write_text("x")
    told: list[str] = []
    with nm.open(home) as opened:
        assert [one.id for one in opened.detect(tell=told.append)] == expected
    assert len(told) == 1
    assert "cannot be kept" in told[0]


@pytest.fixture
def small(tmp_path: Path, absent: Callable[[str], NoReturn]) -> Iterator[Path]:
    """A disk of its own with little room, where this account may have one."""
    place = tmp_path / "disk"
    place.mkdir()
    if (
        os.geteuid() != 0
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", place], check=False, capture_output=True).returncode
    ):
        absent("no disk of its own can be mounted here")
    yield place
    subprocess.run(["umount", "-l", place], check=False)


def test_a_full_disk_costs_no_answer(home: Path, small: Path, expected: list[str]) -> None:
    shutil.copytree(home, small / "home")
    (small / "fill").write_bytes(bytes(shutil.disk_usage(small).free - 8192))
    seen: list[list[str]] = []
    with nm.open(small / "home") as opened, pytest.raises(EngineError):
        opened.detect(seen=lambda found: seen.append([one.id for one in found]))
    assert seen == [expected]
    done = run("detect", "--json", home=small / "home")
    assert (done.code, [one["id"] for one in done.json["findings"]]) == (3, expected)
    (small / "fill").unlink()
    with nm.open(small / "home") as opened:
        assert [one.id for one in opened.detect()] == expected
    assert not list((small / "home" / FOLDER).glob("*.new"))


def test_a_dispute_with_the_sealed_log_comes_after_the_findings(home: Path, expected: list[str]) -> None:
    journal = home / "evidence" / "journal.ndjson"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:-1]))
    with nm.open(home) as opened:
        seen: list[list[str]] = []
        with pytest.raises(EvidenceError):
            opened.detect(seen=lambda found: seen.append([one.id for one in found]))
        assert seen == [expected]
    done = run("detect", home=home)
    assert done.code == 3
    assert expected[0] in done.out
    assert "nilometer:" in done.err


def test_new_files_are_for_the_owner_only_from_the_first_byte(home: Path) -> None:
    before = os.umask(0)
    try:
        with nm.open(home) as opened:
            opened.detect()
    finally:
        os.umask(before)
    assert all(path.stat().st_mode & 0o077 == 0 for path in (home / FOLDER).iterdir())
