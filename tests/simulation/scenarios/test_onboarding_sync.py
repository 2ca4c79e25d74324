"""First syncs: one declared, one not; then the same people every night."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation.played import Played
from tests.simulation.staged import by_day, local_day, staged


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    yield from staged("onboarding_sync", tmp_path_factory, scale=0.3)


LARGE, SMALL = "org = 'org-028'", "org = 'org-029'"


@pytest.mark.parametrize(("org", "joins", "customers"), [(LARGE, 60, 6_000), (SMALL, 70, 400)])
def test_the_first_day_shows_all_customers_and_later_ones_hardly_a_new_one(played: Played, org: str, joins: int, customers: int) -> None:
    days = by_day(played, org)
    assert min(days) == joins
    assert days[joins] == (days[joins][0], days[joins][0])
    assert days[joins][0] == pytest.approx(customers * 0.3, rel=0.05)
    assert all(new < 0.03 * people + 3 for number, (people, new) in days.items() if number > joins)
    assert len(days) >= 0.9 * (110 - joins)


def test_the_first_sync_takes_two_hours_by_day_and_the_others_are_at_night(played: Played) -> None:
    first = local_day(played, 60)
    hours = played.one(f"SELECT epoch(max(time) - min(time)) / 3600 FROM d WHERE {LARGE} AND day = '{first}'")
    assert 1.5 < hours <= 2.0
    night = played.one(f"SELECT avg(CAST(hour(time + INTERVAL 8 HOUR) BETWEEN 1 AND 5 AS INT)) FROM d WHERE {LARGE} AND day > '{first}'")
    assert night == 1.0


def test_it_reads_in_pages(played: Played) -> None:
    sizes = [n for (n,) in played.rows(f"SELECT count(*) FROM d WHERE {LARGE} AND day = '{local_day(played, 60)}' GROUP BY request")]
    assert max(sizes) == 50
    assert sum(sizes) / len(sizes) > 40


def test_others_sync_on_the_same_surface_from_the_first_day_on(played: Played) -> None:
    assert played.one(f"SELECT count(DISTINCT org) FROM d WHERE surface = 'crm.sync' AND day = '{local_day(played, 0)}'") >= 6
