"""Dumps in which those who are known stand late, thinly or in a handful of rows are matched all the same, and nothing is said of what was not looked at."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import numpy as np
import pytest

import nilometer as nm
from nilometer.errors import InputError
from tests.app import leaked


@pytest.fixture(name="home", scope="module")
def _home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return leaked.made(tmp_path_factory.mktemp("leaked"))


@pytest.fixture(name="stolen", scope="module")
def _stolen() -> list[int]:
    return sorted(np.random.default_rng(1).choice(leaked.partner(3), 300, replace=False).tolist())


def strangers(count: int) -> list[str]:
    return [f"z{n:09d},177{n:08d},anyone {n},{n % 90},{'x' * 400}" for n in range(count)]


def ours(people: list[int]) -> list[str]:
    return [f"{leaked.ident(one)},{leaked.shown(one)},{leaked.nickname(one)},{one % 90},y" for one in people]


def written(path: Path, rows: list[str]) -> Path:
    path.write_text("".join(row + "\n" for row in rows))
    return path


def test_those_who_are_known_come_after_many_strangers(home: Path, stolen: list[int], tmp_path: Path) -> None:
    path = written(tmp_path / "d.csv", strangers(45_000) + ours(stolen))
    assert path.stat().st_size > 2 * (8 << 20), "more than one piece"
    with nm.open(home) as opened:
        said = opened.match(path)
    assert (said["rows"], said["matched"], said["verdict"]) == (45_300, 300, "app app-3")
    assert {one["kind"] for one in said["columns"]} >= {"id", "phone", None}


def test_one_in_two_hundred_is_known(home: Path, stolen: list[int], tmp_path: Path) -> None:
    rows = strangers(59_700)
    for place, row in enumerate(ours(stolen)):
        rows.insert(place * 200, row)
    with nm.open(home) as opened:
        said = opened.match(written(tmp_path / "d.csv", rows))
    assert (said["rows"], said["matched"]) == (60_000, 300)


@pytest.mark.parametrize("header", [["uid,phone"], []])
def test_two_of_a_dozen_are_known(home: Path, stolen: list[int], tmp_path: Path, header: list[str]) -> None:
    rows = [f"z{n:09d},177{n:08d}" for n in range(10)] + [f"{leaked.ident(one)},{leaked.shown(one)}" for one in stolen[:2]]
    with nm.open(home) as opened:
        said = opened.match(written(tmp_path / "d.csv", header + rows))
    assert (said["rows"], said["matched"]) == (12, 2)


def test_nothing_is_said_of_rows_whose_columns_are_not_known(home: Path, tmp_path: Path) -> None:
    with nm.open(home) as opened:
        said = opened.match(written(tmp_path / "d.csv", [f"word {n},{n % 9}" for n in range(60_000)]))
    assert said["matched"] == 0
    assert "No column says whose the 60,000 rows are" in said["why"][0]
    assert not any("nobody" in text for text in said["why"])


def test_what_must_be_read_again_cannot_come_through_a_pipe(home: Path, stolen: list[int], tmp_path: Path) -> None:
    text = "".join(row + "\n" for row in strangers(45_000) + ours(stolen))
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_text, args=(text,))
    writer.start()
    with nm.open(home) as opened, pytest.raises(InputError, match="save it as a file"):
        opened.match(tmp_path / "pipe")
    writer.join()


def test_strangers_with_ids_do_not_hide_which_fields_were_shown(home: Path, stolen: list[int], tmp_path: Path) -> None:
    with nm.open(home) as opened:
        said = opened.match(leaked.dump(tmp_path / "d.csv", stolen, foreign=700))
    assert (said["matched"], said["fields"]) == (300, ["nickname", "phone"])
