"""Sealed ids: what goes in comes out with the private key, and with nothing else; who was forgotten is gone from every copy's key."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from nilometer.app.sealedids import SealedIds, named, public_key
from nilometer.errors import ConfigError, EvidenceError

people = st.dictionaries(st.integers(-(2**63), 2**63 - 1), st.text(st.characters(exclude_categories=["Cs"]), max_size=40), max_size=30)


def keep(ids: SealedIds, public: bytes, given_ids: dict[int, str]) -> None:
    ids.take(public, pa.array(list(given_ids), pa.int64()), pa.chunked_array([pa.array(list(given_ids.values()), pa.string())]))


def opened(ids: SealedIds, private: X25519PrivateKey) -> dict[int, str]:
    return {key: text for keys, texts in ids.reveal(private) for key, text in zip(keys.tolist(), texts.to_pylist(), strict=True)}


@given(first=people, second=people, gone=st.sets(st.integers(-(2**63), 2**63 - 1), max_size=3), data=st.data())
def test_what_goes_in_comes_out_but_whom_was_forgotten(
    first: dict[int, str], second: dict[int, str], gone: set[int], data: st.DataObject
) -> None:
    private = X25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    expected = {**second, **first}  # who is known is not kept again
    forgotten = gone | set(data.draw(st.lists(st.sampled_from(sorted(expected)), max_size=5)) if expected else [])
    with TemporaryDirectory() as folder:
        for one in (first, second):
            ids = SealedIds(Path(folder))
            keep(ids, public, one)
            ids.commit(public)
        assert opened(ids, private) == expected
        assert SealedIds(Path(folder)).forget(np.array(sorted(forgotten), np.int64)) == len(forgotten & set(expected))
        left = SealedIds(Path(folder))
        assert opened(left, private) == {key: text for key, text in expected.items() if key not in forgotten}
        assert left.known(public).tolist() == sorted(set(expected) - forgotten)
        names = {path.name.removesuffix(".sealed") for path in (Path(folder) / "reveal").glob("*.sealed")}
        assert names == ({path.name for path in (Path(folder) / "reveal" / "keys").glob("*")} if names else names)


def test_nothing_in_the_home_opens_an_id_and_only_the_right_key_does(tmp_path: Path) -> None:
    private = X25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    ids = SealedIds(tmp_path)
    keep(ids, public, {1: "kim@example.org", 2: "+49 151 2345678"})
    ids.commit(public)
    for path in (tmp_path / "reveal").rglob("*"):
        assert not path.is_file() or (b"kim@" not in path.read_bytes() and b"2345678" not in path.read_bytes())
        assert path.stat().st_mode & 0o077 == 0
    chunk = ids._opened(ids._index().chunks[0])  # the outer layer is the home's own
    assert b"kim@" not in b"".join(chunk.column("sealed").to_pylist())
    with pytest.raises(ConfigError, match=named(public)):
        list(ids.reveal(X25519PrivateKey.generate()))


def test_an_old_copy_of_a_chunk_opens_no_more_once_somebody_was_forgotten(tmp_path: Path) -> None:
    private = X25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    ids = SealedIds(tmp_path)
    keep(ids, public, {1: "one", 2: "two", 3: "three"})
    ids.commit(public)
    [chunk] = (tmp_path / "reveal").glob("*.sealed")
    [key] = (tmp_path / "reveal" / "keys").glob("*")
    copy, index = chunk.read_bytes(), (tmp_path / "reveal" / "index.json").read_bytes()
    assert ids.forget(np.array([2])) == 1
    assert not key.exists()
    chunk.write_bytes(copy)  # a backup comes back, index and all; the key is in no backup that was asked to forget
    (tmp_path / "reveal" / "index.json").write_bytes(index)
    with pytest.raises(EvidenceError, match="do not open"):
        list(SealedIds(tmp_path).reveal(private))


def test_half_a_chunk_that_a_crash_left_is_swept_and_nothing_else(tmp_path: Path) -> None:
    private = X25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    ids = SealedIds(tmp_path)
    keep(ids, public, {1: "one"})
    ids.commit(public)
    (tmp_path / "reveal" / "00000009.sealed").write_bytes(b"half")
    (tmp_path / "reveal" / "keys" / "00000009").write_bytes(os.urandom(32))
    SealedIds(tmp_path).forget(np.array([5]))
    assert opened(SealedIds(tmp_path), private) == {1: "one"}
    assert not list((tmp_path / "reveal").rglob("00000009*"))


@pytest.mark.parametrize("what", ["index.json", "keys/00000001", "00000001.sealed"])
def test_what_was_changed_raises_the_alarm(tmp_path: Path, what: str) -> None:
    private = X25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    ids = SealedIds(tmp_path)
    keep(ids, public, {1: "one"})
    ids.commit(public)
    path = tmp_path / "reveal" / what
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x80
    path.write_bytes(data)
    with pytest.raises(EvidenceError):
        list(SealedIds(tmp_path).reveal(private))


@pytest.mark.parametrize("content", [None, b"{}", b'{"public": "zz"}', b'{"public": "00"}', b"\xff"])
def test_a_missing_or_broken_public_key_says_so(tmp_path: Path, content: bytes | None) -> None:
    (tmp_path / "keys").mkdir()
    if content is not None:
        (tmp_path / "keys" / "reveal.json").write_bytes(content)
    with pytest.raises(ConfigError, match="reveal-key -o FILE" if content is None else "key"):
        public_key(tmp_path)


def test_long_ids_are_cut_and_many_make_several_chunks(tmp_path: Path) -> None:
    private = X25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    ids = SealedIds(tmp_path)
    keep(ids, public, {1: "é" * 10_000, 2: ""})
    ids.commit(public)
    assert opened(ids, private) == {1: "é" * 4_096, 2: ""}
