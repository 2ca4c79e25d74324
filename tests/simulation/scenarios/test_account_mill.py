"""Accounts that live for hours, among people who are new too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation.played import SCALE, Played
from tests.simulation.staged import staged


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    yield from staged("account_mill", tmp_path_factory, scale=3 * SCALE)


def its(played: Played) -> str:
    return "account IN (" + ", ".join(f"'{actor['id']}'" for actor in played.truth["leaks"][0]["actors"]) + ")"


def test_thirty_five_accounts_a_day_for_fifty_days(played: Played) -> None:
    leak = played.truth["leaks"][0]
    assert 0.85 < len(leak["actors"]) / (35 * 50 * 3 * SCALE) < 1.15
    assert played.one(f"SELECT count(DISTINCT account) FROM d WHERE {its(played)}") == len(leak["actors"])


def test_each_reads_twenty_to_forty_five_people_and_is_never_seen_again(played: Played) -> None:
    least, most, days, longest = played.rows(
        f"""SELECT min(n), max(n), max(days), max(hours) FROM (SELECT count(DISTINCT subject) AS n, count(DISTINCT day) AS days,
        epoch(max(time) - min(time)) / 3600 AS hours FROM d WHERE {its(played)} GROUP BY account)"""
    )[0]
    assert 20 <= least < most <= 45
    assert days == 1
    assert longest < 14


def test_together_they_meet_everybody_once(played: Played) -> None:
    leak = played.truth["leaks"][0]
    assert leak["people"] == leak["items"] > 25 * len(leak["actors"])


def test_honest_readers_are_new_too_and_some_read_as_much(played: Played) -> None:
    readers = f"SELECT account, day, count(DISTINCT subject) AS n FROM d WHERE surface = 'review.list' AND NOT {its(played)} GROUP BY ALL"
    fresh, much = played.rows(
        f"""SELECT avg(CAST(fresh AS INT)), avg(CAST(n >= 20 AS INT)) FROM (SELECT *, min(day) OVER (PARTITION BY account) = day AS fresh
        FROM ({readers})) WHERE day >= (SELECT min(day) + 30 FROM d)"""
    )[0]
    assert fresh > 0.8
    assert much > 0.1


def test_addresses_and_browsers_do_not_tell(played: Played) -> None:
    assert played.one(f"SELECT max(n) FROM (SELECT count(DISTINCT account) AS n FROM d WHERE {its(played)} GROUP BY ip)") <= 4
    tools = {tool for (tool,) in played.rows(f"SELECT DISTINCT user_agent FROM d WHERE {its(played)}")}
    assert tools == {
        tool for (tool,) in played.rows(f"SELECT DISTINCT user_agent FROM d WHERE surface = 'review.list' AND NOT {its(played)}")
    }
    digits = "SELECT min(length(account)), max(length(account)) FROM d WHERE app = 'web'"
    assert played.rows(f"{digits} AND {its(played)}") == played.rows(f"{digits} AND NOT {its(played)}") == [(10, 10)]
