"""The home's journal: clocks that go back, writers at once, keys that are lost, disks that are full, and processes that are killed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import nilometer as nm
from nilometer.app import custody, detect, journal
from nilometer.errors import ConfigError, EvidenceError
from tests.app import case_home
from tests.cli.running import finished, lines, row, run, start, written

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def home_at(folder: Path) -> Path:
    folder.mkdir()
    (folder / "nilometer.toml").write_text(f'[evidence]\nsecond_place = "{folder.parent / "second"}"\n')
    return folder


def test_a_clock_that_goes_back_is_an_entry_and_noticed(tmp_path: Path) -> None:
    home = home_at(tmp_path / "home")
    with nm.open(home) as opened:
        for at in (NOW, NOW - timedelta(days=3), NOW - timedelta(days=3, seconds=-1)):
            journal.record(opened.home, "lookup", {"subject": "00"}, clock=lambda at=at: at)  # type: ignore[misc]
        kinds = [entry.kind for entry in journal.entries(opened.home)]
        [behind] = journal.entries(opened.home, "clock")
    assert kinds == ["lookup", "clock", "lookup", "lookup"]
    assert behind.body["behind_seconds"] == 3 * 86_400
    said = custody.verify(home)
    assert said["holds"], said["wrong"]
    assert any("clock was set back" in text for text in said["noticed"])


def test_small_corrections_of_a_clock_are_nothing(tmp_path: Path) -> None:
    home = home_at(tmp_path / "home")
    with nm.open(home) as opened:
        for back in (0, 1):
            journal.record(opened.home, "lookup", {"subject": "00"}, clock=lambda back=back: NOW - timedelta(seconds=back))  # type: ignore[misc]
        assert [entry.kind for entry in journal.entries(opened.home)] == ["lookup"] * 2
    assert custody.verify(home)["noticed"] == []


WRITER = """
import sys
import nilometer as nm
from nilometer.app import journal
with nm.open(sys.argv[1]) as home:
    for n in range(25):
        journal.record(home.home, "lookup", {"by": sys.argv[2], "n": n})
"""


def test_writers_at_once_give_one_log(tmp_path: Path) -> None:
    home = home_at(tmp_path / "home")
    with nm.open(home):
        pass
    processes = [subprocess.Popen([sys.executable, "-c", WRITER, str(home), str(which)]) for which in range(3)]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    with nm.open(home) as opened:
        said = [(entry.body["by"], entry.body["n"]) for entry in journal.entries(opened.home, "lookup")]
    assert sorted(said) == [(str(which), n) for which in range(3) for n in range(25)]
    for which in range(3):
        assert [n for by, n in said if by == str(which)] == list(range(25))
    assert custody.verify(home)["holds"]


def test_keys_that_are_lost_or_shown_to_others_are_refused(tmp_path: Path) -> None:
    home = home_at(tmp_path / "home")
    with nm.open(home) as opened:
        journal.record(opened.home, "lookup", {"subject": "00"})
    secret = home / "keys" / "log.skey"
    secret.chmod(0o644)
    with nm.open(home) as opened, pytest.raises(ConfigError, match="chmod 600"):
        journal.record(opened.home, "lookup", {"subject": "00"})
    secret.chmod(0o600)
    content = secret.read_bytes()
    secret.unlink()
    with nm.open(home) as opened, pytest.raises(ConfigError, match="missing"):
        journal.record(opened.home, "lookup", {"subject": "00"})
    secret.write_bytes(b"no key")
    secret.chmod(0o600)
    with nm.open(home) as opened, pytest.raises(ConfigError, match="not a signing key"):
        journal.record(opened.home, "lookup", {"subject": "00"})
    secret.write_bytes(content)
    with nm.open(home) as opened:
        journal.record(opened.home, "lookup", {"subject": "00"})
        assert len(journal.entries(opened.home)) == 2


def test_a_second_place_that_holds_more_stops_signing(tmp_path: Path) -> None:
    home = home_at(tmp_path / "home")
    with nm.open(home) as opened:
        journal.record(opened.home, "lookup", {"n": 1})
        kept = {path: path.read_bytes() for path in (home / "evidence").rglob("*") if path.is_file()}
        journal.record(opened.home, "lookup", {"n": 2})
    for path in list((home / "evidence").rglob("*")):
        if path.is_file() and path not in kept:
            path.unlink()
    for path, content in kept.items():
        path.write_bytes(content)
    with nm.open(home) as opened, pytest.raises(EvidenceError, match="rolled back"):
        journal.record(opened.home, "lookup", {"n": 3})


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_killed_around_sealing_nothing_looks_like_tampering(tmp_path: Path) -> None:
    rng, until = random.Random(11), time.monotonic() + 40  # a slow machine kills less often, but at least until something was acknowledged
    home = home_at(tmp_path / "home")
    case_home.made(home)
    logs = [written(tmp_path / f"{n}.ndjson", lines([row(1000 * n + i, subject=f"k{n}-{i}") for i in range(60)])) for n in range(30)]
    acknowledged = 0
    for n, log in enumerate(logs):
        if acknowledged and time.monotonic() > until:
            break
        commands = (("ingest", log), ("detect",), ("evidence", "seal"), ("who", f"k{n}-1"))
        process = start(*commands[n % 4], home=home)
        time.sleep(0.15 + rng.random() * 0.6)
        process.send_signal(signal.SIGKILL)
        finished(process)
        said = custody.verify(home)
        assert said["holds"], (n, commands[n % 4], said["wrong"])
        if n % 5 == 4:
            assert run("ingest", log, home=home).code == 0
            acknowledged += 1
            assert run("evidence", "seal", home=home).code == 0
    assert acknowledged
    assert run("detect", home=home).code == 0
    said = custody.verify(home, deep=True)
    assert (said["holds"], [text for text in said["noticed"] if "clock" not in text]) == (True, []), said["wrong"]
    with nm.open(home) as opened:
        for n in range(4, 5 * acknowledged, 5):
            assert opened.who(f"k{n}-1")["exposures"], n


def test_older_findings_put_back_are_found_and_a_crash_in_between_is_none(tmp_path: Path) -> None:
    home = tmp_path / "home"
    case_home.made(home)
    kept = home / detect.FILE
    before = kept.read_bytes()
    second = case_home.grown(home)
    after = kept.read_bytes()
    assert custody.verify(home)["noticed"] == []
    kept.write_bytes(before)
    said = custody.verify(home)
    assert not said["holds"]
    assert f"The finding {second} was open when findings were sealed last" in said["wrong"]
    (home / detect.ASIDE).write_bytes(after)  # as a crash behind the seal leaves it
    said = custody.verify(home)
    assert said["holds"], said["wrong"]
    assert any("`nilometer detect` keeps the fresh ones" in text for text in said["noticed"])
    (home / detect.ASIDE).write_bytes(before)
    assert not custody.verify(home)["holds"], "what is aside must be what was sealed last"
    with nm.open(home) as opened:
        opened.detect()
    said = custody.verify(home)
    assert (said["holds"], said["noticed"]) == (True, []), said["wrong"]
