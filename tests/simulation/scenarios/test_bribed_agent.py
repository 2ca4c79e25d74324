"""The agent who is paid to look."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation.played import SCALE, Played
from tests.simulation.staged import staged

TICKETLESS = "app = 'support-desk' AND reference IS NULL"


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    yield from staged("bribed_agent", tmp_path_factory, scale=3 * SCALE)


def culprit(played: Played) -> str:
    return str(played.truth["leaks"][0]["actors"][0]["id"])


def during(played: Played) -> str:
    leak = played.truth["leaks"][0]
    return f"time BETWEEN '{leak['started']}' AND '{leak['ended']}'"


def test_twenty_five_people_more_a_shift(played: Played) -> None:
    leak = played.truth["leaks"][0]
    shifts = played.one(f"SELECT count(DISTINCT day) FROM d WHERE account = '{culprit(played)}' AND {during(played)}")
    assert 70 < shifts < 90, "five days in seven"
    assert 0.85 < leak["items"] / shifts / (25 * 3 * SCALE) < 1.15


def test_six_looks_in_ten_have_no_ticket(played: Played) -> None:
    leak = played.truth["leaks"][0]
    without = played.one(f"SELECT count(*) FROM shown WHERE {TICKETLESS} AND account = '{culprit(played)}' AND {during(played)}")
    assert 0.5 < without / leak["items"] < 0.85, "his honest callers come on top"


def test_the_others_go_with_tickets_of_somebody_else(played: Played) -> None:
    shared = played.rows(
        f"""SELECT account, count(*) FROM (SELECT min(account) AS account FROM d WHERE reference IS NOT NULL AND app = 'support-desk' AND {during(played)}
        GROUP BY reference HAVING count(DISTINCT subject) > 1) GROUP BY account ORDER BY 2 DESC"""
    )
    assert shared[0][0] == culprit(played)
    assert len(shared) > 3, "a slip of the pen happens to colleagues too"


def test_every_agent_looks_without_a_ticket_now_and_then(played: Played) -> None:
    agents = played.rows(f"SELECT account, count(*) FROM d WHERE {TICKETLESS} GROUP BY account")
    assert len(agents) == played.one("SELECT count(DISTINCT account) FROM d WHERE app = 'support-desk'")
    assert min(n for _, n in agents) > 10


def test_he_sees_no_more_people_than_a_busy_colleague_on_a_busy_day(played: Played) -> None:
    def busiest(condition: str) -> int:
        return int(
            played.one(
                f"""SELECT max(n) FROM (SELECT account, day, count(DISTINCT subject) AS n FROM shown
                WHERE app = 'support-desk' AND {condition} GROUP BY ALL)"""
            )
        )

    assert busiest(f"account = '{culprit(played)}' AND {during(played)}") < busiest(f"account <> '{culprit(played)}'")
