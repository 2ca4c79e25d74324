"""What the watch keeps between runs changes nothing that is found: not days, not late files, not damage, not settings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pytest

import nilometer as nm
from nilometer.app import detect
from nilometer.app.watching import FOLDER, Watching

START = datetime(2026, 1, 5, tzinfo=UTC)
DAYS = 24


def life() -> pa.Table:
    """Nine accounts that see some thirty people a day, a few of them new; on day 20 the ninth reads 1,500, two a minute at first."""
    rng = np.random.default_rng(3)
    rows: list[dict[str, Any]] = []
    for account in range(9):
        for day in range(DAYS):
            begin = START + timedelta(days=day, hours=8)
            seen = [f"p{account}-{n}" for n in rng.integers(0, 40 + 4 * day, 30)]
            rows += [{"time": begin + timedelta(minutes=15 * k), "account": f"a{account}", "subject": who} for k, who in enumerate(seen)]
    bulk = START + timedelta(days=20, hours=9)
    rows += [
        {"time": bulk + timedelta(seconds=20 * k), "account": "a8", "subject": f"q{who}"}
        for k, who in enumerate(rng.permutation(1500) * 1000)
    ]
    return pa.Table.from_pylist(rows)


@pytest.fixture(scope="module")
def table() -> pa.Table:
    return life()


@pytest.fixture(scope="module")
def expected(table: pa.Table) -> list[dict[str, Any]]:
    with nm.open(":memory:") as home:
        home.ingest(table)
        found = told(home)
    assert [f["actors"][0]["id"] for f in found] == ["a8"]
    return found


@pytest.fixture
def home(tmp_path: Path) -> Iterator[nm.app.flow.Nilometer]:
    with nm.open(tmp_path / "home") as opened:
        yield opened


def told(home: nm.app.flow.Nilometer, as_of: datetime | None = None) -> list[dict[str, Any]]:
    return [finding.to_json() for finding in home.detect(as_of)]


def on(table: pa.Table, first: int, last: int) -> pa.Table:
    """The rows of the days `first` to before `last`."""
    time = np.array([t.timestamp() for t in table.column("time").to_pylist()])
    day = (time - START.timestamp()) // 86_400
    return table.filter(pa.array((day >= first) & (day < last)))


def test_looking_every_day_finds_the_same(home: nm.app.flow.Nilometer, table: pa.Table, expected: list[dict[str, Any]]) -> None:
    for day in range(DAYS):
        home.ingest(on(table, day, day + 1))
        found = told(home)
        assert bool(found) == (day >= 20)
    assert found == expected


def test_a_day_in_two_parts(home: nm.app.flow.Nilometer, table: pa.Table, expected: list[dict[str, Any]]) -> None:
    cut = START + timedelta(days=20, hours=9, minutes=10)
    times = np.array([t < cut for t in table.column("time").to_pylist()])
    home.ingest(table.filter(pa.array(times)))
    assert told(home) == []
    home.ingest(table.filter(pa.array(~times)))
    assert told(home) == expected


def test_late_disclosures_of_an_old_day_are_looked_at(home: nm.app.flow.Nilometer, table: pa.Table, expected: list[dict[str, Any]]) -> None:
    home.ingest(pa.concat_tables([on(table, 0, 20), on(table, 21, DAYS)]))
    assert told(home) == []
    home.ingest(on(table, 20, 21))
    assert told(home) == expected


def test_what_was_found_by_then(home: nm.app.flow.Nilometer, table: pa.Table, expected: list[dict[str, Any]]) -> None:
    home.ingest(table)
    told(home)
    alarm = datetime.fromisoformat(expected[0]["detected_at"])
    assert told(home, alarm - timedelta(microseconds=1)) == []
    [then] = told(home, alarm)
    assert then["id"] == expected[0]["id"]
    assert then["people"] == then["people_at_detection"] == expected[0]["people_at_detection"]


@pytest.mark.parametrize("damage", ["cut", "changed", "run", "index", "all"])
def test_damage_costs_time_only(home: nm.app.flow.Nilometer, table: pa.Table, expected: list[dict[str, Any]], damage: str) -> None:
    home.ingest(on(table, 0, 22))
    told(home)
    kept = home.home.folder / FOLDER
    for path in sorted(kept.iterdir()):
        if path.suffix == ".npz" and damage in ("cut", "changed"):
            data = path.read_bytes()
            path.write_bytes(data[:-100] if damage == "cut" else data[:-9] + b"?" + data[-8:])
        elif (path.name.startswith("run-") and damage == "run") or damage == "all":
            path.unlink()
        elif path.name == "index.json" and damage == "index":
            path.write_text("{")
    home.ingest(on(table, 22, DAYS))
    assert told(home) == expected


def test_other_settings_start_anew(home: nm.app.flow.Nilometer, table: pa.Table) -> None:
    home.ingest(table)
    assert told(home)
    settings = home.home.folder / "nilometer.toml"
    home.close()
    settings.write_text("[detectors.reach]\nfloor = 5000\n\n[detectors.novelty]\nleast = 100000\n")
    with nm.open(home.home.folder) as again:
        assert told(again) == []


def test_a_state_is_not_looked_for_twice(home: nm.app.flow.Nilometer, table: pa.Table) -> None:
    """The days before the last are known again: only that one and what is new is read."""
    home.ingest(table)
    told(home)
    chosen = detect.watch(home.home)
    watching = Watching(home.home.folder, detect.made_by(chosen))
    last = int((START + timedelta(days=DAYS - 1)).timestamp() // 86_400)
    assert watching.latest(home.home.ledger.manifest).day == last
    assert watching.latest(home.home.ledger.manifest, last).day == last - 1


def test_files_are_for_the_owner_only(home: nm.app.flow.Nilometer, table: pa.Table) -> None:
    home.ingest(on(table, 0, 3))
    told(home)
    kept = home.home.folder / FOLDER
    assert kept.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in kept.iterdir())


def test_a_row_of_the_far_future_does_not_make_every_run_look_at_everything(table: pa.Table, home: nm.app.flow.Nilometer) -> None:
    """The day under way, a stray of 2100, then the rest of the day: the start is the day before it, not nothing."""
    last = START + timedelta(days=DAYS - 1)
    at = pa.compute.cast(table["time"], pa.timestamp("us", tz="UTC"))
    early = pa.compute.less(at, pa.scalar(last + timedelta(hours=10), pa.timestamp("us", tz="UTC")))
    home.ingest(table.filter(early))
    home.ingest(pa.Table.from_pylist([{"time": datetime(2100, 1, 1, tzinfo=UTC), "account": "a1", "subject": "x"}]))
    first = told(home)
    home.ingest(table.filter(pa.compute.invert(early)))
    watching = Watching(home.home.folder, detect.made_by(detect.watch(home.home)))
    today = int(last.timestamp()) // 86_400
    assert watching.latest(home.home.ledger.manifest).day == today - 1
    assert [one["id"] for one in told(home)] == [one["id"] for one in first]


def test_what_is_not_ours_in_the_folder_does_not_stop_keeping(table: pa.Table, home: nm.app.flow.Nilometer) -> None:
    home.ingest(table)
    (home.home.folder / FOLDER / "somebody").mkdir(parents=True, mode=0o700)
    said: list[str] = []
    detect.detect(home.home, tell=said.append)
    assert said == []
    watching = Watching(home.home.folder, detect.made_by(detect.watch(home.home)))
    assert watching.latest(home.home.ledger.manifest).day >= 0


def test_looking_at_a_few_strays_first_changes_nothing(table: pa.Table, tmp_path: Path) -> None:
    """Days on which nobody had three rows are known days all the same."""
    strays = pa.Table.from_pylist(
        [{"time": START - timedelta(days=10 - n, hours=-9), "account": "a1", "subject": f"stray-{n}"} for n in range(4)]
    )
    found = []
    for looks in (False, True):
        with nm.open(tmp_path / f"{looks}") as home:
            home.ingest(strays)
            if looks:
                told(home)
            home.ingest(table)
            told(home)
            watching = Watching(home.home.folder, detect.made_by(detect.watch(home.home)))
            state = watching.latest(home.home.ledger.manifest)
            found.append((state.days, state.whole, len(state.people), told(home)))
    assert found[0] == found[1]


def surfaces() -> pa.Table:
    """Visitors of five pages, three new people each; from day 20 to 23 one page has more than twice as many."""
    rng, rows = np.random.default_rng(5), list[dict[str, Any]]()
    for day in range(DAYS):
        for page in range(5):
            visits = round(40 * (2.4 if page == 2 and day >= 20 else 1.0) * rng.lognormal(0.0, 0.05))
            for visit in range(visits):
                begin = START + timedelta(days=day, seconds=int(rng.integers(0, 80_000)))
                who = f"{day}-{page}-{visit}"
                ip = f"192.0.{rng.integers(256)}.{rng.integers(256)}"
                rows += [{"time": begin + timedelta(seconds=k), "ip": ip, "surface": f"/{page}", "subject": f"{who}-{k}"} for k in range(3)]
    return pa.Table.from_pylist(rows)


def test_what_only_a_days_end_tells_is_told_when_the_next_day_begins(home: nm.app.flow.Nilometer) -> None:
    table = surfaces()
    with nm.open(":memory:") as other:
        other.ingest(table)
        whole = told(other)
    [found] = whole
    assert found["actors"][1] == {"level": "surface", "id": "/2"}
    alarm = datetime.fromisoformat(found["detected_at"])
    first = [min(on(table, day, day + 1).column("time").to_pylist()) for day in range(DAYS)]
    assert alarm in first, "the first disclosure of a day says that the day before is over"
    home.ingest(on(table, 0, 18))
    for day in range(18, DAYS):
        assert [f["id"] for f in told(home)] == ([found["id"]] if day > first.index(alarm) else []), day
        home.ingest(on(table, day, day + 1))
    assert told(home) == whole
    assert told(home, alarm - timedelta(microseconds=1)) == []
    assert [f["id"] for f in told(home, alarm)] == [found["id"]]
