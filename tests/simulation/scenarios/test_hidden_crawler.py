"""The crawler inside a large firm's work."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation.played import SCALE, Played
from tests.simulation.staged import staged

BEFORE, DURING = "day < (SELECT min(day) + 60 FROM d)", "day BETWEEN (SELECT min(day) + 60 FROM d) AND (SELECT min(day) + 259 FROM d)"


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    yield from staged("hidden_crawler", tmp_path_factory)


def firm(played: Played) -> str:
    return next(str(actor["id"]) for actor in played.truth["leaks"][0]["actors"] if actor["level"] == "org")


def test_it_adds_a_fifth_to_what_the_firm_reads(played: Played) -> None:
    leak = played.truth["leaks"][0]
    during = played.one(f"SELECT count(*) FROM shown WHERE org = '{firm(played)}' AND {DURING}")
    assert 0.10 < leak["items"] / (during - leak["items"]) < 0.25, "900 visits a day and what merchants bring"
    assert leak["people"] == leak["items"]


def test_all_accounts_carry_the_same(played: Played) -> None:
    counts = [
        n for (n,) in played.rows(f"SELECT count(DISTINCT subject) FROM shown WHERE org = '{firm(played)}' AND {DURING} GROUP BY account")
    ]
    assert len(counts) == 5
    assert max(counts) < 1.1 * min(counts)


def test_its_hours_and_weekends_are_the_firms(played: Played) -> None:
    def profile(when: str) -> tuple[float, ...]:
        return tuple(
            played.rows(
                f"""SELECT avg(CAST(isodow(day) >= 6 AS INT)), avg(hour(time + INTERVAL 8 HOUR)), avg(CAST(status = 404 AS INT)) FROM d
                WHERE org = '{firm(played)}' AND {when}"""
            )[0]
        )

    assert profile(DURING) == pytest.approx(profile(BEFORE), abs=0.3)


def test_it_is_smaller_than_the_firms_own_ups_and_downs(played: Played) -> None:
    def days(when: str) -> list[int]:
        people = f"SELECT count(DISTINCT subject) AS n FROM shown WHERE org = '{firm(played)}' AND isodow(day) < 6 AND {when} GROUP BY day"
        return [n for (n,) in played.rows(f"SELECT n FROM ({people}) ORDER BY n")]

    before, during = days(BEFORE), days(DURING)
    assert 1.1 < during[len(during) // 2] / before[len(before) // 2] < 1.35
    assert during[len(during) // 2] < before[-1], "an honest merchant's sign-up makes a larger day"
    assert played.truth["leaks"][0]["people"] > 20_000 * SCALE
