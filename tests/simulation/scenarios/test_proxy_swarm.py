"""The swarm: many addresses, each of which sees hardly anybody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation.played import SCALE, Played
from tests.simulation.staged import staged

NAMELESS = "surface = 'review.list' AND account IS NULL"


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    yield from staged("proxy_swarm", tmp_path_factory)


def spans(played: Played) -> tuple[str, str]:
    leak = played.truth["leaks"][0]
    return f"{NAMELESS} AND time < '{leak['started']}'", f"{NAMELESS} AND time BETWEEN '{leak['started']}' AND '{leak['ended']}'"


def test_visitors_have_a_session_and_no_name(played: Played) -> None:
    assert played.rows(f"SELECT count(org), count(app), count(*) - count(session) FROM d WHERE {NAMELESS}") == [(0, 0, 0)]


def test_a_thousand_people_a_day_more_everybody_once(played: Played) -> None:
    leak = played.truth["leaks"][0]
    assert 0.9 < leak["people"] / (350 * 3 * 60 * SCALE) < 1.1
    assert leak["people"] == leak["items"]


def test_no_visit_is_larger_than_an_honest_one(played: Played) -> None:
    before, during = spans(played)
    largest = "SELECT max(n) FROM (SELECT count(*) AS n FROM d WHERE {} GROUP BY session)"
    assert played.one(largest.format(during)) <= played.one(largest.format(before)) == 6


def test_hundreds_of_addresses_more_come_every_day(played: Played) -> None:
    before, during = spans(played)
    addresses = "SELECT avg(n) FROM (SELECT count(DISTINCT ip) AS n FROM d WHERE {} AND day <> '2019-11-11' GROUP BY day)"
    more = played.one(addresses.format(during)) - played.one(addresses.format(before))
    assert 0.7 < more / (350 * SCALE) < 1.2


def test_the_swarm_comes_at_the_hours_of_people(played: Played) -> None:
    before, during = spans(played)
    night = "SELECT avg(CAST(hour(time + INTERVAL 8 HOUR) < 6 AS INT)) FROM d WHERE {}"
    assert played.one(night.format(during)) == pytest.approx(played.one(night.format(before)), abs=0.02)
