"""However a case came about, the bundle of it verifies: opened, joined, split, emptied and begun anew."""

from __future__ import annotations

import json
import random
import shutil
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import nilometer as nm
from nilometer.app import bundle, cases, custody
from nilometer.app.assembly import Home

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
CARRIERS = 4


@pytest.fixture(scope="module", name="made")
def _made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A home in which four accounts carry people out, each for itself, and the findings on them."""
    rng, rows = random.Random(5), []
    for day in range(12):
        for account in range(12):
            rows += [
                (day * 86_400 + rng.randrange(30_000, 60_000), account * 1000 + rng.randrange(60), account, "order.detail")
                for _ in range(25)
            ]
        for carrier in range(CARRIERS if day >= 8 else 0):
            first = 100_000 * (carrier + 1) + day * 1000
            rows += [(day * 86_400 + place * 345 + carrier, first + place, carrier, "review.detail") for place in range(250)]
    table = pa.table(
        {
            "time": pa.array([BEGIN + timedelta(seconds=row[0]) for row in rows], pa.timestamp("us", tz="UTC")),
            "subject": [f"person-{row[1]}" for row in rows],
            "account": [f"acc-{row[2]}" for row in rows],
            "surface": [row[3] for row in rows],
            "fields": ["phone"] * len(rows),
        }
    )
    folder = tmp_path_factory.mktemp("several")
    (folder / "home").mkdir()
    (folder / "home" / "nilometer.toml").write_text('[evidence]\nsecond_place = "second.checkpoint"\n')
    with nm.open(folder / "home") as opened:
        opened.ingest(table)
        found = [finding.to_json() for finding in opened.detect()]
    alone = {one["actors"][0]["id"]: one["id"] for one in found if len(one["actors"]) == 1 and one["actors"][0]["level"] == "account"}
    assert len(alone) >= CARRIERS, [one["actors"] for one in found]
    return folder / "home", [alone[f"acc-{carrier}"] for carrier in range(CARRIERS)]


@pytest.fixture(name="home")
def _home(made: tuple[Path, list[str]], tmp_path: Path) -> Iterator[Home]:
    """A copy of the home, with a second place of its own."""
    shutil.copytree(made[0], tmp_path / "home")
    with nm.open(tmp_path / "home") as opened:
        yield opened.home


def facts_of(home: Home, ident: str, folder: Path) -> dict[str, Any]:
    """Exports a case, checks the bundle, and gives the facts in it."""
    out = folder / f"{ident}.zip"
    bundle.export(home, ident, out, why="asked for")
    said = custody.verify(out)
    assert said["holds"], said["wrong"]
    with zipfile.ZipFile(out) as archive:
        facts: dict[str, Any] = json.loads(archive.read(f"{ident}/data/case.json"))
    return facts


def test_a_case_that_was_split_from_another(made: tuple[Path, list[str]], home: Home, tmp_path: Path) -> None:
    first, second, third, _ = made[1]
    ident = cases.opened(home, [first], why="a test").id
    cases.joined(home, ident, [second, third], why="the same company")
    cases.told(home, ident, "hold", "the court asked")
    left, split = cases.split(home, ident, [second, third], why="not the same after all")
    _, again = cases.split(home, split.id, [third], why="nor these")
    cases.told(home, again.id, "hold", "these, too")
    cases.told(home, split.id, "release", "not these")
    said = {one: facts_of(home, one, tmp_path) for one in (left.id, split.id, again.id)}
    assert [step["did"] for step in said[left.id]["history"]][-2:] == [
        f"{second}, {third} moved to {split.id}",
        "began to export the evidence",
    ]
    assert [step["did"] for step in said[split.id]["history"]][:2] == [
        f"opened with {second}, {third}, split from {ident}, whose legal hold came with them",
        f"{third} moved to {again.id}",
    ]
    assert (said[left.id]["hold"], said[split.id]["hold"], said[again.id]["hold"]) == (True, False, True)
    assert said[again.id]["history"][1]["did"] == "put under legal hold in its own right"


def test_a_case_that_lost_findings_to_another(made: tuple[Path, list[str]], home: Home, tmp_path: Path) -> None:
    first, second, third, fourth = made[1]
    loser, taker = cases.opened(home, [first, second, third]).id, cases.opened(home, [fourth]).id
    cases.told(home, loser, "assign", "", to="ann")
    cases.told(home, loser, "hold", "the court asked")
    cases.joined(home, taker, [second, third], move=True, why="these are theirs")
    lost, took = facts_of(home, loser, tmp_path), facts_of(home, taker, tmp_path)
    assert took["history"][1]["did"] == f"joined {second}, {third}, which the legal hold of {loser} came with"
    assert (lost["hold"], took["hold"]) == (True, True)
    assert [step["did"] for step in lost["history"]][3:5] == [f"{second} moved to {taker}", f"{third} moved to {taker}"]
    assert [finding["id"] for finding in took["findings"]] == [fourth, second, third]


def test_a_case_whose_id_was_another_one_s_before(made: tuple[Path, list[str]], home: Home, tmp_path: Path) -> None:
    first, second, third, _ = made[1]
    emptied, taker = cases.opened(home, [first]).id, cases.opened(home, [second]).id
    cases.told(home, emptied, "state", "looking", state="investigating")
    cases.joined(home, taker, [first], move=True)
    cases.split(home, taker, [first])
    anew = facts_of(home, emptied, tmp_path)
    assert (anew["state"], len(anew["history"])) == ("open", 2)
    cases.joined(home, emptied, [third])
    cases.closed(home, emptied, "confirmed", "they admitted it")
    closed = facts_of(home, emptied, tmp_path)
    assert (closed["state"], closed["verdict"]) == ("closed", "confirmed")
    cases.told(home, emptied, "reopen", "they took it back")
    cases.told(home, emptied, "hold", "the court asked")
    cases.told(home, emptied, "release", "the court was done")
    assert facts_of(home, emptied, tmp_path)["state"] == "open"
