"""An open interface, counted through behind the key of the official app."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation.played import SCALE, Played
from tests.simulation.staged import staged

LONG = "session IN (SELECT session FROM d WHERE surface = 'customer.lookup' GROUP BY session HAVING count(DISTINCT subject) > 12)"


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    yield from staged("open_api", tmp_path_factory)


def test_nobody_has_an_account_and_all_have_a_session(played: Played) -> None:
    keys = played.rows(
        "SELECT app, count(account), count(*) - count(session) FROM d WHERE surface = 'customer.lookup' GROUP BY app ORDER BY app"
    )
    assert keys == [("self-service", 0, 0), ("service-desk", 0, 0)]


def test_nine_hundred_people_a_day_for_forty_one_days(played: Played) -> None:
    leak = played.truth["leaks"][0]
    assert 0.9 < leak["people"] / (900 * 41 * SCALE) < 1.1
    assert leak["started"][:10] in ("2019-11-24", "2019-11-25")
    assert leak["ended"][:10] == "2020-01-04", "41 days, as with T-Mobile (5 January in China)"


def test_sessions_are_short_and_addresses_rotate(played: Played) -> None:
    sessions, most, addresses = played.rows(
        f"SELECT count(DISTINCT session), max(n), count(DISTINCT ip) FROM (SELECT *, count(*) OVER (PARTITION BY session) AS n FROM d WHERE {LONG})"
    )[0]
    assert sessions > 40
    assert most <= 80
    assert addresses > 30


def test_neighbours_follow_each_other(played: Played) -> None:
    steps = f"SELECT subject - lag(subject) OVER (ORDER BY place) AS step FROM d WHERE app = 'self-service' AND {LONG}"
    assert played.one(f"SELECT avg(CAST(step BETWEEN 1 AND 16 AS INT)) FROM ({steps}) WHERE step IS NOT NULL") > 0.9


def test_honest_customers_look_themselves_up(played: Played) -> None:
    people = [
        n
        for (n,) in played.rows(
            "SELECT count(DISTINCT subject) FROM d WHERE surface = 'customer.lookup' AND day < (SELECT min(day) + 60 FROM d) GROUP BY session"
        )
    ]
    assert max(people) <= 3
    assert 0.85 < sum(n == 1 for n in people) / len(people) < 0.97
    assert played.truth["innocents"][-1]["actors"] == [{"level": "app", "id": "service-desk"}]
