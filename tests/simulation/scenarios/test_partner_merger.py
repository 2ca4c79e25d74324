"""Before: two partners of one size. After: one of twice the size, with the customers of both."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation.played import Played
from tests.simulation.staged import by_day, local_day, staged


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    yield from staged("partner_merger", tmp_path_factory, scale=0.3)


SURVIVOR, OTHER = "org = 'org-028'", "org = 'org-029'"


def test_both_were_alike_and_the_survivor_does_the_work_of_both(played: Played) -> None:
    survivor, other = by_day(played, SURVIVOR), by_day(played, OTHER)
    span = range(55, 75)
    one, two = (sum(days[number][0] for number in span) / 20 for days in (survivor, other))
    assert 0.3 * 150 < two < one < 0.3 * 250
    after = sum(survivor[number][0] for number in range(80, 100)) / 20
    assert after == pytest.approx(one + two, rel=0.15)


def test_the_others_accounts_stop(played: Played) -> None:
    assert max(by_day(played, OTHER)) == 74


def test_its_customers_are_read_on_two_days_by_one_account_without_an_order(played: Played) -> None:
    rows = played.rows(
        f"""SELECT day, account, count(DISTINCT subject) FROM shown WHERE {SURVIVOR} AND reference IS NULL GROUP BY ALL ORDER BY day"""
    )
    assert [str(day) for day, _, _ in rows] == [local_day(played, 75), local_day(played, 76)]
    assert len({account for _, account, _ in rows}) == 1
    assert sum(people for _, _, people in rows) == pytest.approx(3_000 * 0.3, rel=0.1)


def test_they_were_the_others_customers(played: Played) -> None:
    carried = f"SELECT DISTINCT subject FROM shown WHERE {SURVIVOR} AND reference IS NULL"
    known = played.one(f"SELECT count(*) FROM ({carried}) WHERE subject IN (SELECT subject FROM shown WHERE {OTHER})")
    assert known > 0.7 * played.one(f"SELECT count(*) FROM ({carried})")
