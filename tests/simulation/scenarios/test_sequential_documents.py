"""Three addresses count up through documents that others open by a link."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation.played import SCALE, Played
from tests.simulation.staged import staged


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    yield from staged("sequential_documents", tmp_path_factory)


def its(played: Played) -> str:
    return "ip IN (" + ", ".join(f"'{actor['id']}'" for actor in played.truth["leaks"][0]["actors"]) + ")"


def test_nobody_on_this_surface_has_a_name(played: Played) -> None:
    named = "count(org) + count(app) + count(account) + count(session)"
    assert played.one(f"SELECT {named} FROM d WHERE surface = 'document.view'") == 0
    assert played.one(f"SELECT count(*) FROM d WHERE {its(played)} AND surface <> 'document.view'") == 0


def test_nine_hundred_people_a_day_by_three_addresses(played: Played) -> None:
    leak = played.truth["leaks"][0]
    assert [actor["level"] for actor in leak["actors"]] == ["ip"] * 3
    assert 0.9 < leak["people"] / (900 * 25 * SCALE) < 1.1
    assert leak["people"] == leak["items"]
    counts = [n for (n,) in played.rows(f"SELECT count(*) FROM d WHERE {its(played)} GROUP BY ip")]
    assert len(counts) == 3
    assert max(counts) < 1.1 * min(counts)
    assert 0.0 < leak["misses"] / leak["items"] < 0.03, "nearly all hits"


def test_each_address_counts_up_from_neighbour_to_neighbour(played: Played) -> None:
    steps = "SELECT subject - lag(subject) OVER (PARTITION BY ip ORDER BY place) AS step FROM d WHERE surface = 'document.view' AND {}"
    near = "SELECT avg(CAST(step BETWEEN 1 AND 16 AS INT)) FROM ({}) WHERE step IS NOT NULL"
    assert played.one(near.format(steps.format(its(played)))) > 0.97
    assert played.one(near.format(steps.format("NOT " + its(played)))) < 0.05


def test_honest_visitors_open_one_to_four_documents(played: Played) -> None:
    visits, largest, single = played.rows(
        f"""SELECT count(*) / count(DISTINCT day), quantile_disc(n, 0.9), avg(CAST(people = 1 AS INT)) FROM
        (SELECT ip, day, count(*) AS n, count(DISTINCT subject) AS people FROM d WHERE surface = 'document.view' AND NOT {its(played)} GROUP BY ALL)"""
    )[0]
    assert 0.5 < visits / (500 * SCALE) < 1.2, "some share an address"
    assert largest <= 10
    assert single > 0.3


def test_their_browsers_are_those_of_others(played: Played) -> None:
    tools = {tool for (tool,) in played.rows(f"SELECT DISTINCT user_agent FROM d WHERE {its(played)}")}
    assert tools <= {
        tool for (tool,) in played.rows(f"SELECT DISTINCT user_agent FROM d WHERE surface = 'document.view' AND NOT {its(played)}")
    }
