"""The bag is written beside its place under a name of its own: no link is followed, nobody's file is written into or kept."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from nilometer.evidence import bag


def packed(out: Path, payload: Path) -> str:
    payload.mkdir(exist_ok=True)
    (payload / "a.txt").write_text("a")
    return bag.pack(payload, "case", {}, out, datetime(2026, 1, 1, tzinfo=UTC), lambda digest: digest.encode())


def test_a_link_that_lies_in_wait_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("precious")
    (tmp_path / "out.zip.new").symlink_to(tmp_path / "precious")
    packed(tmp_path / "out.zip", tmp_path / "payload")
    assert (tmp_path / "precious").read_text() == "precious"
    assert not (tmp_path / "out.zip").is_symlink()


def test_no_mode_of_a_file_that_was_there_is_kept(tmp_path: Path) -> None:
    for name in ("out.zip", "out.zip.new"):
        (tmp_path / name).write_text("old")
        (tmp_path / name).chmod(0o666)
    packed(tmp_path / "out.zip", tmp_path / "payload")
    assert (tmp_path / "out.zip").stat().st_mode & 0o777 == 0o600


def test_nothing_is_left_when_it_cannot_be_signed(tmp_path: Path) -> None:
    def refused(digest: str) -> bytes:
        raise ValueError(digest)

    (tmp_path / "payload").mkdir()
    with pytest.raises(ValueError, match=r"[0-9a-f]{64}"):
        bag.pack(tmp_path / "payload", "case", {}, tmp_path / "out.zip", datetime(2026, 1, 1, tzinfo=UTC), refused)
    assert [path.name for path in tmp_path.iterdir()] == ["payload"]
