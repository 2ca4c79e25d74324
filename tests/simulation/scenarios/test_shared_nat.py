"""Thousands of visitors behind two addresses: a lot for an address, nothing for a visitor."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation.played import Played
from tests.simulation.staged import by_day, staged


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    yield from staged("shared_nat", tmp_path_factory, scale=0.2)


NOBODY = "org IS NULL AND app IS NULL AND account IS NULL AND session IS NULL"


@pytest.fixture(scope="module")
def gateways(played: Played) -> list[str]:
    """The company's, the carrier's old and the carrier's new address."""
    return [actor["id"] for innocent in played.truth["innocents"] for actor in innocent["actors"] if actor["level"] == "ip"]


def test_nothing_is_known_of_visitors_but_address_and_browser(played: Played, gateways: list[str]) -> None:
    assert played.rows("SELECT DISTINCT surface, fields FROM d WHERE org IS NULL") == [("review.list", ["nickname"])]
    assert played.one(f"SELECT count(*) FROM d WHERE org IS NULL AND NOT ({NOBODY})") == 0
    names = ", ".join(f"'{ip}'" for ip in gateways)
    assert played.one(f"SELECT count(*) FROM d WHERE ip IN ({names}) AND NOT ({NOBODY})") == 0


def test_the_gateways_stand_out_and_each_visit_is_small(played: Played, gateways: list[str]) -> None:
    ranked = played.rows("SELECT ip, count(DISTINCT subject) AS n FROM shown WHERE org IS NULL GROUP BY ip ORDER BY n DESC LIMIT 4")
    assert {ip for ip, _ in ranked[:3]} == set(gateways)
    assert ranked[2][1] > 20 * ranked[3][1]
    sizes = played.rows("SELECT DISTINCT count(*) AS n FROM d WHERE org IS NULL GROUP BY request ORDER BY n")
    assert sizes == [(1,), (2,), (3,), (4,)]
    assert played.one(f"SELECT count(DISTINCT user_agent) FROM d WHERE ip = '{gateways[1]}'") == 5


def test_the_third_takes_over_the_seconds_visitors_on_day_60(played: Played, gateways: list[str]) -> None:
    company, old, new = (by_day(played, f"ip = '{ip}'") for ip in gateways)
    assert max(old) == 59
    assert min(new) == 60
    assert min(company) <= 1
    assert max(company) >= 108
    before, after = (sum(days[n][0] for n in span) / 8 for days, span in ((old, range(51, 59)), (new, range(61, 69))))
    assert 0.75 < after / before < 1.3


def test_others_come_from_addresses_of_their_own_from_the_first_day_on(played: Played, gateways: list[str]) -> None:
    names = ", ".join(f"'{ip}'" for ip in gateways)
    homes = by_day(played, f"org IS NULL AND ip NOT IN ({names})")
    assert min(homes) == 0
    assert played.one(f"SELECT count(DISTINCT ip) FROM d WHERE org IS NULL AND ip NOT IN ({names})") > 500
