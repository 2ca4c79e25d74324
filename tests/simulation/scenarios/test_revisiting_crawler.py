"""The crawler that comes back to half its people."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation.played import SCALE, Played
from tests.simulation.staged import by_day, staged


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    yield from staged("revisiting_crawler", tmp_path_factory)


def its(played: Played) -> str:
    leak = played.truth["leaks"][0]
    return f"account = '{leak['actors'][0]['id']}' AND time >= '{leak['started']}' AND time <= '{leak['ended']}'"


def test_half_of_what_it_reads_it_has_read_before(played: Played) -> None:
    leak = played.truth["leaks"][0]
    assert 0.9 < leak["people"] / (150 * 170 * SCALE) < 1.1
    assert 0.45 < leak["people"] / leak["items"] < 0.55


def test_new_people_come_evenly_for_all_that_time(played: Played) -> None:
    days = by_day(played, its(played))
    assert len(days) >= 169
    weeks = [sum(days.get(number, (0, 0))[1] for number in range(start, start + 7)) for start in range(70, 225, 7)]
    assert max(weeks) < 1.8 * min(weeks)


def test_the_share_of_new_people_looks_like_that_of_the_honest(played: Played) -> None:
    days = by_day(played, its(played))
    late = [new / people for number, (people, new) in days.items() if number > 90]
    assert 0.4 < sum(late) / len(late) < 0.6, "half of a day is known: a ratio alone does not tell"


def test_it_goes_on_with_its_work(played: Played) -> None:
    leak = played.truth["leaks"][0]
    assert leak["mixed"]
    assert played.one(f"SELECT count(*) FROM shown WHERE {its(played)}") > leak["items"] + 100
    assert played.one(f"SELECT count(DISTINCT account) FROM d WHERE org = (SELECT org FROM d WHERE {its(played)} LIMIT 1)") == 5
