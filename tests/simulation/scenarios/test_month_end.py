"""The month's last two days: ten times as many people, half of them new; month after month."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation.played import Played
from tests.simulation.staged import by_day, staged


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    yield from staged("month_end", tmp_path_factory, scale=0.5)


CLOSINGS = (25, 26, 56, 57, 86, 87, 117, 118, 147, 148)
"""29 February, 31 March, 30 April, 31 May and 30 June 2020, each with the day before."""
LARGER, SMALLER, EVEN = "org = 'org-028'", "org = 'org-030'", "org IN ('org-029', 'org-031')"


def ordinary(played: Played, condition: str) -> float:
    """The median of people on a working day that is no closing day."""
    days = by_day(played, condition)
    working = sorted(people for number, (people, _) in days.items() if number % 7 < 5 and number not in CLOSINGS)
    return float(working[len(working) // 2])


@pytest.mark.parametrize("org", [LARGER, SMALLER])
def test_closing_days_are_about_ten_times_as_busy(played: Played, org: str) -> None:
    days, usual = by_day(played, org), ordinary(played, org)
    closing = [days[number][0] for number in CLOSINGS]
    assert min(closing) > 5 * usual
    assert 7 * usual < sum(closing) / len(closing) < 14 * usual


def test_half_of_the_closings_people_are_new(played: Played) -> None:
    days = by_day(played, LARGER)
    later = [days[number] for number in CLOSINGS[2:]]
    assert 0.4 < sum(new for _, new in later) / sum(people for people, _ in later) < 0.65


def test_the_days_around_a_closing_are_ordinary(played: Played) -> None:
    days, usual = by_day(played, LARGER), ordinary(played, LARGER)
    assert all(days.get(number, (0, 0))[0] < 2.5 * usual for last in CLOSINGS for number in (last - 2, last + 2) if number not in CLOSINGS)


def test_the_others_on_the_surface_know_no_month(played: Played) -> None:
    days, usual = by_day(played, EVEN), ordinary(played, EVEN)
    assert max(people for people, _ in days.values()) < 2.0 * usual
    assert played.one("SELECT count(DISTINCT org) FROM d WHERE surface = 'invoice.buyer'") == 4
