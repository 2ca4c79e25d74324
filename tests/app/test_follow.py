"""follow: a real process on a file that grows, is rotated, cut short and compressed; stopped and killed; nothing lost, nothing twice."""

from __future__ import annotations

import gzip
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import Popen

import pytest

from nilometer.app import assembly
from tests.cli.running import finished, lines, row, run, start, written

EVERY = "0.1"


class Following:
    """A log that is written to, and who follows it."""

    def __init__(self, folder: Path) -> None:
        self.log, self.home = folder / "access.log", folder / "home"
        self.process: Popen[bytes] | None = None
        self.given = 0

    def start(self) -> None:
        self.process = start("follow", self.log, "--every", EVERY, home=self.home)

    def stop(self, how: int) -> int:
        assert self.process is not None
        assert self.process.poll() is None, self.process.stderr and self.process.stderr.read()
        self.process.send_signal(how)
        done = finished(self.process)
        assert "Traceback" not in done.err
        self.process = None
        return done.code

    def write(self, count: int = 3, part: bytes = b"") -> None:
        """Whole lines, and perhaps part of another."""
        with self.log.open("ab") as stream:
            stream.write(lines(row(self.given + n) for n in range(count)) + part)
        self.given += count

    def stored(self) -> int:
        opened = assembly.open_home(self.home)
        try:
            return sum(s.rows for s in opened.ledger.manifest.segments)
        finally:
            opened.close()

    def wait(self) -> None:
        """Until everything given is stored, and then a little, in case more comes than should."""
        deadline = time.monotonic() + 120
        while self.stored() < self.given and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(0.3)
        assert self.stored() == self.given


@pytest.fixture
def following(tmp_path: Path) -> Iterator[Following]:
    made = Following(tmp_path)
    run("init", home=made.home)
    yield made
    if made.process is not None:
        made.process.kill()
        made.process.communicate()


def test_growing_rotating_stopping_and_going_on(following: Following) -> None:
    f = following
    f.write()
    f.start()
    f.wait()
    f.write(part=lines([row(99_999)])[:30])
    f.wait()
    with f.log.open("ab") as stream:  # the rest of the line
        stream.write(lines([row(99_999)])[30:])
    f.given += 1
    f.wait()
    f.write()
    f.log.rename(f.log.with_name("access.log.1"))  # renamed before it was read to its end
    time.sleep(0.3)
    f.write()
    f.wait()
    assert f.stop(signal.SIGINT) == 130
    f.write()
    f.start()
    f.wait()
    f.stop(signal.SIGKILL)
    f.write()
    f.start()
    f.wait()
    assert f.stop(signal.SIGTERM) != 0
    assert run("actor", "app", "app-1", "--json", home=f.home).json["people"] == f.given
    again = run("ingest", f.log, f.log.with_name("access.log.1"), "--json", home=f.home).json
    assert (again["disclosures"], again["duplicates"]) == (0, f.given)


def test_copied_and_cut_short(following: Following) -> None:
    f = following
    f.write()
    f.start()
    f.wait()
    f.write()  # not yet read, perhaps
    shutil.copyfile(f.log, f.log.with_name("access.log.1"))
    os.truncate(f.log, 0)
    time.sleep(0.3)
    f.write(7)  # longer than before
    f.wait()


@pytest.mark.parametrize("pack", ["rename", "gzip"])
def test_rotated_twice_while_nobody_followed(following: Following, pack: str) -> None:
    f = following
    once: Callable[[], int] = lambda: run("follow", f.log, "--once", home=f.home).code  # noqa: E731
    written(f.log.with_name("access.log.5"), [row(50_000)]).touch()
    os.utime(f.log.with_name("access.log.5"), (1, 1))
    f.write()
    assert once() == 0
    f.write()
    for number in (2, 1):
        old = f.log.with_name(f"access.log.{number}")
        f.log.rename(old)
        if pack == "gzip":
            old.with_name(old.name + ".gz").write_bytes(gzip.compress(old.read_bytes()))
            old.unlink()
        time.sleep(0.02)
        f.write()
    assert once() == 0
    assert f.stored() == f.given, "what was there before following began is left to ingest"
    assert once() == 0
    assert f.stored() == f.given


def test_once_and_what_cannot_be_followed(following: Following, tmp_path: Path) -> None:
    f = following
    f.write(part=b'{"time":')
    done = run("follow", f.log, "--once", home=f.home)
    assert (done.code, f.stored()) == (0, 3)
    for source, says in (
        (tmp_path / "missing", "does not exist"),
        (tmp_path, "is a folder"),
        ("kafka://broker/topic", "only growing files"),
    ):
        done = run("follow", source, "--once", home=f.home)
        assert done.code == 2
        assert says in done.err
    assert run("follow", written(tmp_path / "prose", b"once upon a time\n"), "--once", home=f.home).code == 2
    assert run("follow", f.log, "--once", "--mapping", written(tmp_path / "m.toml", b"x = 1"), home=f.home).code == 2


def test_somebody_else_writing_is_waited_for(following: Following) -> None:
    f = following
    f.write()
    opened = assembly.open_home(f.home)
    with opened.ledger.writing("somebody else"):
        f.start()
        time.sleep(1.5)
        assert f.process is not None
        assert f.process.poll() is None
    opened.close()
    f.wait()
