"""The write path: all or nothing, one writer, nothing half visible, nothing changed unseen."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from nilometer.disclosures.pseudonym import Key
from nilometer.errors import EngineError, EvidenceError
from nilometer.ledger import manifest, vault
from nilometer.ledger.ledger import Ledger
from tests.ledger.stored import BEGIN, KEY, fill, source, table


def row(number: int) -> dict[str, object]:
    nothing = dict.fromkeys(("org", "account", "session", "ip", "user_agent", "surface", "fields", "reference", "request", "block"))
    return {**nothing, "time": BEGIN, "subject": number, "app": 7, "status": 200, "shown": True, "step": 0}


@pytest.fixture
def held(tmp_path: Path) -> Ledger:
    return fill(Ledger(tmp_path, KEY, threads=1), [[row(1), row(2)], [row(3)]])


def files(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()} - {"lock", "manifest.json"}


def test_what_is_not_committed_is_not_there(held: Ledger) -> None:
    generation = held.manifest.generation
    with contextlib.suppress(ZeroDivisionError), held.writing("a test") as writer:
        writer.add(table([row(9)]))
        raise ZeroDivisionError
    assert held.subjects() == 3
    assert held.manifest.generation == generation
    assert fill(held, [[row(4)]]).subjects() == 4
    assert files(held.folder) == held.manifest.named_files()


def test_what_a_killed_writer_left_is_swept_by_the_next(held: Ledger) -> None:
    for name in ("segments/00000099-000.parquet", "names/x.sealed", "folds/7.parquet", "unreadable/y", "attributes/z", "manifest.json.new"):
        (held.folder / name).write_bytes(b"half")
    gone = held.folder / "tmp" / "999999999"
    gone.mkdir()
    (gone / "spill").write_bytes(b"x")
    assert held.subjects() == 3
    assert held.check() == []
    with held.writing("a test"):
        pass
    assert files(held.folder) == held.manifest.named_files()
    assert not gone.exists()


def test_files_are_for_their_owner_only(held: Ledger) -> None:
    held.engine.query("SELECT 1")
    for path in held.folder.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_two_writers_never(held: Ledger) -> None:
    other = Ledger(held.folder, KEY, threads=1)
    with held.writing("the first"):
        with (
            pytest.raises(EngineError, match=rf"being written by the first \(process {os.getpid()}\).*nothing was changed"),
            other.writing("the second"),
        ):
            raise AssertionError("both write")
        assert other.subjects() == 3
    with other.writing("the second"):
        pass


def test_a_reader_sees_what_was_committed_meanwhile(held: Ledger) -> None:
    reader = Ledger(held.folder, KEY, threads=1)
    assert reader.answer("reach", level="app").to_pylist()[0]["people"] == 3
    fill(held, [[row(4)]])
    assert reader.answer("reach", level="app").to_pylist()[0]["people"] == 4


def test_changes_are_seen(held: Ledger) -> None:
    assert held.check() == []
    segment, name = held.folder / held.manifest.segments[0].file, held.folder / held.manifest.names[0]
    content = segment.read_bytes()
    segment.write_bytes(content[:-9] + b"X" + content[-8:])
    assert [one.says for one in held.check()] == [f"segment {held.manifest.segments[0].file} was changed after it was written"]
    segment.unlink()
    assert "is missing: 2 disclosures" in held.check()[0].says
    segment.write_bytes(content)
    sealed = name.read_bytes()
    name.write_bytes(sealed[:-1] + bytes([sealed[-1] ^ 1]))
    assert "does not open with this home's key" in held.check()[0].says
    name.unlink()
    assert held.manifest.names[0] in held.check()[0].says


def test_a_damaged_or_missing_manifest_raises_the_alarm(held: Ledger, tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    good = path.read_bytes()
    for bad in (good[: len(good) // 2], b"", b"[]", good.replace(b'"version":1', b'"version":7'), b"\xff\xfe"):
        path.write_bytes(bad)
        with pytest.raises(EvidenceError, match=r"manifest\.json"):
            Ledger(tmp_path, KEY, threads=1).subjects()
    path.unlink()
    other = Ledger(tmp_path, KEY, threads=1)
    with pytest.raises(EvidenceError, match="is missing, but there are segments"), other.writing("a test"):
        raise AssertionError("a new ledger beside old segments")
    path.write_bytes(good)
    assert other.subjects() == 3


def test_epochs_are_never_mixed(held: Ledger) -> None:
    with pytest.raises(EvidenceError, match="key epoch 1, the key given is of epoch 2"):
        Ledger(held.folder, Key(epoch=2, secret=KEY.secret), threads=1).subjects()


def test_a_fresh_ledger_takes_the_epoch_of_its_key(tmp_path: Path) -> None:
    assert fill(Ledger(tmp_path, Key(epoch=2, secret=KEY.secret), threads=1), [[row(1)]]).subjects() == 1
    assert manifest.load(tmp_path / "manifest.json").key_epoch == 2


def test_names_are_written_once_and_cut(held: Ledger) -> None:
    ids, texts = np.array([5, 6, 5], np.int64), pa.array(["a", "b" * 9999, "a"])
    for _ in range(2):
        with held.writing("a test") as writer:
            writer.name("app", ids, texts)
            writer.name("app", ids, texts)
            writer.commit([source()])
    assert held.names("app") == {5: "a", 6: "b" * 4096}
    assert held.names("app", [5, 77]) == {5: "a"}
    assert held.names("org") == {}


def test_rows_of_another_shape_are_refused(held: Ledger) -> None:
    with held.writing("a test") as writer, pytest.raises(EngineError, match="another shape"):
        writer.add(pa.table({"time": [1]}))


def test_a_sealed_file_opens_only_in_its_place_and_with_its_key(tmp_path: Path) -> None:
    there = tmp_path / "one.sealed"
    there.write_bytes(vault.sealed(pa.table({"secret": ["0551-555-1234"]}), b"k" * 32, "one.sealed"))
    assert b"0551" not in there.read_bytes()
    assert vault.unsealed(there, b"k" * 32).to_pydict() == {"secret": ["0551-555-1234"]}
    (tmp_path / "two.sealed").write_bytes(there.read_bytes())
    for path, key in ((tmp_path / "two.sealed", b"k" * 32), (there, b"j" * 32)):
        with pytest.raises(EvidenceError, match="does not open"):
            vault.unsealed(path, key)
    for content in (b"", b"NILO1", there.read_bytes()[:20]):
        there.write_bytes(content)
        with pytest.raises(EvidenceError, match="does not open"):
            vault.unsealed(there, b"k" * 32)
