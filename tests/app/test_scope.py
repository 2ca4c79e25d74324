"""Scopes as files: the same rows as the table, safe in a spreadsheet, whole or not there, readable by their owner only."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import nilometer as nm
from nilometer.app import casebook, cases, detect, scope
from nilometer.errors import InputError
from nilometer.ledger.scope import PEOPLE
from tests.app.test_reveal import found
from tests.cli.running import lines, row


def opened(folder: Path, rows: list[dict[str, object]], *findings: dict[str, Any]) -> tuple[nm.Nilometer, str]:
    """A home with these rows and a case of these findings."""
    (folder / "rows.ndjson").write_bytes(lines(rows))
    home = nm.open(folder / "home")
    home.ingest(folder / "rows.ndjson")
    detect._keep(home.home, list(findings))
    return home, cases.opened(home.home, [one["id"] for one in findings]).id


def test_a_case_is_the_union_of_its_actors_and_each_person_is_there_once(tmp_path: Path) -> None:
    rows = [row(n, subject=f"p{n % 30}", app=("a", "b", "c")[n % 3]) for n in range(90)]
    home, ident = opened(tmp_path, rows, found("a"), found("b", id="F-2026-00000002"))
    with home:
        table = scope.table(home.home, ident)
        assert table.schema == PEOPLE
        assert table.num_rows == len({one["subject"] for one in rows if one["app"] in ("a", "b")})
        assert sum(table.column("count").to_pylist()) == 60
        assert table.column("subject").to_pylist() == sorted(table.column("subject").to_pylist())


def test_what_was_refused_is_kept_apart(tmp_path: Path) -> None:
    rows = [row(n, subject=f"p{n}", app="a", status=403 if n % 2 else 200) for n in range(10)] + [row(50, subject="p1", app="a")]
    home, ident = opened(tmp_path, rows, found("a"))
    with home:
        assert (scope.table(home.home, ident).num_rows, scope.asked(home.home, ident).num_rows) == (6, 5)
        assert scope.counted(home.home, scope.of(home.home, ident), shown=False) == 5


def test_a_finding_that_names_only_a_surface_is_narrowed_to_since_the_day_of_the_alarm(tmp_path: Path) -> None:
    early = [row(n, subject=f"early{n}", app="a", time=f"2026-01-01T10:00:{n:02d}Z") for n in range(5)]
    late = [row(n, subject=f"late{n}", app="b", time=f"2026-01-03T00:00:{n:02d}Z") for n in range(7)]
    actors = [{"level": "campaign", "id": "C-1"}, {"level": "surface", "id": "orders"}]
    home, ident = opened(tmp_path, [*early, *late], found(actors=actors, detected_at="2026-01-03T09:00:00Z"))
    with home:
        assert scope.table(home.home, ident).num_rows == 7
        page = cases.facts(home.home, ident)
        assert page["actors"] == [{"level": "surface", "id": "orders"}]
        assert page["hierarchy"] == [{"level": "app", "id": "b", "people": 7}]


def test_a_campaign_holds_its_members_and_those_that_joined_later(tmp_path: Path) -> None:
    rows = [row(n, subject=f"p{n}", account=f"acc{n % 4}", app="front") for n in range(40)]
    members = [{"level": "campaign", "id": "C-1"}, {"level": "account", "id": "acc0"}]
    home, ident = opened(tmp_path, rows, found(actors=members))
    with home:
        assert scope.table(home.home, ident).num_rows == 10
        detect._keep(home.home, [found(actors=[*members, {"level": "account", "id": "acc3"}])])
        assert scope.table(home.home, ident).num_rows == 20
        detect._keep(home.home, [found(actors=[*members[:1], {"level": "account", "id": "acc3"}])])
        assert scope.table(home.home, ident).num_rows == 20  # whoever was accused stays so
        assert [one["id"] for one in cases.facts(home.home, ident)["actors"]] == ["acc3", "acc0"]


def test_nobody_known_by_that_name_is_an_empty_scope(tmp_path: Path) -> None:
    home, ident = opened(tmp_path, [row(1)], found("who-is-this"))
    with home:
        assert scope.table(home.home, ident).num_rows == 0
        page = cases.facts(home.home, ident)
        assert (page["people"], page["hierarchy"], page["fields"]) == (0, [], {})
        assert scope.write(home.home, scope.of(home.home, ident), tmp_path / "none.parquet") == 0
        assert pq.read_table(tmp_path / "none.parquet").schema.names == PEOPLE.names


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_the_file_says_what_the_table_says(tmp_path: Path, suffix: str) -> None:
    rows = [row(n, subject=f"p{n % 30}", app="a", fields=["=HYPERLINK(1)", "name"] if n % 2 else None) for n in range(90)]
    home, ident = opened(tmp_path, rows, found("a"))
    with home:
        table = scope.table(home.home, ident)
        path = tmp_path / f"people{suffix}"
        assert scope.write(home.home, scope.of(home.home, ident), path) == 30
    assert path.stat().st_mode & 0o777 == 0o600
    if suffix == ".parquet":
        assert pq.read_table(path).equals(table)
        return
    with path.open(newline="") as stream:
        read = list(csv.DictReader(stream))
    assert [one["subject"] for one in read] == table.column("subject").to_pylist()
    assert [int(one["count"]) for one in read] == table.column("count").to_pylist()
    assert {one["fields"][:2] for one in read} == {"'=", ""}


def test_a_file_is_whole_or_not_there_and_an_old_one_stays(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("old")

    def breaking() -> Any:
        yield pa.table({"subject": ["1"], "n": [1]})
        raise OSError(28, "No space left on device")

    with pytest.raises(InputError, match="No space"):
        scope.write_tables(breaking(), pa.schema([("subject", pa.string()), ("n", pa.int64())]), path)
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["people.csv"]
    for wrong in ("people.xlsx", "nowhere/people.csv"):
        with pytest.raises(InputError, match=r"\.csv|cannot be written"):
            scope.write_tables(iter(()), PEOPLE, tmp_path / wrong)


def test_an_unknown_level_or_case_is_refused(tmp_path: Path) -> None:
    home, ident = opened(tmp_path, [row(1)], found("app-1"))
    with home:
        assert scope.counted(home.home, scope.of_actor(home.home, "app", "app-1")) == 1
        with pytest.raises(InputError, match="No level"):
            scope.of_actor(home.home, "company", "x")
        with pytest.raises(InputError, match=f"Cases: {ident}"):
            scope.of(home.home, "K-2026-000000")
        assert casebook.one(home.home, ident).state == "open"
