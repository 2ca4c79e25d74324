"""Growth of 1.5 % a day in which new and known people grow alike."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest

from tests.simulation.played import Played
from tests.simulation.staged import by_day, staged


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    yield from staged("honest_growth", tmp_path_factory, scale=0.5)


GROWING, STAYING = "org = 'org-028'", "org = 'org-029'"


def totals(played: Played, condition: str, days: range) -> tuple[int, int]:
    """People and new people, summed over these days."""
    counted = by_day(played, condition)
    chosen = [counted[number] for number in days if number in counted]
    return sum(people for people, _ in chosen), sum(new for _, new in chosen)


def test_it_grows_sixfold_in_120_days_and_was_steady_before(played: Played) -> None:
    first, second = totals(played, GROWING, range(7, 28))[0], totals(played, GROWING, range(28, 49))[0]
    assert 0.8 < second / first < 1.25
    last = totals(played, GROWING, range(161, 182))[0]
    assert 4.0 < last / second < 8.0


def test_it_grows_a_percent_and_a_half_a_day(played: Played) -> None:
    weeks = [totals(played, GROWING, range(start, start + 14))[0] for start in range(56, 168, 14)]
    steps = [later / earlier for earlier, later in pairwise(weeks)]
    assert 1.1 < sum(steps) / len(steps) < 1.4, "1.015 ** 14 is 1.23"
    assert min(steps) > 0.95


def test_new_and_known_people_grow_alike(played: Played) -> None:
    shares = []
    for start in (63, 91, 119, 147):
        people, new = totals(played, GROWING, range(start, start + 28))
        shares.append(new / people)
    assert all(0.1 < share < 0.3 for share in shares)
    assert max(shares) - min(shares) < 0.1


def test_the_consultancy_of_its_size_stays_as_it_is(played: Played) -> None:
    before, after = totals(played, STAYING, range(28, 49))[0], totals(played, STAYING, range(161, 182))[0]
    assert 0.75 < after / before < 1.3
    people, new = totals(played, STAYING, range(63, 175))
    assert 0.05 < new / people < 0.3


def test_it_works_through_the_accounts_it_always_had(played: Played) -> None:
    late = played.one(f"SELECT count(DISTINCT account) FILTER (day > '2020-07-01') FROM d WHERE {GROWING}")
    assert late == played.one(f"SELECT count(DISTINCT account) FILTER (day < '2020-04-20') FROM d WHERE {GROWING}")
