"""Address books that count through the phone numbers, among honest ones."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation.played import SCALE, Played
from tests.simulation.staged import staged


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    yield from staged("phone_walk", tmp_path_factory, scale=3 * SCALE)


def its(played: Played) -> str:
    return (
        "account IN (" + ", ".join(f"'{actor['id']}'" for actor in played.truth["leaks"][0]["actors"]) + ") AND surface = 'contacts.find'"
    )


def test_twelve_accounts_find_six_hundred_people_a_day_together(played: Played) -> None:
    leak = played.truth["leaks"][0]
    assert len(leak["actors"]) == 12
    assert 0.9 < leak["people"] / (600 * 30 * 3 * SCALE) < 1.1
    assert 0.27 < leak["items"] / (leak["items"] + leak["misses"]) < 0.33
    assert played.one(f"SELECT count(DISTINCT day) FROM d WHERE {its(played)}") in (30, 31)


def test_honest_books_find_more_than_half(played: Played) -> None:
    met, sizes = played.rows(
        f"""SELECT avg(met), [min(n), max(n)] FROM (SELECT request, avg(CAST(status = 200 AS INT)) AS met, count(*) AS n FROM d
        WHERE surface = 'contacts.find' AND NOT ({its(played)}) GROUP BY request)"""
    )[0]
    assert 0.5 < met < 0.6
    assert 40 <= sizes[0] < sizes[1] <= 250


def test_what_nobody_has_is_asked_in_ascending_order(played: Played) -> None:
    asked = f"SELECT subject - lag(subject) OVER (ORDER BY place) AS step FROM d WHERE {its(played)} AND status = 404"
    assert played.one(f"SELECT avg(CAST(step BETWEEN 1 AND 16 AS INT)) FROM ({asked}) WHERE step IS NOT NULL") > 0.99
    honest = f"SELECT subject - lag(subject) OVER (PARTITION BY request ORDER BY place) AS step FROM d WHERE surface = 'contacts.find' AND status = 404 AND NOT ({its(played)})"
    assert played.one(f"SELECT avg(CAST(abs(step) <= 16 AS INT)) FROM ({honest}) WHERE step IS NOT NULL") < 0.01


def test_no_book_is_larger_than_honest_ones_and_no_address_stays(played: Played) -> None:
    assert played.one(f"SELECT max(n) FROM (SELECT count(*) AS n FROM d WHERE {its(played)} GROUP BY request)") <= 120
    assert played.one(f"SELECT count(DISTINCT ip) FROM d WHERE {its(played)}") > 30


def test_the_accounts_come_in_by_the_official_app_and_were_never_seen_before(played: Played) -> None:
    assert played.rows(f"SELECT DISTINCT org, app FROM d WHERE {its(played)}") == [("platform", "mobile")]
    names = its(played).split(" AND ")[0]
    assert played.one(f"SELECT count(*) FROM d WHERE {names} AND time < '{played.truth['leaks'][0]['started']}'") == 0
