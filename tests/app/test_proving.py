"""The proof of one disclosure: small, whole, and believed only under the log's key and as it was written."""

from __future__ import annotations

import base64
import random
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import nilometer as nm
from nilometer.app import bundle, custody, journal, proving
from nilometer.errors import InputError
from nilometer.tlog import note
from tests.promises import tampering


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[nm.Nilometer]:
    folder = tmp_path_factory.mktemp("proving")
    home = folder / "home"
    home.mkdir()
    (home / "nilometer.toml").write_text(f'[evidence]\nsecond_place = "{folder / "second"}"\n')
    with nm.open(home) as nilometer:
        nilometer.ingest(tampering.table(5).slice(0, 300))
        nilometer.ingest(tampering.table(6).slice(0, 77))
        yield nilometer


def proved(opened: nm.Nilometer, folder: Path, place: int, row: int) -> Path:
    out = folder / "one.tlog-proof"
    proving.prove(opened.home, opened.home.ledger.manifest.segments[place].file, row, out)
    return out


@pytest.mark.parametrize(("place", "row"), [(0, 0), (0, 7), (0, 299), (1, 76), (1, 40)])
def test_a_row_is_proved_and_is_the_stored_one(opened: nm.Nilometer, tmp_path: Path, place: int, row: int) -> None:
    out, home = proved(opened, tmp_path, place, row), opened.home
    said = custody.verify(out, key=journal.log(home).key.vkey)
    assert said["holds"], said["wrong"]
    stored = pq.read_table(home.ledger.folder / home.ledger.manifest.segments[place].file).slice(row, 1).to_pylist()[0]
    assert said["disclosure"]["subject"] == stored["subject"]
    assert said["disclosure"]["step"] == stored["step"]
    assert said["disclosure"]["time"] == round(stored["time"].timestamp() * 1e6)
    assert out.stat().st_size < 4096


def test_a_stranger_checks_it_with_python_alone(opened: nm.Nilometer, tmp_path: Path) -> None:
    out = proved(opened, tmp_path, 0, 100)
    (tmp_path / "verify.py").write_text(bundle.verifier())
    for key, code in ((journal.log(opened.home).key.vkey, 0), (other_key(), 1)):
        command = [sys.executable, "-I", str(tmp_path / "verify.py"), str(out), "--key", key]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, cwd=tmp_path)
        assert done.returncode == code, done.stdout + done.stderr
        assert ("It holds: row 100" in done.stdout) == (code == 0)


def other_key() -> str:
    return note.SecretKey(name="somebody/else", seed=bytes(32)).public.vkey


def test_any_changed_byte_is_found(opened: nm.Nilometer, tmp_path: Path) -> None:
    out, vkey, rng = proved(opened, tmp_path, 0, 100), journal.log(opened.home).key.vkey, random.Random(4)
    whole = out.read_bytes()
    good = proving.check(out, vkey)
    for _ in range(300):
        data = bytearray(whole)
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        out.write_bytes(bytes(data))
        said = proving.check(out, vkey)
        # a signature line of another key may be anything (C2SP signed-note), but what is said never changes
        assert not said["holds"] or said == good, said


def test_another_row_of_the_same_proof_is_refused(opened: nm.Nilometer, tmp_path: Path) -> None:
    out = proved(opened, tmp_path, 0, 100)
    lines = out.read_bytes().split(b"\n")
    parts = zlib.decompress(base64.b64decode(lines[1][6:]))
    moved = parts.replace(b'"row":100', b'"row":108')
    out.write_bytes(b"\n".join([lines[0], b"extra " + base64.b64encode(zlib.compress(moved, 9)), *lines[2:]]))
    assert "do not lead to the digest" in proving.check(out, journal.log(opened.home).key.vkey)["wrong"]
    bomb = zlib.compress(bytes(1 << 26), 9)
    out.write_bytes(b"\n".join([lines[0], b"extra " + base64.b64encode(bomb), *lines[2:]]))
    assert "damaged" in proving.check(out, journal.log(opened.home).key.vkey)["wrong"]


def test_what_is_not_there_cannot_be_proved(opened: nm.Nilometer, tmp_path: Path) -> None:
    name = opened.home.ledger.manifest.segments[0].file
    for segment, row in (("segments/none", 0), (name, 300), (name, -1)):
        with pytest.raises(InputError, match="There is no row"):
            proving.prove(opened.home, segment, row, tmp_path / "x.tlog-proof")
    with pytest.raises(InputError, match="cannot be written"):
        proving.prove(opened.home, name, 0, tmp_path / "nowhere" / "x.tlog-proof")
