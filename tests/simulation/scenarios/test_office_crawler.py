"""The crawler that keeps office hours."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation.played import SCALE, Played
from tests.simulation.staged import by_day, staged


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    yield from staged("office_crawler", tmp_path_factory)


def its(played: Played) -> str:
    leak = played.truth["leaks"][0]
    return f"account = '{leak['actors'][0]['id']}' AND time >= '{leak['started']}' AND time <= '{leak['ended']}'"


def test_two_hundred_new_people_a_weekday_and_none_on_a_weekend(played: Played) -> None:
    days = by_day(played, its(played))
    weekdays = [new for number, (_, new) in days.items() if number % 7 < 5]  # day 0 is a Monday
    weekend = [new for number, (_, new) in days.items() if number % 7 >= 5]
    assert 0.8 < sorted(weekdays)[len(weekdays) // 2] / (200 * SCALE) < 1.3
    assert sum(weekend) < 0.03 * sum(weekdays)
    assert played.truth["leaks"][0]["people"] > 22_000 * SCALE


def test_its_hours_are_those_of_honest_consultancies(played: Played) -> None:
    def hours(condition: str) -> dict[int, float]:
        return dict(
            played.rows(
                f"""SELECT CAST(hour(time + INTERVAL 8 HOUR) AS INT), count(*) / sum(count(*)) OVER () FROM d
                WHERE surface = 'review.detail' AND {condition} GROUP BY ALL"""
            )
        )

    crawler, honest = hours(its(played)), hours("org <> (SELECT org FROM d WHERE " + its(played) + " LIMIT 1)")
    assert max(abs(crawler.get(hour, 0.0) - honest.get(hour, 0.0)) for hour in range(24)) < 0.03
    assert crawler[12] < 0.6 * crawler[11], "there is a lunch break"


def test_the_account_worked_honestly_before_and_its_colleagues_still_do(played: Played) -> None:
    leak = played.truth["leaks"][0]
    assert played.one(f"SELECT count(*) FROM d WHERE account = '{leak['actors'][0]['id']}' AND time < '{leak['started']}'") > 50
    org = played.one(f"SELECT org FROM d WHERE {its(played)} LIMIT 1")
    active = played.rows(f"SELECT account, max(day) FROM d WHERE org = '{org}' GROUP BY account")
    assert len(active) == 5
    assert min(str(day) for _, day in active) > "2020-05-25"


def test_its_sessions_are_those_of_its_work(played: Played) -> None:
    sessions, hours = played.rows(f"SELECT count(DISTINCT session), count(DISTINCT (day, hour(time), ip)) FROM d WHERE {its(played)}")[0]
    assert sessions == hours
    assert played.one(f"SELECT count(DISTINCT ip) FROM d WHERE {its(played)}") <= 3
