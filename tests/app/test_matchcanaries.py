"""Canaries in dumps through the home: proof where chance cannot hold them, none where it can, found wherever they stand, counted by value."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import nilometer as nm
from nilometer.app import canaries
from nilometer.ledger import vault
from tests.app import leaked


@pytest.fixture(name="home")
def _home(tmp_path: Path) -> Path:
    return leaked.made(tmp_path)


def written(path: Path, rows: list[str]) -> Path:
    path.write_text("".join(row + "\n" for row in rows))
    return path


def test_a_canary_proves_and_one_that_others_saw_does_not(home: Path, tmp_path: Path) -> None:
    people = leaked.partner(5)[:40]
    with nm.open(home) as opened:
        made = canaries.made(opened.home, "app", "app-5", 2, "c#########")
        canaries.plant(opened.home, "app", "app-5", made, like="c#########")
        path = leaked.dump(tmp_path / "d.csv", people)
        path.write_text(path.read_text() + f"98;{made[0]};17700000001;x\n99;{made[1]};17700000002;y\n")
        said = opened.match(path)
        assert said["canaries"] == 2
        assert said["named"] == {"level": "app", "id": "app-5"}
        assert (said["matched"], said["rows"]) == (42, 42)
        assert any("2 of the 2 canaries of app app-5 in the dump were never disclosed to it" in text for text in said["why"])
        lines = [{"time": "2026-03-01T00:00:00Z", "subject": one, "app": "app-9", "fields": "nickname|phone"} for one in made]
        (tmp_path / "more.ndjson").write_text("".join(json.dumps(line) + "\n" for line in lines))
        opened.ingest(tmp_path / "more.ndjson")
        spoilt = opened.match(path)
    assert any("prove nothing" in text for text in spoilt["why"])
    assert all(one["canaries"] == 0 for one in spoilt["suspects"])


def test_a_dump_of_all_numbers_of_a_pattern_accuses_nobody(home: Path, tmp_path: Path) -> None:
    """Ten canaries of five digits, which used to be made, and all numbers of five digits that begin so."""
    with nm.open(home) as opened:
        chosen = [f"88{n:03d}" for n in np.random.default_rng(3).choice(1000, 10, replace=False).tolist()]
        canaries.plant(opened.home, "app", "app-5", chosen, like="88###")
        canaries.plant(opened.home, "app", "app-7", [f"1380000{n:04d}" for n in range(5, 500, 25)], kind="phone", like="1380000####")
        ids = opened.match(written(tmp_path / "ids.csv", ["uid", *(str(n) for n in range(88_000, 89_000))]))
        phones = opened.match(written(tmp_path / "phones.csv", ["phone", *(str(n) for n in range(13_800_000_000, 13_800_001_000))]))
    for said, count in ((ids, 10), (phones, 20)):
        assert said["canaries"] == count
        assert said["verdict"] == "cannot tell"
        assert said["elsewhere"] > 0.5
        assert any("prove nothing by themselves" in text for text in said["why"])


def test_all_canaries_of_a_kind_are_counted_and_what_was_not_checked_is_said(home: Path, tmp_path: Path) -> None:
    like = "made-??????-######"
    with nm.open(home) as opened:
        made = canaries.made(opened.home, "app", "app-5", 5, like, kind="nickname")
        canaries.plant(opened.home, "app", "app-5", made, kind="nickname", like=like)
        path = leaked.dump(tmp_path / "d.csv", leaked.partner(5)[:40])
        path.write_text(path.read_text() + "".join(f"{n};x{n};1770000000{n};{one.upper()}\n" for n, one in enumerate(made)))
        said = opened.match(path)
    assert said["canaries"] == 5
    first = next(one for one in said["suspects"] if one["id"] == "app-5")
    assert (first["canaries"], said["named"]) == (5, {"level": "app", "id": "app-5"})
    assert any("5 nickname canaries of app app-5" in text and "not checked" in text for text in said["why"])


@pytest.mark.parametrize("place", [0, 4_000, 24_999])
def test_one_canary_among_strangers_is_found_wherever_it_stands(home: Path, tmp_path: Path, place: int) -> None:
    with nm.open(home) as opened:
        [made] = canaries.made(opened.home, "app", "app-5", 1, "???########")
        canaries.plant(opened.home, "app", "app-5", [made], like="???########")
        rows = [f"word {n},{n * 7919 % 10**6}" for n in range(25_000)]
        rows[place] = f"{made},1"
        said = opened.match(written(tmp_path / "d.csv", rows))
    assert (said["canaries"], said["matched"]) == (1, 1)
    assert "app-5" in {one["id"] for one in said["suspects"]} or any("app-5" in text for text in said["why"])


def test_canaries_kept_before_patterns_were_kept_are_read(home: Path) -> None:
    with nm.open(home) as opened:
        old = pa.table({name: [name] for name in ("level", "actor", "kind", "value", "at")})
        (home / canaries.FILE).write_bytes(vault.sealed(old, opened.home.key.derived("canaries", 32), canaries.FILE))
        [one] = canaries.kept(opened.home)
    assert (one.value, one.like) == ("value", "")
