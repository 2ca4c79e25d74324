"""One evening of a leaver, on the console where everybody works."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation.played import SCALE, Played
from tests.simulation.staged import staged


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    yield from staged("leaver_export", tmp_path_factory)


def test_fifteen_thousand_people_between_half_past_six_and_half_past_ten(played: Played) -> None:
    leak = played.truth["leaks"][0]
    assert 14_700 * SCALE < leak["people"] <= 15_000 * SCALE
    assert played.one(f"SELECT epoch(TIMESTAMPTZ '{leak['ended']}' - TIMESTAMPTZ '{leak['started']}')") == pytest.approx(4 * 3600, rel=0.01)
    assert leak["started"][11:16] == "10:30", "18:30 in China"


def test_the_pace_is_even(played: Played) -> None:
    leak = played.truth["leaks"][0]
    name = leak["actors"][0]["id"]
    between = f"account = '{name}' AND time BETWEEN '{leak['started']}' AND '{leak['ended']}'"
    least, most = played.rows(
        f"SELECT min(n), max(n) FROM (SELECT count(*) AS n FROM d WHERE {between} GROUP BY time_bucket(INTERVAL 30 MINUTE, time))"
    )[0]
    assert most < 1.1 * least


def test_it_is_the_same_desk_and_browser_as_ever(played: Played) -> None:
    name = played.truth["leaks"][0]["actors"][0]["id"]
    assert played.one(f"SELECT count(DISTINCT user_agent) FROM d WHERE account = '{name}'") == 1
    evening, ever = played.rows(
        f"""SELECT list(DISTINCT ip) FILTER (time >= '{played.truth["leaks"][0]["started"]}'), list(DISTINCT ip) FROM d
        WHERE app = 'crm-console'"""
    )[0]
    assert set(evening) <= set(ever)
    assert len(ever) <= 8


def test_the_leaver_leaves_and_so_does_somebody_honest(played: Played) -> None:
    last = dict(played.rows("SELECT account, max(day) FROM d WHERE app = 'crm-console' GROUP BY account"))
    end = played.one("SELECT max(day) FROM d")
    gone = {account for account, day in last.items() if (end - day).days > 5}
    innocent = played.truth["innocents"][-1]["actors"][0]["id"]
    assert {played.truth["leaks"][0]["actors"][0]["id"], innocent} <= gone


def test_it_had_worked_there_from_the_start(played: Played) -> None:
    name = played.truth["leaks"][0]["actors"][0]["id"]
    assert played.one(f"SELECT count(DISTINCT day) FROM d WHERE account = '{name}' AND time < '{played.truth['leaks'][0]['started']}'") > 25
