"""The honest side, measured in the played table: believable, uneven, and large enough to be accused by a hasty rule."""

from __future__ import annotations

import pytest

from tests.simulation.played import Played

CULPRIT = "account-028-1-1"


def crawler_people_a_day(played: Played) -> float:
    leak = played.truth["leaks"][0]
    days = played.one(f"SELECT count(DISTINCT day) FROM d WHERE account = '{CULPRIT}' AND time >= '{leak['started']}'")
    return float(leak["people"] / days)


def test_honest_apps_show_more_people_a_day_than_the_crawler(played: Played) -> None:
    larger = played.rows(
        f"""SELECT app FROM (SELECT app, day, count(DISTINCT subject) AS people FROM shown WHERE org NOT IN ('platform', 'org-028') GROUP BY ALL)
        GROUP BY app HAVING median(people) > {crawler_people_a_day(played)}"""
    )
    surfaces = {played.one(f"SELECT surface FROM d WHERE app = '{app}'") for (app,) in larger}
    assert {"crm.sync", "order.buyer"} <= surfaces, "a fixed threshold that catches the crawler accuses these"


def test_partners_are_of_very_different_sizes(played: Played) -> None:
    smallest, largest = played.rows(
        "SELECT min(n), max(n) FROM (SELECT count(*) AS n FROM shown WHERE org NOT IN ('platform', 'org-028') GROUP BY org)"
    )[0]
    assert largest > 20 * smallest


@pytest.mark.parametrize(("surface", "low", "high"), [("review.detail", 0.0, 0.25), ("order.buyer", 1.05, 1.5), ("crm.sync", 0.95, 1.05)])
def test_weekends_differ_from_weekdays(played: Played, surface: str, low: float, high: float) -> None:
    ratio = played.one(
        f"""SELECT median(n) FILTER (isodow(day) >= 6) / median(n) FILTER (isodow(day) < 6) FROM
        (SELECT day, count(*) AS n FROM d WHERE surface = '{surface}' AND account <> '{CULPRIT}' AND day <> '2019-11-11' GROUP BY day)"""
    )
    assert low < ratio < high


def test_nights_are_quiet_except_for_syncs(played: Played) -> None:
    night = dict(
        played.rows(
            f"SELECT surface, avg(CAST(hour(time + INTERVAL 8 HOUR) < 6 AS INT)) FROM d WHERE account <> '{CULPRIT}' GROUP BY surface"
        )
    )
    assert night["crm.sync"] == 1.0
    assert max(night[s] for s in ("order.buyer", "profile.self", "review.detail")) < 0.06


def test_the_sale_day_is_the_largest_day_of_orders(played: Played) -> None:
    days = played.rows(
        "SELECT CAST(day AS VARCHAR), count(*) AS n FROM d WHERE surface = 'order.buyer' GROUP BY day ORDER BY n DESC LIMIT 2"
    )
    assert days[0][0] == "2019-11-11"
    assert days[0][1] > 1.5 * days[1][1]


def novelty(played: Played, condition: str, since: str = "2019-10-28") -> float:
    """The share of shown people, per day, that the app had never been shown before."""
    return float(
        played.one(
            f"""WITH met AS (SELECT app, day, subject, min(day) OVER (PARTITION BY app, subject) = day AS fresh FROM shown WHERE {condition})
            SELECT count(DISTINCT (app, day, subject)) FILTER (fresh) / count(DISTINCT (app, day, subject)) FROM met WHERE day >= '{since}'"""
        )
    )


def test_novelty_tells_the_kinds_apart(played: Played) -> None:
    assert novelty(played, "surface = 'crm.sync'") < 0.1
    assert novelty(played, "surface = 'review.detail' AND org <> 'org-028'") < 0.4
    assert 0.3 < novelty(played, "surface = 'order.buyer'") < 0.8
    assert novelty(played, f"account = '{CULPRIT}' AND surface = 'review.detail'", since="2019-11-01") > 0.9


def test_consumers_see_themselves_and_the_nicknames_of_others(played: Played) -> None:
    assert played.one("SELECT count(*) FROM d WHERE surface IN ('profile.self', 'order.self') AND account <> CAST(subject AS VARCHAR)") == 0
    assert played.rows("SELECT DISTINCT fields FROM d WHERE surface = 'review.list'") == [(["nickname"],)]
    together = played.one("SELECT avg(n) FROM (SELECT count(*) AS n FROM d WHERE surface = 'review.list' GROUP BY request)")
    assert 5 < together < 10, "one response shows several people"


def test_business_reasons_belong_to_one_person(played: Played) -> None:
    lone, least = played.rows(
        "SELECT max(n), min(n) FROM (SELECT count(DISTINCT subject) AS n FROM d WHERE reference IS NOT NULL GROUP BY reference)"
    )[0]
    assert (least, lone) == (1, 1)
    kinds = played.rows("SELECT DISTINCT surface, reference IS NOT NULL FROM d")
    assert len(kinds) == len(dict(kinds)), "a surface has a reference always or never"
    assert {surface for surface, has in kinds if has} == {"order.buyer", "shipment.label", "support.ticket", "support.orders"}


def test_there_are_a_few_honest_misses(played: Played) -> None:
    share = played.one(f"SELECT avg(CAST(status = 404 AS INT)) FROM d WHERE account <> '{CULPRIT}'")
    assert 0.002 < share < 0.012


def test_innocents_are_in_the_table(played: Played) -> None:
    for innocent in played.truth["innocents"]:
        for actor in innocent["actors"]:
            assert played.one(f"SELECT count(*) FROM d WHERE {actor['level']} = '{actor['id']}'") > 0, actor
