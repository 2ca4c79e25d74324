"""Nothing happens: the same honest platform as in every scenario, with its sale day."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation.played import Played
from tests.simulation.staged import by_day, staged


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    yield from staged("clean_platform", tmp_path_factory)


def test_only_the_companies_of_every_scenario_are_there(played: Played) -> None:
    orgs = {org for (org,) in played.rows("SELECT DISTINCT org FROM d")}
    assert orgs == {"platform", *(f"org-{number:03}" for number in range(28))}


def test_it_lasts_120_days_and_every_kind_of_partner_works_to_the_end(played: Played) -> None:
    assert played.one("SELECT count(DISTINCT day) FROM d") == 120
    for surface in ("crm.sync", "order.buyer", "shipment.label", "review.detail", "support.ticket", "review.list", "profile.self"):
        days = by_day(played, f"surface = '{surface}'")
        assert min(days) <= 2
        assert max(days) >= 117


def test_a_hasty_rule_would_accuse_them(played: Played) -> None:
    busiest = played.one("SELECT max(n) FROM (SELECT count(DISTINCT subject) AS n FROM shown WHERE org <> 'platform' GROUP BY app, day)")
    middle = played.one("SELECT median(n) FROM (SELECT count(DISTINCT subject) AS n FROM shown WHERE org <> 'platform' GROUP BY app, day)")
    assert busiest > 20 * middle
