"""Each baseline on shapes whose answer its source gives, or that can be counted by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nilometer.app.evaluate.baseline import shelf
from nilometer.app.evaluate.baselines import isolation_forest, purview
from nilometer.app.evaluate.columns import DAY, SECOND, Columns
from tests.app.evaluate.made import cols, micro, row

SHELF = shelf()
HOUR, DAYS = 3600, 86_400


def rings(found: Columns, ident: str, level: str, setting: float) -> list[tuple[str, float]]:
    """(actor, seconds after the first moment) of each alarm."""
    alarms = SHELF[ident].rule(found, level, (setting,))[setting]
    return [(name, (int(t) - micro(0)) / SECOND) for name, t in zip(found.named[level].texts(alarms.actor), alarms.time, strict=True)]


def steady(rate: float, seconds: float, **more: Any) -> list[dict[str, Any]]:
    """Requests for a new person each, so many a second."""
    return [row(n / rate, f"p{n}", request=f"r{n}", **more) for n in range(int(rate * seconds))]


@pytest.mark.parametrize(
    ("rate", "seconds", "alarm"),
    [(10, 60, 4.9), (1.9, 3600, None), (1 / 6, 86_400, None), (60 / 8, 8, 53 / 7.5)],
)
def test_crowdsec_judges_the_shapes_of_the_table_in_peers(rate: float, seconds: float, alarm: float | None) -> None:
    """10 a second: alert after 49 of them, so the fiftieth, 4.9 s after the first; 60 thumbnails in 8 s: banned."""
    found = rings(cols(steady(rate, seconds)), "crowdsec", "ip", 40.0)
    assert [when for _, when in found[:1]] == ([] if alarm is None else [pytest.approx(alarm, abs=0.35)])


def test_thirty_one_addresses_together_never_ring() -> None:
    rows = [row(n / 58, f"p{n}", ip=f"10.0.0.{n % 31}", request=f"r{n}") for n in range(5_800)]
    assert rings(cols(rows), "crowdsec", "ip", 40.0) == []


def test_crowdsec_counts_a_page_of_people_once_and_a_person_once() -> None:
    page = [row(n / 100, f"p{n}", request="r1") for n in range(200)]
    again = [row(n / 100, "p1", request=f"r{n}") for n in range(200)]
    assert rings(cols(page), "crowdsec", "ip", 40.0) == []
    assert rings(cols(again), "crowdsec", "ip", 40.0) == []
    assert rings(cols([{k: v for k, v in one.items() if k != "request"} for one in page]), "crowdsec", "ip", 40.0)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 30)), max_size=60).map(sorted), st.integers(1, 4))
def test_the_crowd_that_is_left_out_never_overflows(rows: list[tuple[int, int]], capacity: int) -> None:
    """The bucket, written down once more without leaving anybody out."""
    level, last, seen, slow = 0, 0, set[int](), []  # a drop is five; one leaks in each tenth of a second
    for tenth, who in rows:
        if tenth - last > 5 * capacity:
            level, last, seen = 0, tenth, set()
        if who in seen:
            continue
        level, last = max(0, level - (tenth - last)) + 5, tenth
        seen.add(who)
        if level > 5 * capacity:
            slow.append(tenth / 10)
            level, seen = 0, set()
    found = cols([row(t / 10, s, request=f"r{n}") for n, (t, s) in enumerate(rows)] or [row(0, "x")])
    assert [when for _, when in rings(found, "crowdsec", "ip", float(capacity))] == pytest.approx(slow[:1])


def test_elastic_is_silent_at_24_in_three_minutes_and_resets_with_session_and_address() -> None:
    silent = [row(n * 7.5, f"p{n}") for n in range(200)]
    assert rings(cols(silent), "elastic", "session", 24.0) == []
    swept = SHELF["elastic"].rule(cols(silent), "session", (5.0, 24.0))
    assert (len(swept[5.0]), len(swept[24.0])) == (1, 0), "one setting does not change another"
    assert rings(cols([row(n * 7, f"p{n}") for n in range(200)]), "elastic", "session", 24.0)[0][0] == "s1"
    split = [row(n, f"p{n}", session=f"s{n % 3}", ip=f"10.0.0.{n % 2}") for n in range(144)]
    assert rings(cols(split), "elastic", "session", 24.0) == [], "24 people for each session at each address"
    assert rings(cols([{**one, "ip": "10.0.0.1"} for one in split]), "elastic", "session", 24.0)


def test_akto_counts_values_asked_for_by_address_and_interface() -> None:
    asked = [row(n * 5, f"p{n}", status=404) for n in range(60)]
    assert rings(cols(asked), "akto", "ip", 50.0) == [("10.0.0.1", 250.0)], "the fifty-first, shown or not"
    two = [row(n * 5, f"p{n}", surface=f"read-{n % 2}") for n in range(60)]
    assert rings(cols(two), "akto", "ip", 50.0) == []
    slow = [row(n * 6, f"p{n}") for n in range(200)]
    assert rings(cols(slow), "akto", "ip", 50.0) == []


def test_salesforce_sees_one_response_and_nothing_split_below_it() -> None:
    page = [row(1, f"p{n}", request="r1") for n in range(11)]
    assert rings(cols(page), "salesforce", "account", 10.0) == [("a1", 1.0)]
    assert rings(cols([*page[:10], *[row(2, f"q{n}", request="r2") for n in range(10)]]), "salesforce", "account", 10.0) == []
    assert rings(cols([*page[:10], *page[:5]]), "salesforce", "account", 10.0) == [], "people, not rows"
    assert rings(cols([*page[:10], row(1, "p99", request="r1", status=404)]), "salesforce", "account", 10.0) == []


@pytest.mark.parametrize(("level", "name"), [("org", "o1"), ("app", "p1"), ("account", "a1")])
def test_people_a_day_rings_at_one_too_many(level: str, name: str) -> None:
    rows = [row(n, f"p{n // 2}") for n in range(102)]
    assert rings(cols(rows), "people_a_day", level, 50.0) == [(name, 100.0)]
    assert rings(cols([*rows[:60], *[row(DAYS + n, f"q{n}") for n in range(40)]]), "people_a_day", level, 50.0) == []


def history(counts: Sequence[int], **more: Any) -> list[dict[str, Any]]:
    return [row(day * DAYS + HOUR + n, f"{day}-{n}", **more) for day, count in enumerate(counts) for n in range(count)]


def test_z_scores_count_people_or_requests() -> None:
    quiet = [10, 12] * 5
    busy = cols([*history(quiet), *[row(10 * DAYS + n, f"x{n % 5}") for n in range(40)]])
    assert rings(busy, "zscore_people", "account", 3.0) == [], "forty requests for five people"
    assert rings(busy, "zscore_requests", "account", 3.0) == [("a1", 10 * DAYS + 14.0)]
    assert rings(cols([*history(quiet), *[row(10 * DAYS + n, f"x{n}") for n in range(40)]]), "zscore_people", "account", 3.0) == [
        ("a1", 10 * DAYS + 14.0)
    ]


@given(st.lists(st.tuples(st.integers(0, 70), st.integers(0, 6)), min_size=12, max_size=60))
def test_purviews_thirty_days_are_those_of_a_recount(rows: list[tuple[int, int]]) -> None:
    found = cols([row(d * DAYS, s) for d, s in rows])
    actors, held, first = purview.held_by_day(found, "account")
    assert actors.tolist() == [0]
    for day in range(held.shape[1]):
        today = first + day - micro(0) // DAY
        assert held[0, day] == len({s for d, s in rows if today - 30 < d <= today})


def test_purview_accuses_who_stands_out_among_peers() -> None:
    peers = [row(day * DAYS + n, f"{who}-{day}-{n}", account=f"a{who}") for who in range(8) for day in range(3) for n in range(12 + who)]
    greedy = [row(DAYS + n, f"g{n}", account="greedy") for n in range(900)]
    found = rings(cols([*peers, *greedy]), "purview", "account", 3.0)
    assert {name for name, _ in found} == {"greedy"}
    assert found[0][1] == 2 * DAYS, "when the day ends"
    other = [{**one, "surface": "elsewhere"} for one in greedy]
    assert rings(cols([*peers, *other]), "purview", "account", 3.0) == [], "it has no peers there"


def test_the_forests_features_are_counted() -> None:
    day = [row(n * HOUR, f"p{n}") for n in range(12)]
    rows = [*day, row(12.5 * HOUR, "p1"), row(12.6 * HOUR, "none", status=404), *[row(DAYS + n, f"p{n + 6}") for n in range(12)]]
    actor, days, features = isolation_forest.features_by_day(cols(rows), "account")
    assert actor.tolist() == [0, 0]
    assert np.diff(days).tolist() == [1]
    assert np.expm1(features[:, 0]).round().tolist() == [12, 12]
    assert np.expm1(features[:, 1]).round().tolist() == [14, 12]
    assert features[:, 2].tolist() == [1.0, 0.5]
    assert features[:, 3].tolist() == [13, 1]
    assert np.expm1(features[:, 4]).round().tolist() == [1, 0]


def test_the_forest_is_fitted_on_earlier_days_only() -> None:
    """What comes after a stretch of days changes nothing that was said of it."""
    rng = np.random.default_rng(5)
    counts = {who: np.minimum(rng.lognormal(2.9, 0.3, 60), 60).astype(int) for who in range(8)}
    rows = [one for who, n in counts.items() for one in history(n.tolist(), account=f"a{who}")]
    burst = [row(40 * DAYS + 60 * n, f"b{n}", account="a3", status=404 if n % 3 else 200) for n in range(1200)]
    whole = rings(cols([*rows, *burst]), "isolation_forest", "account", 0.05)
    assert ("a3", 41 * DAYS) in whole
    # the forest is fitted when 14, 28, 42 days have gone by: what is said until day 42 knows nothing of what comes then
    later = [
        row(day * DAYS + 60 * n, f"{who}-{day}-{n}", account=f"a{who}") for who in range(8) for day in range(42, 56) for n in range(900)
    ]
    assert rings(cols([*rows, *burst, *later]), "isolation_forest", "account", 0.05)[: len(early(whole))] == early(whole)
    assert early(whole)


def early(alarms: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """The alarms of the days before the forty-second."""
    return [one for one in alarms if one[1] <= 42 * DAYS]
