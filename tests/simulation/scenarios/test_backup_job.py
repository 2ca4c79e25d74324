"""The backup: a whole table by id, every Sunday night, from the first one on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation.played import Played
from tests.simulation.staged import by_day, staged


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    yield from staged("backup_job", tmp_path_factory, scale=0.2)


WEEKLY, NIGHTLY = "account = 'job-0001'", "account = 'job-0002'"


def test_it_runs_every_sunday_from_the_first_on_and_on_no_other_day(played: Played) -> None:
    assert sorted(by_day(played, WEEKLY)) == list(range(6, 110, 7))
    assert len(by_day(played, NIGHTLY)) == 110


def test_it_shows_the_whole_table_and_hardly_anybody_new(played: Played) -> None:
    days = by_day(played, WEEKLY)
    assert days[6][0] == pytest.approx(5_000 * 0.2, rel=0.05)
    assert days[104][0] == pytest.approx(days[6][0] * 1.1, rel=0.05), "0.1 % a day for fourteen weeks"
    assert all(new < 0.03 * people for number, (people, new) in days.items() if number > 6)


def test_it_reads_in_order_of_ids_within_the_night(played: Played) -> None:
    steps = f"SELECT subject - lag(subject) OVER (PARTITION BY day ORDER BY place) AS step, time FROM d WHERE {WEEKLY}"
    assert played.one(f"SELECT min(step) FROM ({steps})") > 0
    assert played.rows(f"SELECT min(hour(time + INTERVAL 8 HOUR)), max(hour(time + INTERVAL 8 HOUR)) FROM d WHERE {WEEKLY}") == [(22, 23)]


def test_it_is_the_table_its_partner_syncs(played: Played) -> None:
    strangers = played.one(
        f"SELECT count(DISTINCT subject) FROM shown WHERE {WEEKLY} AND subject NOT IN (SELECT subject FROM shown WHERE org = 'org-028')"
    )
    assert strangers < 0.01 * 1_000


def test_it_is_neither_alone_on_its_surface_nor_the_only_first_party_actor(played: Played) -> None:
    assert played.rows("SELECT DISTINCT account FROM d WHERE surface = 'table.customers' ORDER BY 1") == [("job-0001",), ("job-0002",)]
    assert played.one("SELECT count(DISTINCT app) FROM d WHERE org = 'platform'") >= 4
