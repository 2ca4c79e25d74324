"""The creep: a few more people every working day, in the sessions of honest work, among colleagues who do the same."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation.played import SCALE, Played
from tests.simulation.staged import by_day, staged

FIRST_DAY = 58


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    yield from staged("creeping_insider", tmp_path_factory, scale=3 * SCALE)


def culprit(played: Played) -> str:
    return str(played.truth["leaks"][0]["actors"][0]["id"])


def new_people(played: Played, since: int, until: int) -> float:
    """Mean number of people new to the culprit on its working days of that stretch."""
    days = by_day(played, f"account = '{culprit(played)}'")
    working = [new for number, (people, new) in days.items() if since <= number < until and people > 5]
    return sum(working) / len(working)


def test_new_people_grow_from_day_to_day(played: Played) -> None:
    honest, early, late = (new_people(played, *span) for span in ((35, 58), (58, 80), (140, 168)))
    assert early < honest + 8, "it begins so small that a day cannot tell"
    assert late > early + 10
    assert played.truth["leaks"][0]["mixed"]


def test_it_hides_in_the_sessions_of_the_work(played: Played) -> None:
    leak = played.truth["leaks"][0]
    its = f"account = '{culprit(played)}' AND time BETWEEN '{leak['started']}' AND '{leak['ended']}'"
    places = f"SELECT count(DISTINCT session), count(DISTINCT (hour(time), day, ip)) FROM d WHERE {its}"
    sessions, hours = played.rows(places)[0]
    assert sessions == hours, "one session an hour, whatever is done in it"


def test_it_keeps_working_days_and_hours(played: Played) -> None:
    leak = played.truth["leaks"][0]
    weekend, night = played.rows(
        f"""SELECT avg(CAST(isodow(day) >= 6 AS INT)), avg(CAST(hour(time + INTERVAL 8 HOUR) < 7 AS INT)) FROM d
        WHERE account = '{culprit(played)}' AND time >= '{leak["started"]}'"""
    )[0]
    assert weekend < 0.1
    assert night == 0


def test_colleagues_see_as_many(played: Played) -> None:
    busiest = played.rows(
        f"""SELECT account, median(n) FROM (SELECT account, day, count(DISTINCT subject) AS n FROM shown WHERE app = 'crm-console'
        AND day < (SELECT min(day) + {FIRST_DAY + 25} FROM d) AND isodow(day) < 6 GROUP BY ALL) GROUP BY account ORDER BY 2 DESC"""
    )
    assert len(busiest) == 10
    assert busiest[0][1] < 2.2 * busiest[-1][1], "in its first weeks nobody stands out by volume"
    assert played.one("SELECT count(DISTINCT account) FROM d WHERE surface = 'console.customer' AND reference IS NOT NULL") == 0
