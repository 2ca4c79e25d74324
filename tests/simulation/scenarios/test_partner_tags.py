"""The partner that guesses tags."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation.played import SCALE, Played
from tests.simulation.staged import staged


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    yield from staged("partner_tags", tmp_path_factory)


def fake(played: Played) -> str:
    return str(played.truth["leaks"][0]["actors"][-1]["id"])


def test_fifteen_hundred_people_a_day_for_three_weeks(played: Played) -> None:
    days = played.rows(f"SELECT day, count(DISTINCT subject) FROM shown WHERE org = '{fake(played)}' GROUP BY day ORDER BY day")
    assert len(days) == 21
    assert 0.9 < sum(n for _, n in days) / (21 * 1_500 * SCALE) < 1.1
    assert max(n for _, n in days) < 1.6 * min(n for _, n in days)


def test_one_tag_in_seven_is_somebodys(played: Played) -> None:
    leak = played.truth["leaks"][0]
    assert 0.13 < leak["items"] / (leak["items"] + leak["misses"]) < 0.155


def test_the_tags_ascend_by_blocks_and_not_one_by_one(played: Played) -> None:
    steps = f"SELECT subject - lag(subject) OVER (ORDER BY place) AS step, subject, place FROM d WHERE org = '{fake(played)}'"
    near, up = played.rows(f"SELECT avg(CAST(abs(step) <= 16 AS INT)), corr(subject, place) FROM ({steps})")[0]
    assert near < 0.02
    assert up > 0.95


def test_it_never_sleeps_and_has_two_accounts(played: Played) -> None:
    night = played.one(f"SELECT avg(CAST(hour(time + INTERVAL 8 HOUR) < 6 AS INT)) FROM d WHERE org = '{fake(played)}'")
    assert night == pytest.approx(0.25, abs=0.02)
    assert played.one(f"SELECT count(DISTINCT account) FROM d WHERE org = '{fake(played)}'") == 2


def test_honest_shops_mistype_too_and_others_are_new_too(played: Played) -> None:
    shops = played.rows(
        f"""SELECT org, min(day), avg(CAST(status = 404 AS INT)) FROM d WHERE surface = 'warranty.tag' AND org <> '{fake(played)}' GROUP BY org"""
    )
    start = played.one("SELECT min(day) FROM d")
    assert len(shops) == 9
    assert 0.03 < sum(share for *_, share in shops) / 9 < 0.07
    assert sum((since - start).days > 50 for _, since, _ in shops) == 2
