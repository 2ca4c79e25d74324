"""A search engine: nearly all new, round the clock, nicknames only, within its need."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation.played import Played
from tests.simulation.staged import by_day, staged


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    yield from staged("welcome_crawler", tmp_path_factory, scale=0.2)


ENGINE = "app = 'app-031-0'"


def test_it_indexes_600_a_day_nearly_all_new_from_day_20_on(played: Played) -> None:
    days = by_day(played, ENGINE)
    assert min(days) == 20
    people, new = (sum(day[k] for day in days.values()) for k in (0, 1))
    assert people / len(days) == pytest.approx(600 * 0.2, rel=0.1)
    assert new / people > 0.93


def test_it_never_sleeps(played: Played) -> None:
    least, most = played.rows(
        f"SELECT min(n), max(n) FROM (SELECT count(*) AS n FROM d WHERE {ENGINE} GROUP BY hour(time + INTERVAL 8 HOUR))"
    )[0]
    assert least > 0.8 * most


def test_it_sees_nicknames_only_from_few_addresses(played: Played) -> None:
    assert played.rows(f"SELECT DISTINCT fields, surface FROM d WHERE {ENGINE}") == [(["nickname"], "reviewer.page")]
    assert played.one(f"SELECT count(DISTINCT ip) FROM d WHERE {ENGINE}") == 6


def test_others_read_the_same_pages_from_the_first_day_on(played: Played) -> None:
    days = by_day(played, f"surface = 'reviewer.page' AND NOT {ENGINE}")
    assert min(days) == 0
    people, new = (sum(day[k] for number, day in days.items() if number > 20) for k in (0, 1))
    assert new / people < 0.5, "they come back to their own"


def test_it_does_not_count_through_the_ids(played: Played) -> None:
    near = played.one(
        f"SELECT avg(CAST(abs(step) BETWEEN 1 AND 16 AS INT)) FROM (SELECT subject - lag(subject) OVER (ORDER BY place) AS step FROM d WHERE {ENGINE})"
    )
    assert near < 0.01
