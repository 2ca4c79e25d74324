"""The manifest: what is stored is loaded, and no byte of it changes unseen."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from nilometer.errors import EvidenceError
from nilometer.ledger import manifest
from nilometer.ledger.manifest import Fold, Ingested, Manifest, Segment

SEGMENT = Segment(
    file="segments/1.parquet", rows=3, shown=2, first=1, last=9, size=80, sha256="ab", levels=["org", "app"], sealed="cd", salt="ef"
)
SOURCE = Ingested(
    label="a.log", format="nginx", head="1", digest="2", mapping="3", size=9, entries=3, disclosures=3, shown=2, unmatched=0, unreadable=0,
    complete=True, at="2026-01-01T00:00:00Z",
)  # fmt: skip
WHOLE = Manifest(
    generation=4, segments=[SEGMENT], folds=[Fold(file="folds/1.parquet", rows=2, covers=[SEGMENT.file])], names=["n"], sources=[SOURCE]
)


def test_what_is_stored_is_loaded(tmp_path: Path) -> None:
    manifest.store(tmp_path / "m.json", WHOLE)
    assert msgspec.structs.replace(manifest.load(tmp_path / "m.json"), check="") == WHOLE
    manifest.store(tmp_path / "m.json", manifest.load(tmp_path / "m.json"))
    assert msgspec.structs.replace(manifest.load(tmp_path / "m.json"), check="") == WHOLE


def test_a_manifest_of_before_the_digest_is_loaded(tmp_path: Path) -> None:
    plain = {name: value for name, value in msgspec.to_builtins(WHOLE).items() if name != "check"}
    (tmp_path / "m.json").write_bytes(msgspec.json.encode(plain))
    assert manifest.load(tmp_path / "m.json") == WHOLE


def test_no_bit_changes_unseen(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    manifest.store(path, WHOLE)
    good = path.read_bytes()
    for at in range(len(good)):
        for bit in (0, 4, 5):
            path.write_bytes(good[:at] + bytes([good[at] ^ 1 << bit]) + good[at + 1 :])
            with pytest.raises(EvidenceError, match=r"m\.json"):
                manifest.load(path)


def test_a_manifest_that_knows_more_is_not_taken_for_one_that_knows_less(tmp_path: Path) -> None:
    (tmp_path / "m.json").write_bytes(msgspec.json.encode({**msgspec.to_builtins(WHOLE), "more": 1, "check": ""}))
    with pytest.raises(EvidenceError, match=r"m\.json"):
        manifest.load(tmp_path / "m.json")
