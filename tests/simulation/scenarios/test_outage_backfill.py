"""An outage of a day and a half, and the three hours after it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation.played import Played
from tests.simulation.staged import by_day, local_day, staged


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    yield from staged("outage_backfill", tmp_path_factory, scale=0.3)


PARTNER, PEERS, SYNC = "org = 'org-028'", "org IN ('org-029', 'org-030', 'org-031')", "org = 'org-032'"


def test_nothing_is_read_for_a_day_and_a_half(played: Played) -> None:
    start, end = f"'{local_day(played, 71)}T21:00:00Z'", f"'{local_day(played, 73)}T09:00:00Z'"
    assert played.one(f"SELECT count(*) FROM d WHERE {PARTNER} AND time > {start} AND time < {end}") == 0
    assert played.one(f"SELECT count(*) FROM d WHERE {PEERS} AND time > {start} AND time < {end}") > 30


def test_then_ten_days_are_read_in_three_hours(played: Played) -> None:
    days = by_day(played, PARTNER)
    ordinary = sorted(people for number, (people, _) in days.items() if number < 70)[35]
    back = f"{PARTNER} AND time BETWEEN '{local_day(played, 73)}T09:00:00Z' AND '{local_day(played, 73)}T12:00:00Z'"
    assert played.one(f"SELECT count(DISTINCT subject) FROM shown WHERE {back}") > 6 * ordinary
    people, new = days[73]
    assert new < 0.25 * people, "only those of the outage are new"
    assert new > 0.8 * ordinary * 0.4


def test_ordinary_days_follow(played: Played) -> None:
    days = by_day(played, PARTNER)
    before, after = (sum(days[number][0] for number in span) for span in (range(50, 70), range(75, 95)))
    assert 0.8 < after / before < 1.25


def test_its_reads_never_name_an_order_and_neither_do_its_peers(played: Played) -> None:
    assert played.one("SELECT count(*) FROM d WHERE surface = 'order.contact' AND reference IS NOT NULL") == 0
    assert played.one("SELECT count(DISTINCT org) FROM d WHERE surface = 'order.contact' AND day = '2020-03-02'") == 4


def test_a_sync_fails_for_three_nights_and_then_reads_what_it_always_reads(played: Played) -> None:
    days = by_day(played, SYNC)
    assert not {88, 89, 90} & set(days)
    assert days[91][0] == pytest.approx(days[87][0], rel=0.05)
    assert days[91][1] < 0.05 * days[91][0]
