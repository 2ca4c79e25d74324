"""Identities: what is kept against a plain model, forgotten for good, never raw, whole after a crash."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nilometer as nm
from nilometer.app import identities
from nilometer.app.identities import ALWAYS, NEVER, SCHEMA, Identities
from nilometer.errors import EvidenceError

ROW = st.tuples(st.integers(0, 12), st.integers(0, 6), st.sampled_from([ALWAYS, 5, 9]), st.sampled_from([10, 20, NEVER]), st.integers(0, 1))
KINDS = ("phone", "email")


def table(rows: list[tuple[int, ...]]) -> pa.Table:
    columns = [[row[place] for row in rows] for place in range(5)]
    return pa.table([pa.array(column, kind.type) for column, kind in zip(columns, SCHEMA, strict=True)], schema=SCHEMA)


def held(store: Identities) -> set[tuple[int, ...]]:
    found = store.owners(np.arange(-1, 14))
    return set(zip((found.place - 1).tolist(), found.subject.tolist(), found.since.tolist(), found.until.tolist(), strict=True))


@given(st.lists(st.lists(ROW, max_size=30), max_size=4), st.sets(st.integers(0, 6)))
def test_what_is_added_is_held_once_and_what_is_forgotten_is_gone(
    tmp_path_factory: pytest.TempPathFactory, parts: list[list[tuple[int, ...]]], gone: set[int]
) -> None:
    store = Identities(tmp_path_factory.mktemp("identities") / "identities")
    model: set[tuple[int, ...]] = set()
    for rows in parts:
        fresh = {row[:4] for row in rows} - model
        assert store.add(KINDS, table(rows), "86") == len(fresh)
        assert store.add(KINDS, table(rows), "86") == 0
        model |= fresh
    assert held(store) == model
    assert held(Identities(store.folder)) == model
    assert store.people().tolist() == sorted({row[1] for row in model})
    assert store.known(np.arange(13)).tolist() == [any(row[0] == value for row in model) for value in range(13)]
    assert store.forget(np.array(sorted(gone), np.int64)) == sum(row[1] in gone for row in model)
    left = {row for row in model if row[1] not in gone}
    assert held(store) == held(Identities(store.folder)) == left
    assert sum(store.counts().values()) == len(left)


def test_many_chunks_are_one_store(tmp_path: Path) -> None:
    store = Identities(tmp_path / "identities")
    rng = np.random.default_rng(1)
    rows = [(int(v), int(v) % 1000, ALWAYS, NEVER, 0) for v in rng.choice(10**9, 5_000, replace=False)]
    for begin in range(0, 5_000, 1_250):
        store.add(KINDS, table(rows[begin : begin + 1_250]), "")
    assert len(store.index.chunks) == 4
    asked = np.sort(np.array([row[0] for row in rows[::7]] + [1, 2, 3]))
    found = Identities(store.folder).owners(np.unique(asked))
    assert len(found.place) == len(rows[::7])
    assert (np.unique(asked)[found.place] % 1000 == found.subject).all()


def test_a_copy_of_what_was_forgotten_does_not_open(tmp_path: Path) -> None:
    store = Identities(tmp_path / "identities")
    store.add(KINDS, table([(1, 1, ALWAYS, NEVER, 0), (2, 2, ALWAYS, NEVER, 0)]), "")
    [old] = store.index.chunks
    copy = (store.folder / old.name).read_bytes()
    store.forget(np.array([1]))
    [new] = store.index.chunks
    assert new.key != old.key
    assert old.key.encode() not in (store.folder / "index.json").read_bytes()
    (store.folder / new.name).write_bytes(copy)
    with pytest.raises(EvidenceError):
        Identities(store.folder).people()


def test_what_a_crash_left_is_not_read_and_goes(tmp_path: Path) -> None:
    store = Identities(tmp_path / "identities")
    store.add(KINDS, table([(1, 1, ALWAYS, NEVER, 0)]), "")
    (store.folder / "00000099.sealed").write_bytes(b"half a file")
    assert held(Identities(store.folder)) == {(1, 1, ALWAYS, NEVER)}
    store.add(KINDS, table([(2, 2, ALWAYS, NEVER, 0)]), "")
    assert not (store.folder / "00000099.sealed").exists()


@pytest.mark.parametrize("damage", ["index", "chunk", "missing"])
def test_damage_is_said(tmp_path: Path, damage: str) -> None:
    store = Identities(tmp_path / "identities")
    store.add(KINDS, table([(1, 1, ALWAYS, NEVER, 0)]), "")
    path = store.folder / ("index.json" if damage == "index" else "00000001.sealed")
    if damage == "missing":
        path.unlink()
    else:
        raw = bytearray(path.read_bytes())
        raw[-1] ^= 1
        path.write_bytes(raw)
    with pytest.raises(EvidenceError, match="identities"):
        Identities(store.folder).people()


def test_files_are_the_owners_alone(tmp_path: Path) -> None:
    with nm.open(tmp_path / "home") as home:
        store = identities.of(home.home)
        store.add(KINDS, table([(1, 1, ALWAYS, NEVER, 0)]), "")
        assert identities.forget(home.home, [1]) == 1
    for path in (tmp_path / "home" / "identities").iterdir():
        assert path.stat().st_mode & 0o077 == 0, path.name
    assert json.loads((tmp_path / "home" / "identities" / "index.json").read_text())["chunks"] == []
