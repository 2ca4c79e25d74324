"""The move: nobody's reach changes, though every name below the account does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation.played import Played
from tests.simulation.staged import by_day, local_day, staged


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    yield from staged("session_rekey", tmp_path_factory, scale=0.2)


PARTNERS = "org <> 'platform'"


def test_sessions_are_cut_at_the_moment_and_none_lives_on(played: Played) -> None:
    moment = f"CAST('{local_day(played, 60)}T07:20:00Z' AS TIMESTAMPTZ)"
    across = f"SELECT session FROM d GROUP BY session HAVING min(time) < {moment} AND max(time) >= {moment}"
    assert played.one(f"SELECT count(*) FROM ({across})") == 0
    # on the day before sessions do go on across that time
    other = f"CAST('{local_day(played, 59)}T07:20:00Z' AS TIMESTAMPTZ)"
    assert played.one(f"SELECT count(*) FROM ({across.replace(moment, other)})") > 0


def test_every_partner_comes_from_elsewhere_with_a_newer_tool(played: Played) -> None:
    for column in ("ip", "user_agent"):
        names = f"SELECT DISTINCT org, {column} FROM d WHERE {PARTNERS} AND day {{}} '{local_day(played, 60)}'"
        both = f"{names.format('<')} INTERSECT {names.format('>=')}"
        assert played.one(f"SELECT count(*) FROM ({both})") == 0
    counts = played.rows(
        f"SELECT count(DISTINCT ip) FILTER (day < '{local_day(played, 60)}') , count(DISTINCT ip) FILTER (day >= '{local_day(played, 60)}') FROM d WHERE {PARTNERS}"
    )[0]
    assert counts[0] == pytest.approx(counts[1], abs=6)


def test_no_two_companies_share_an_address_after_the_move(played: Played) -> None:
    shared = f"SELECT ip FROM d WHERE {PARTNERS} AND day >= '{local_day(played, 60)}' GROUP BY ip HAVING count(DISTINCT org) > 1"
    assert played.one(f"SELECT count(*) FROM ({shared})") == 0


@pytest.mark.parametrize("surface", ["crm.sync", "order.buyer", "review.detail", "support.ticket"])
def test_whom_partners_see_does_not_change(played: Played, surface: str) -> None:
    days = by_day(played, f"surface = '{surface}'")
    before, after = (sum(days.get(number, (0, 0))[0] for number in span) for span in (range(46, 60), range(60, 74)))
    # the sale day is in the first fortnight
    assert 0.65 < after / before < 1.2


def test_people_log_in_again_and_see_themselves(played: Played) -> None:
    rows = played.rows("SELECT day - (SELECT min(day) FROM d), count(*) FROM d WHERE surface = 'profile.self' GROUP BY day")
    days: dict[int, int] = dict(rows)
    usual = sum(days[number] for number in range(52, 59)) / 7
    assert (days[60] + days[61]) / 2 > 1.5 * usual
    assert 0.8 < days[80] / usual < 1.3
    assert played.one("SELECT count(*) FROM d WHERE surface = 'profile.self' AND account <> CAST(subject AS VARCHAR)") == 0


def test_homes_and_browsers_of_people_stay(played: Played) -> None:
    moved = """SELECT account FROM d WHERE app IN ('web', 'mobile') GROUP BY account
    HAVING count(DISTINCT ip) > 1 OR count(DISTINCT user_agent) > 1"""
    assert played.one(f"SELECT count(*) FROM ({moved})") == 0
