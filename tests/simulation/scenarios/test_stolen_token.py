"""The stolen token: bulk pages from elsewhere, beside the nightly sync that goes on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation.played import SCALE, Played
from tests.simulation.staged import staged


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    yield from staged("stolen_token", tmp_path_factory)


def robbed(played: Played) -> str:
    return str(played.truth["leaks"][0]["actors"][0]["id"])


def foreign(played: Played) -> str:
    """The rows from addresses the account never had before the theft."""
    before = f"SELECT ip FROM d WHERE account = '{robbed(played)}' AND time < '{played.truth['leaks'][0]['started']}'"
    return f"account = '{robbed(played)}' AND ip NOT IN ({before})"


def test_sixty_thousand_in_six_hours_and_twenty_thousand_three_days_later(played: Played) -> None:
    errands = played.rows(
        f"""SELECT day, count(DISTINCT subject), epoch(max(time) - min(time)) / 3600 FROM d WHERE {foreign(played)}
        GROUP BY day ORDER BY day"""
    )
    assert [people for _, people, _ in errands] == [round(60_000 * SCALE), round(20_000 * SCALE)]
    assert [round(hours, 1) for *_, hours in errands] == pytest.approx([6.0, 2.0], abs=0.1)
    assert (errands[1][0] - errands[0][0]).days == 3
    leak = played.truth["leaks"][0]
    assert leak["items"] + leak["misses"] == sum(people for _, people, _ in errands)


def test_it_reads_in_pages_of_two_hundred(played: Played) -> None:
    sizes = [n for (n,) in played.rows(f"SELECT count(*) FROM d WHERE {foreign(played)} GROUP BY request")]
    assert max(sizes) == 200
    assert sum(size == 200 for size in sizes) >= len(sizes) - 2


def test_the_tool_is_new_for_the_app_and_known_on_the_platform(played: Played) -> None:
    (tool,) = (tool for (tool,) in played.rows(f"SELECT DISTINCT user_agent FROM d WHERE {foreign(played)}"))
    assert "python-requests" in tool
    assert (
        played.one(f"SELECT count(*) FROM d WHERE account = '{robbed(played)}' AND user_agent = '{tool}' AND NOT ({foreign(played)})") == 0
    )
    assert played.one(f"SELECT count(DISTINCT app) FROM d WHERE user_agent = '{tool}'") > 1


def test_the_nightly_sync_goes_on_as_before(played: Played) -> None:
    nights = played.rows(
        f"SELECT day, count(DISTINCT subject) FROM d WHERE account = '{robbed(played)}' AND NOT ({foreign(played)}) GROUP BY day"
    )
    assert len(nights) > 100
    counts = [n for _, n in nights]
    assert max(counts) < 1.3 * min(counts)


def test_another_integration_moves_honestly(played: Played) -> None:
    app = played.truth["innocents"][-1]["actors"][0]["id"]
    homes = played.rows(
        f"SELECT user_agent, min(day), max(day), count(DISTINCT ip), avg(n) FROM (SELECT *, count(DISTINCT subject) OVER (PARTITION BY day) AS n FROM d WHERE app = '{app}') GROUP BY user_agent ORDER BY 2"
    )
    assert len(homes) == 2
    assert homes[0][2] < homes[1][1], "from one day to the next"
    assert homes[1][4] == pytest.approx(homes[0][4], rel=0.15), "and the people stay the same"
