"""Six of fourteen colleagues, each with a part of the people."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation.played import SCALE, Played
from tests.simulation.staged import staged

SPANS = {"before": "day < (SELECT min(day) + 60 FROM d)", "during": "day >= (SELECT min(day) + 60 FROM d)"}


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    yield from staged("colluding_colleagues", tmp_path_factory)


def members(played: Played) -> list[str]:
    return [actor["id"] for actor in played.truth["leaks"][0]["actors"] if actor["level"] == "account"]


def a_day(played: Played, when: str) -> dict[str, float]:
    """Mean people a weekday of each account of the firm."""
    return dict(
        played.rows(
            f"""SELECT account, avg(n) FROM (SELECT account, day, count(DISTINCT subject) AS n FROM shown
            WHERE app = (SELECT app FROM d WHERE account = '{members(played)[0]}' LIMIT 1) AND isodow(day) < 6 AND {SPANS[when]}
            GROUP BY ALL) GROUP BY account"""
        )
    )


def test_six_of_fourteen_take_thirty_more_each(played: Played) -> None:
    before, during = a_day(played, "before"), a_day(played, "during")
    assert len(before) == len(during) == 14
    assert len(members(played)) == 6
    more = {account: during[account] - before[account] for account in during}
    taken = [more[account] for account in members(played)]
    others = [more[account] for account in more if account not in members(played)]
    assert min(taken) > max(others)
    assert 0.5 < sum(taken) / 6 / (30 * SCALE) < 1.2


def test_each_takes_a_part_of_its_own(played: Played) -> None:
    app = f"(SELECT app FROM d WHERE account = '{members(played)[0]}' LIMIT 1)"
    alone = dict(
        played.rows(
            f"""SELECT min(account), count(*) FROM (SELECT subject, min(account) AS account FROM shown WHERE app = {app} AND {SPANS["during"]}
            GROUP BY subject HAVING count(DISTINCT account) = 1) GROUP BY account"""
        )
    )
    taken = [alone[account] for account in members(played)]
    others = [n for account, n in alone.items() if account not in members(played)]
    share = played.truth["leaks"][0]["people"] / 6
    assert min(taken) > max(others) + 0.6 * share, "what one of the six takes no colleague meets"


def test_together_they_took_what_the_truth_says(played: Played) -> None:
    leak = played.truth["leaks"][0]
    assert 14_000 * SCALE < leak["people"] < 20_000 * SCALE
    assert leak["people"] == leak["items"]
    assert leak["mixed"]
