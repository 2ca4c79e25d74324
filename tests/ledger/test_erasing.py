"""Writing segments without some people: the ledger is what it was until it is finished, and a full disk leaves it so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

import nilometer as nm
from nilometer.disclosures import pseudonym
from nilometer.disclosures.schema import STORED
from nilometer.ledger import erasing
from tests.cli.running import lines, row


@pytest.fixture(name="home")
def _home(tmp_path: Path) -> Path:
    rows = [
        row(n, subject=f"{100 + n % 30}", account=f"a{n % 4}", reference=f"o{n % 45}", request=f"r{n // 3}", x=f"x{n}") for n in range(300)
    ]
    (tmp_path / "a.ndjson").write_bytes(lines(rows[:200]))
    (tmp_path / "b.ndjson").write_bytes(lines(rows[200:]))
    with nm.open(tmp_path / "home") as home:
        home.ingest(tmp_path / "a.ndjson")
        home.ingest(tmp_path / "b.ndjson")
    return tmp_path / "home"


def people(home: nm.Nilometer, *which: int) -> np.ndarray:  # type: ignore[type-arg]
    return np.sort(np.array([pseudonym.one(home.home.key, "subject", f"{100 + n}") for n in which], np.int64))


def stored(home: nm.Nilometer) -> list[dict[str, object]]:
    held = home.home.ledger
    return [line for one in held.manifest.segments for line in pq.read_table(held.folder / one.file, columns=STORED.names).to_pylist()]


def test_nothing_changes_before_it_is_finished(home: Path) -> None:
    with nm.open(home) as opened:
        before, manifest = stored(opened), opened.home.ledger.manifest
        with opened.home.ledger.writing("test"):
            prepared = erasing.prepare(opened.home.ledger, people(opened, 1, 2))
            assert stored(opened) == before
            assert opened.home.ledger.manifest == manifest
        with opened.home.ledger.writing("test"):
            pass  # sweeps what was prepared
        left = {path.name for path in (opened.home.ledger.folder / "segments").iterdir()}
        assert left == {Path(one.file).name for one in manifest.segments}
        assert (prepared.people, prepared.rows, len(prepared.gone)) == (2, 20, 4)


def test_finished_only_these_rows_change_and_only_what_tells(home: Path) -> None:
    with nm.open(home) as opened:
        before = stored(opened)
        gone = people(opened, 1, 2, 17)
        with opened.home.ledger.writing("test"):
            erasing.finish(opened.home.ledger, erasing.prepare(opened.home.ledger, gone))
        after = stored(opened)
        assert opened.home.ledger.check() == []
    assert len(after) == len(before)
    buried: dict[object, set[object]] = {}
    shared = {name: {line[name] for line in before if line["subject"] not in gone} for name in ("reference", "request")}
    for old, new in zip(before, after, strict=True):
        if old["subject"] not in gone:
            assert new == old
            continue
        buried.setdefault(old["subject"], set()).add(new["subject"])
        for name in STORED.names:
            if name == "block":
                assert new[name] is None
            elif name in shared:
                assert (new[name] == old[name]) is (old[name] in shared[name])
            elif name != "subject":
                assert new[name] == old[name], name
    assert len(buried) == 3
    assert all(len(one) == 1 for one in buried.values()), "one person is one tombstone, in all segments"
    assert not set().union(*buried.values()) & {line["subject"] for line in before}


def test_who_is_nowhere_changes_nothing(home: Path) -> None:
    with nm.open(home) as opened:
        assert erasing.held(opened.home.ledger, people(opened, 77)) == {}
        with opened.home.ledger.writing("test"):
            prepared = erasing.prepare(opened.home.ledger, people(opened, 77))
        assert (prepared.gone, prepared.rows, prepared.people) == ((), 0, 0)
