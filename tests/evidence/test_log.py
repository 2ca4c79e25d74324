"""The log: the same root however it grew, crashes at each step, and every way to go backwards is refused."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nilometer.errors import EvidenceError
from nilometer.evidence.log import Log
from nilometer.tlog import checkpoint, merkle
from nilometer.tlog.checkpoint import Checkpoint
from nilometer.tlog.note import SecretKey

KEY = SecretKey(name="example.com/log", seed=bytes(32))
AT = datetime(2026, 1, 1, tzinfo=UTC)
LEAVES = [f"leaf {n}".encode() for n in range(700)]


def made(folder: Path) -> Log:
    (folder / "log").mkdir(parents=True, exist_ok=True)
    return Log(folder / "log", KEY.public, folder / "second")


def root(size: int) -> bytes:
    return merkle.root([merkle.leaf_hash(leaf) for leaf in LEAVES[:size]])


@given(st.lists(st.integers(1, 700), min_size=1, max_size=6).map(sorted))
@settings(max_examples=25)
def test_the_same_root_however_it_grew(tmp_path_factory: pytest.TempPathFactory, sizes: list[int]) -> None:
    log = made(tmp_path_factory.mktemp("log"))
    for size in sizes:
        signed = log.extend(LEAVES[:size], KEY, AT)
        assert (signed.head.size, signed.head.root) == (size, root(size))
        assert checkpoint.verify(signed.note, [KEY.public])[0] == signed.head
    last = sizes[-1]
    for index in {0, last // 2, last - 1}:
        merkle.verify_inclusion(index, last, merkle.leaf_hash(LEAVES[index]), log.inclusion(index, last), root(last))
    for size in sizes:
        merkle.verify_consistency(size, last, log.consistency(size, last), root(size), root(last))
    entries = [entry for index in range(-(-last // 256)) for entry in log.bundle(index, last)]
    assert entries == LEAVES[:last]


def test_a_bundle_and_a_tile_have_no_narrow_leftovers(tmp_path: Path) -> None:
    log = made(tmp_path)
    for size in (3, 200, 260):
        log.extend(LEAVES[:size], KEY, AT)
    assert sorted(p.relative_to(log.folder).as_posix() for p in (log.folder / "tile").rglob("*") if p.is_file()) == [
        "tile/0/000",
        "tile/0/001.p/4",
        "tile/1/000.p/1",
        "tile/entries/000",
        "tile/entries/001.p/4",
    ]


@pytest.mark.parametrize("lost", ["checkpoint", "checkpoint and tiles"])
def test_after_a_crash_between_the_second_place_and_the_checkpoint_it_goes_on(tmp_path: Path, lost: str) -> None:
    log = made(tmp_path)
    log.extend(LEAVES[:10], KEY, AT)
    before = tmp_path / "before"
    shutil.copytree(log.folder, before)
    log.extend(LEAVES[:300], KEY, AT)
    if lost == "checkpoint":
        shutil.copyfile(before / "checkpoint", log.folder / "checkpoint")
    else:
        shutil.rmtree(log.folder)
        shutil.copytree(before, log.folder)
    for size in (300, 301):
        assert log.extend(LEAVES[:size], KEY, AT).head.root == root(size)


def test_a_log_that_was_rolled_back_signs_nothing(tmp_path: Path) -> None:
    log = made(tmp_path)
    log.extend(LEAVES[:10], KEY, AT)
    before = tmp_path / "before"
    shutil.copytree(log.folder, before)
    log.extend(LEAVES[:12], KEY, AT)
    shutil.rmtree(log.folder)
    shutil.copytree(before, log.folder)
    with pytest.raises(EvidenceError, match="rolled back: 12 entries were signed, 10 are here"):
        log.extend(LEAVES[:10], KEY, AT)
    with pytest.raises(EvidenceError, match="forked"):
        log.extend([*LEAVES[:10], b"another", b"another", b"another"], KEY, AT)
    head = log.head()
    assert head is not None
    assert head.head.size == 10


def test_a_rewritten_log_signs_nothing(tmp_path: Path) -> None:
    log = made(tmp_path)
    log.extend(LEAVES[:10], KEY, AT)
    for path in (log.folder / "checkpoint", log.folder / "tile"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(EvidenceError, match="forked"):
        log.extend([b"other", *LEAVES[1:11]], KEY, AT)


def test_without_its_second_place_it_signs_nothing(tmp_path: Path) -> None:
    log = made(tmp_path)
    log.extend(LEAVES[:10], KEY, AT)
    assert log.second is not None
    log.second.unlink()
    with pytest.raises(EvidenceError, match="evidence renew"):
        log.extend(LEAVES[:11], KEY, AT)


def test_changed_tiles_are_not_signed_over(tmp_path: Path) -> None:
    log = made(tmp_path)
    log.extend(LEAVES[:10], KEY, AT)
    path = log.folder / "tile" / "0" / "000.p" / "10"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(EvidenceError, match="not those that were signed"):
        log.extend(LEAVES[:11], KEY, AT)


def test_another_log_s_checkpoint_is_refused(tmp_path: Path) -> None:
    log = made(tmp_path)
    other = SecretKey(name="example.com/log", seed=b"1" * 32)
    (log.folder / "checkpoint").write_bytes(checkpoint.sign(Checkpoint(origin=other.name, size=1, root=root(1)), other))
    with pytest.raises(EvidenceError, match="no checkpoint of this home's log"):
        log.head()


def test_each_day_keeps_its_last_head(tmp_path: Path) -> None:
    log = made(tmp_path)
    for day, size in ((1, 3), (1, 5), (2, 9)):
        log.extend(LEAVES[:size], KEY, AT.replace(day=day))
    assert {day: signed.head.size for day, signed in log.days().items()} == {"2026-01-01": 5, "2026-01-02": 9}
