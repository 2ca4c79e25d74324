"""The reference case keeps its shape: slow, steady, new people every day, behind proxies, beside honest colleagues."""

from __future__ import annotations

from tests.simulation.played import SCALE, Played

CRAWL = "account = 'account-028-1-1' AND time >= (SELECT CAST('{}' AS TIMESTAMPTZ))"


def crawl(played: Played) -> str:
    return CRAWL.format(played.truth["leaks"][0]["started"])


def test_it_takes_one_in_ten_thousand_of_the_real_items_at_scale_1(played: Played) -> None:
    leak = played.truth["leaks"][0]
    assert 0.97 * 118_000 * SCALE < leak["items"] < 1.03 * 118_000 * SCALE
    assert 0.95 < leak["people"] / leak["items"] < 1.0
    assert leak["fields"] == ["nickname", "phone"]
    assert leak["surfaces"] == ["review.detail"]


def test_there_is_history_before_and_the_world_goes_on_after(played: Played) -> None:
    first, last = played.rows("SELECT min(day), max(day) FROM d")[0]
    started, ended = played.rows(f"SELECT min(day), max(day) FROM d WHERE {crawl(played)}")[0]
    assert 28 <= (started - first).days <= 42
    assert str(started) == "2019-11-01"
    assert str(ended) == "2020-07-20"
    assert last > ended


def test_the_same_account_worked_honestly_before(played: Played) -> None:
    before = played.one("SELECT count(*) FROM d WHERE account = 'account-028-1-1' AND day < '2019-11-01'")
    during = played.one(f"SELECT count(*) FROM d WHERE {crawl(played)} AND day < '2019-12-10'")
    assert 0 < before < during / 10


def test_colleagues_go_on_working(played: Played) -> None:
    colleagues = played.rows("SELECT account, max(day) FROM d WHERE org = 'org-028' AND account <> 'account-028-1-1' GROUP BY account")
    assert len(colleagues) == 5
    assert all(str(last) > "2020-07-12" for _, last in colleagues)


def test_it_is_steady_and_never_fast(played: Played) -> None:
    days, lowest, highest = played.rows(
        f"SELECT count(*), min(n), max(n) FROM (SELECT count(*) AS n FROM d WHERE {crawl(played)} GROUP BY day)"
    )[0]
    assert days == 263
    assert highest < 1.6 * lowest
    assert (
        played.one(f"SELECT max(n) FROM (SELECT count(*) AS n FROM d WHERE {crawl(played)} GROUP BY time_bucket(INTERVAL 1 MINUTE, time))")
        <= 2
    )


def test_no_address_sees_much(played: Played) -> None:
    addresses, busiest, busiest_day = played.rows(
        f"""SELECT count(DISTINCT ip), max(n), max(a_day) FROM (SELECT ip, count(*) OVER (PARTITION BY ip) AS n,
        count(*) OVER (PARTITION BY ip, day) AS a_day FROM d WHERE {crawl(played)})"""
    )[0]
    assert addresses > 100
    assert busiest < 0.03 * played.truth["leaks"][0]["items"]
    assert busiest_day <= 54


def test_a_modest_share_meets_nobody(played: Played) -> None:
    leak = played.truth["leaks"][0]
    assert 0.015 < leak["misses"] / (leak["items"] + leak["misses"]) < 0.035


def test_the_walk_does_not_count_through_the_ids(played: Played) -> None:
    near = played.one(
        f"SELECT avg(CAST(abs(step) BETWEEN 1 AND 16 AS INT)) FROM (SELECT subject - lag(subject) OVER (ORDER BY place) AS step FROM d WHERE {crawl(played)})"
    )
    assert near < 0.01
