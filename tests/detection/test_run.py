"""Detection end to end on the plain ledger: promise 2, narrowing, folding, and what a finding says."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nilometer.detection.detectors.novelty import Novelty
from nilometer.detection.detectors.reach import Reach
from nilometer.detection.run import detect, shelf
from nilometer.disclosures.actor import Actor
from nilometer.findings.finding import Finding
from tests.detection.reference_ledger import ReferenceLedger
from tests.detection.scenes import START, Row, collecting, life, nervous

SMALL = Reach(floor=20, own_days=2, factor=4.0)
NEW = Novelty(people=30, least=10, peer_people=10, factor=2.0, returns=0.2)


def fixed(finding: Finding) -> tuple[object, ...]:
    """What a finding never changes once it is detected."""
    return (finding.id, finding.actors, finding.title, finding.first_seen, finding.detected_at, finding.people_at_detection)


def since_then(finding: Finding) -> tuple[object, ...]:
    """What it was raised for: the first detector's reasons as they stood."""
    return tuple(reason for reason in finding.reasons if reason.detector == finding.reasons[0].detector)[:1]


@settings(max_examples=60)
@given(seed=st.integers(0, 10_000), cut=st.floats(0, 1), at_a_finding=st.sampled_from([None, 0, 1]))
def test_a_prefix_gives_exactly_the_findings_detected_in_it(seed: int, cut: float, at_a_finding: int | None) -> None:
    rows = sorted(life(seed), key=lambda row: row["time"])
    until = rows[int(cut * (len(rows) - 1))]["time"]
    whole = ReferenceLedger.of(rows)
    found = detect(whole, nervous())
    if at_a_finding is not None and found:  # the very moment of a finding, or just before it
        until = found[int(cut * (len(found) - 1))].detected_at - timedelta(microseconds=at_a_finding)
    early = [one for one in found if one.detected_at <= until]
    cut_off = detect(ReferenceLedger.of([row for row in rows if row["time"] <= until]), nervous())
    assert [(fixed(one), since_then(one)) for one in cut_off] == [(fixed(one), since_then(one)) for one in early]
    assert detect(whole, nervous(), as_of=until) == cut_off


def test_the_random_lives_do_set_detectors_off() -> None:
    found = [one for seed in range(20) for one in detect(ReferenceLedger.of(life(seed)), nervous())]
    assert {reason.detector for one in found for reason in one.reasons} == {"reach", "novelty", "enumeration"}
    assert {one.actors[0].level for one in found} >= {"org", "app", "account", "session", "ip"}
    assert any(len({reason.detector for reason in one.reasons}) > 1 for one in found)


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000))
def test_the_order_of_rows_and_detectors_changes_nothing(seed: int) -> None:
    ledger = ReferenceLedger.of(life(seed))
    shuffled = list(range(ledger.table.num_rows))
    random.Random(seed).shuffle(shuffled)
    other = ReferenceLedger(ledger.table.take(shuffled), ledger.names_of)
    once = detect(ledger, nervous())
    assert detect(other, nervous()[::-1]) == once
    assert detect(ledger, nervous()) == once


def quiet(days: int, apps: int = 12) -> list[Row]:
    """Apps of one account each that return to the same few people every day."""
    rows: list[Row] = []
    for day in range(days):
        for app in range(apps):
            who = {"org": f"org-{app}", "app": f"app-{app}", "account": f"account-{app}", "session": f"session-{app}-{day}"}
            rows += collecting(who, day, range(app * 50, app * 50 + 12), hour=9)
    return rows


def leaker(day: int) -> dict[str, str]:
    """The first app's account, in its session of that day."""
    return {"org": "org-0", "app": "app-0", "account": "account-0", "session": f"session-0-{day}"}


LEAKER = leaker(6)


def test_a_bulk_read_is_one_finding_on_the_narrowest_level_that_is_not_a_passing_session() -> None:
    found = detect(ReferenceLedger.of(quiet(6) + collecting(LEAKER, 6, range(5000, 5300))), [SMALL])
    assert [one.actors for one in found] == [(Actor(level="account", id="account-0"),)]
    one = found[0]
    assert one.detected_at == START + timedelta(days=6, hours=10, seconds=20 * 47)  # the 48th person: four times a record of 12
    assert (one.people_at_detection, one.people) == (48 + 12, 312)
    assert one.first_seen == START + timedelta(hours=9)
    assert one.fields == ("nickname", "phone")
    assert one.surfaces == ("buyer",)
    assert "48 people by 10:15 UTC on 12 Jan 2020" in one.reasons[0].says
    assert (one.reasons[0].measured, one.reasons[0].usual) == (48, 12)


def test_one_session_beside_others_is_named_itself() -> None:
    desks = [row for n in range(3) for row in collecting({**LEAKER, "session": f"desk-{n}"}, 6, range(n, n + 1), hour=8)]
    stolen = [
        row for day in (6, 7) for row in collecting({**leaker(day), "session": f"stolen-{day}"}, day, range(5000 * day, 5000 * day + 2000))
    ]
    found = detect(ReferenceLedger.of(quiet(8) + desks + stolen), [Reach(floor=20, own_days=2, factor=8.0)])
    assert [one.actors for one in found] == [(Actor(level="session", id="stolen-6"),)]  # the next day's session continues the story


def test_a_leak_through_many_accounts_names_the_app() -> None:
    leak = [
        row
        for n in range(20)
        for row in collecting({"org": "org-0", "app": "app-0", "account": f"mill-{n}"}, 6, range(5000 + 15 * n, 5015 + 15 * n), hour=1 + n)
    ]
    found = detect(ReferenceLedger.of(quiet(6) + leak), [SMALL])
    assert [one.actors for one in found] == [(Actor(level="app", id="app-0"),)]


def test_an_account_through_which_most_but_not_nearly_all_went_does_not_explain_its_app() -> None:
    most = collecting({"app": "app-0", "account": "account-0"}, 6, range(5000, 5100), hour=1, seconds=4)
    rest = collecting({"app": "app-0", "account": "other"}, 6, range(6000, 6100), hour=1, seconds=7)
    found = detect(ReferenceLedger.of(quiet(6) + most + rest), [Reach(floor=20, own_days=2, factor=10.0)])
    assert found[0].actors == (Actor(level="app", id="app-0"),)


def test_what_is_learnt_later_about_an_account_moves_no_finding() -> None:
    nobodys = [{name: value for name, value in row.items() if name != "org"} for row in HABIT + lone(6)]
    rows = quiet(6) + mill(6) + nobodys
    later = collecting({"account": "lone", "org": "org-0"}, 8, range(3))
    before = detect(ReferenceLedger.of(rows), [SMALL])
    assert {one.actors[0].id for one in before} == {"org-0", "lone"}
    assert [fixed(one) for one in detect(ReferenceLedger.of(rows + later), [SMALL])] == [fixed(one) for one in before]


def test_days_and_levels_of_one_leak_fold_into_one_finding_that_grows() -> None:
    rows = quiet(13) + [row for day in range(6, 13) for row in collecting(leaker(day), day, range(5000 * day, 5000 * day + 150))]
    grown = detect(ReferenceLedger.of(rows), [SMALL, NEW])
    early = detect(ReferenceLedger.of(rows), [SMALL, NEW], as_of=START + timedelta(days=7))
    assert len(grown) == len(early) == 1
    assert fixed(grown[0]) == fixed(early[0])
    assert grown[0].people > early[0].people
    assert grown[0].last_seen > early[0].last_seen
    assert {reason.detector for reason in grown[0].reasons} == {"reach", "novelty"}
    assert grown[0].odds > early[0].odds


def mill(day: int, people: int = 15) -> list[Row]:
    """Twenty fresh accounts of the first organisation, each shown a few people early that day: only the organisation stands out."""
    starts = [5000 + 1000 * day + people * n for n in range(20)]
    return [
        row
        for n, start in enumerate(starts)
        for row in collecting({"org": "org-0", "account": f"mill-{n}"}, day, range(start, start + people), hour=1)
    ]


def lone(day: int) -> list[Row]:
    """An old account of the same organisation reads in bulk at noon."""
    return collecting({"org": "org-0", "account": "lone"}, day, range(90_000, 90_060), hour=12)


HABIT = [row for day in range(6) for row in collecting({"org": "org-0", "account": "lone"}, day, range(8000, 8012), hour=9)]


def test_an_account_of_an_organisation_in_trouble_is_part_of_its_story() -> None:
    found = detect(ReferenceLedger.of(quiet(10) + HABIT + mill(6) + lone(6)), [SMALL])
    assert [one.actors[0].id for one in found] == ["org-0"]


def test_an_account_that_holds_most_of_its_organisations_day_is_part_of_its_story() -> None:
    found = detect(ReferenceLedger.of(quiet(10) + HABIT + mill(6) + lone(9)), [SMALL])
    assert [one.actors[0].id for one in found] == ["org-0"]


def test_an_account_that_reads_beside_a_calm_organisation_has_its_own_story() -> None:
    found = detect(ReferenceLedger.of(quiet(10) + HABIT + mill(6) + mill(9, people=10) + lone(9)), [SMALL])
    assert [one.actors[0].id for one in found] == ["org-0", "lone"]


def test_sessions_of_one_account_that_follow_each_other_are_one_story() -> None:
    fresh = Reach(floor=20, own_days=2, factor=100.0, factor_top=0.1, ceiling=50, first_week=1.0)  # only what has no record crosses a line
    stolen = [
        row for day in (6, 7) for row in collecting({**leaker(day), "session": f"stolen-{day}"}, day, range(5000 * day, 5000 * day + 70))
    ]
    found = detect(ReferenceLedger.of(quiet(8) + stolen), [fresh])
    assert [one.actors[0].id for one in found] == ["stolen-6"]
    assert [reason.says.split(" had ")[0] for reason in found[0].reasons] == ["Session stolen-6", "Session stolen-7"]


def test_a_finding_by_novelty_is_there_at_the_very_moment_it_is_detected() -> None:
    rows = quiet(12) + [row for day in range(5, 12) for row in collecting(leaker(day), day, range(5000 * day, 5000 * day + 150), hour=3)]
    whole = detect(ReferenceLedger.of(rows), [NEW])
    assert len(whole) == 1
    until = whole[0].detected_at
    early = detect(ReferenceLedger.of([row for row in rows if row["time"] <= until]), [NEW])
    assert [fixed(one) for one in early] == [fixed(one) for one in whole]


def test_after_a_quiet_month_it_is_a_new_story() -> None:
    rows = quiet(60) + collecting(LEAKER, 6, range(5000, 5300)) + collecting(leaker(50), 50, range(6000, 9000), seconds=5)
    found = detect(ReferenceLedger.of(rows), [SMALL])
    assert [one.detected_at.day for one in found] == [12, 25]
    assert found[0].actors == found[1].actors
    assert found[0].id != found[1].id


def test_references_explain_people_away() -> None:
    leak = [{**row, "reference": f"order-{n}"} for n, row in enumerate(collecting(LEAKER, 6, range(5000, 5300)))]
    assert detect(ReferenceLedger.of(quiet(6) + leak), [SMALL]) == []


def test_an_address_is_named_only_where_there_is_no_identity() -> None:
    bare = Reach(address_floor=20, address_peers=5)
    crowd = [row for n in range(40) for row in collecting({"ip": f"192.0.2.{n}"}, 0, range(n, n + 1), hour=n % 20)]
    crawl = collecting({"ip": "203.0.113.9"}, 0, range(5000, 5400), hour=3, seconds=120)
    found = detect(ReferenceLedger.of(crowd + crawl), [bare])
    assert [one.actors for one in found] == [(Actor(level="ip", id="203.0.113.9"),)]
    assert "shared by many people" in found[0].looks_like
    named = [{**row, "account": row["ip"]} for row in crowd + crawl]
    assert detect(ReferenceLedger.of(named), [bare]) == []


@pytest.mark.parametrize("rows", [[], collecting(LEAKER, 0, range(3)), [{"time": START, "subject": 1, "user_agent": "curl"}]])
def test_little_or_nothing_is_no_finding(rows: list[Row]) -> None:
    assert detect(ReferenceLedger.of(rows), list(shelf().values())) == []
