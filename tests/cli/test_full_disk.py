"""A disk that fills up: one clear message, nothing acknowledged lost, and all goes on once there is room."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from tests.cli.running import row, run, written


@pytest.fixture
def disk(tmp_path: Path, absent: Callable[[str], NoReturn]) -> Iterator[Path]:
    """A disk of its own of four megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    if os.geteuid() != 0:
        absent("only root can mount a small disk")
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m,mode=700", "none", place], capture_output=True, text=True, check=False)
    if done.returncode:
        absent(f"a small disk cannot be mounted here: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def fill_up(path: Path) -> None:
    """Takes every byte that is left."""
    with path.open("wb", buffering=0) as stream, contextlib.suppress(OSError):
        while True:
            stream.write(bytes(4096))


def test_a_full_disk(disk: Path, tmp_path: Path) -> None:
    home = disk / "home"
    small = written(tmp_path / "small.ndjson", [row(n) for n in range(100)])
    large = written(tmp_path / "large.ndjson", [row(n, account=f"account {n}", extra=os.urandom(80).hex()) for n in range(12_000)])
    assert run("ingest", small, home=home).code == 0
    (disk / "ballast").write_bytes(bytes(3_300_000))
    plain = written(tmp_path / "plain.ndjson", [row(n, session=f"s{n}", account=f"a{n}", request=n) for n in range(40_000)])
    for command in (("ingest", large), ("ingest", plain), ("ingest", large, "--json")):
        done = run(*command, home=home)
        assert (done.code, done.out) == (3, "")
        assert "What was acknowledged before is safe" in done.err
        assert "space" in done.err
        assert "Traceback" not in done.err
    fill_up(disk / "rest")
    done = run("ingest", large, home=home)
    assert done.code == 3
    assert "space" in done.err
    looked = run("who", "user-1", "--json", home=home)
    assert looked.code == 3
    assert "could not be recorded" in looked.err
    assert run("detect", home=home).code in (0, 3)
    assert run("actor", "app", "app-1", "--json", home=home).json["people"] == 100, "what was acknowledged can still be asked for"
    for name in ("rest", "ballast"):
        (disk / name).unlink()
    again = run("ingest", large, "--json", home=home)
    assert again.code == 0, again.err
    assert again.json["disclosures"] == 12_000
    assert run("actor", "app", "app-1", "--json", home=home).json["people"] == 12_000
    assert len(run("who", "user-1", "--json", home=home).json["exposures"]) == 2
    assert run("detect", "--json", home=home).code == 0


def test_standard_input_on_a_full_disk(disk: Path) -> None:
    home = disk / "home"
    assert run("init", home=home).code == 0
    done = run("ingest", "-", home=home, stdin=b'{"time":"2026-01-02T03:04:05Z","subject":1,"app":"a"}\n' * 100_000)
    assert (done.code, done.out) == (3, "")
    assert "space" in done.err
    assert run("ingest", "-", home=home, stdin=b'{"time":"2026-01-02T03:04:05Z","subject":1,"app":"a"}\n').code == 0


def test_a_full_disk_stops_erasing_and_keeps_everything(disk: Path, tmp_path: Path) -> None:
    home = disk / "home"
    log = written(tmp_path / "log.ndjson", [row(n, subject=f"u{n % 5000}", account=f"a{n}", request=n) for n in range(20_000)])
    assert run("ingest", log, home=home).code == 0
    fill_up(disk / "rest")
    done = run("erase", "u1", "u2", "--why", "asked", "--yes", home=home)
    assert (done.code, "space" in done.err) == (3, True), done.err
    (disk / "rest").unlink()
    assert run("who", "u1", "--json", home=home).json["exposures"]
    assert run("evidence", "verify", home, "--deep").code == 0
    assert run("erase", "u1", "u2", "--why", "asked", "--yes", home=home).code == 0
    assert run("who", "u1", "--json", home=home).json["exposures"] == []
    assert run("evidence", "verify", home, "--deep").code == 0
