"""A week in which everybody has several times the trade, and the dip after it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation.played import Played
from tests.simulation.staged import by_day, staged


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    yield from staged("sale_day", tmp_path_factory, scale=0.2)


SALE = range(55, 62)
DIP = range(63, 68)
BEFORE = range(41, 55)


def mean(played: Played, condition: str, days: range) -> float:
    """People a day over these days."""
    counted = by_day(played, condition)
    return sum(counted.get(number, (0, 0))[0] for number in days) / len(days)


@pytest.mark.parametrize("surface", ["order.buyer", "shipment.label", "profile.self", "support.ticket"])
def test_everybody_in_trade_has_several_times_as_many(played: Played, surface: str) -> None:
    its = f"surface = '{surface}'"
    assert 2.5 < mean(played, its, SALE) / mean(played, its, BEFORE) < 5.0
    assert mean(played, its, DIP) < 0.85 * mean(played, its, BEFORE)


def test_the_peak_is_the_last_day(played: Played) -> None:
    days = by_day(played, "surface = 'order.buyer'")
    assert max(days, key=lambda number: days[number][0]) == SALE[-1]
    usual = sorted(days[number][0] for number in BEFORE)[7]
    assert 4.0 * usual < days[SALE[-1]][0] < 8.0 * usual


def test_no_company_stands_out_from_the_others(played: Played) -> None:
    ratios = []
    for number in range(7, 12):  # the five largest order handlers
        its = f"org = 'org-{number:03}'"
        ratios.append(mean(played, its, SALE) / mean(played, its, BEFORE))
    assert max(ratios) < 1.4 * min(ratios)


def test_offices_are_busier_too_and_work_on_the_weekend(played: Played) -> None:
    its = "surface = 'review.detail'"
    assert 1.5 < mean(played, its, SALE) / mean(played, its, BEFORE) < 4.5
    days = by_day(played, its)
    saturday = {"sale": days[56][0], "before": days[49][0]}
    assert saturday["sale"] > 2 * saturday["before"]


def test_every_company_is_named_as_innocent(played: Played) -> None:
    orgs = {org for (org,) in played.rows("SELECT DISTINCT org FROM d WHERE org <> 'platform'")}
    named = {actor["id"] for innocent in played.truth["innocents"] for actor in innocent["actors"]}
    assert orgs <= named


def test_sale_and_dip_are_over_in_time(played: Played) -> None:
    its = "surface = 'order.buyer'"
    assert 0.85 < mean(played, its, range(76, 118)) / mean(played, its, BEFORE) < 1.25
