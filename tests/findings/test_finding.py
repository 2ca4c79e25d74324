"""A finding: its shape outside, its id, and what it may not be."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from nilometer.disclosures.actor import Actor
from nilometer.findings.finding import Finding, finding_id, from_json
from nilometer.findings.reason import Reason

ACTOR = Actor(level="app", id="app-040-0")
WHEN = datetime(2019, 12, 5, 14, 5, tzinfo=UTC)
FINDING = Finding(
    id=finding_id(ACTOR, WHEN, 0),
    actors=(ACTOR,),
    title="App app-040-0 was shown far more people than usual",
    severity="high",
    confidence=0.97,
    first_seen=WHEN - timedelta(days=2),
    detected_at=WHEN,
    last_seen=WHEN + timedelta(days=60, microseconds=1500),
    people=27259,
    people_at_detection=445,
    disclosures=27437,
    fields=("nickname", "phone"),
    surfaces=("review.detail",),
    odds=1.0e9,
    reasons=(Reason(detector="novelty", fact="share_new", says="99 % were new to it.", measured=0.99, usual=0.31),),
    looks_like="Collecting.",
    action="Ask the owner.",
)


def test_it_is_written_as_the_contract_says() -> None:
    written = FINDING.to_json()
    assert list(written) == [
        "id", "actors", "title", "severity", "confidence", "first_seen", "detected_at", "last_seen", "people", "people_at_detection",
        "disclosures", "fields", "surfaces", "odds", "reasons", "looks_like", "action",
    ]  # fmt: skip
    assert written["actors"] == [{"level": "app", "id": "app-040-0"}]
    assert (written["first_seen"], written["detected_at"]) == ("2019-12-03T14:05:00Z", "2019-12-05T14:05:00Z")
    assert written["last_seen"] == "2020-02-03T14:05:00.001500Z"
    assert {"detector", "says", "measured", "usual"} <= written["reasons"][0].keys()
    assert json.loads(json.dumps(written, allow_nan=False)) == written


def test_when_each_actor_was_named_is_said_beside_them_and_never_within() -> None:
    """Pages look actors up as {"level", "id"}, so another key within would make every finding of theirs unknown."""
    actors = (Actor(level="campaign", id="C-1"), ACTOR)
    named = dataclasses.replace(FINDING, actors=actors, named_at=(WHEN, WHEN + timedelta(microseconds=1)))
    written = named.to_json()
    assert written["actors"] == [{"level": "campaign", "id": "C-1"}, {"level": "app", "id": "app-040-0"}]
    assert written["named_at"] == ["2019-12-05T14:05:00Z", "2019-12-05T14:05:00.000001Z"]
    assert from_json(json.loads(json.dumps(written))) == named
    assert from_json(FINDING.to_json()) == FINDING


def test_each_actor_has_a_moment_or_none_has() -> None:
    with pytest.raises(ValueError, match="a time for each of 1 actors, found 2"):
        dataclasses.replace(FINDING, named_at=(WHEN, WHEN))


def test_times_are_written_in_utc() -> None:
    here = dataclasses.replace(FINDING, detected_at=datetime(2019, 12, 5, 22, 5, tzinfo=timezone(timedelta(hours=8))))
    assert here.to_json()["detected_at"] == "2019-12-05T14:05:00Z"


def test_an_id_names_actor_and_story_and_never_changes() -> None:
    assert finding_id(ACTOR, WHEN, 0) == "F-2019-8EGQA65B"
    others = {
        finding_id(ACTOR, WHEN, 1),
        finding_id(Actor(level="org", id="app-040-0"), WHEN, 0),
        finding_id(Actor(level="app", id="app-040-01"), WHEN, 0),
    }
    assert len(others | {FINDING.id}) == 4
    assert finding_id(ACTOR, WHEN + timedelta(days=20), 0) == FINDING.id  # late rows may move the moment; the year alone is kept
    assert finding_id(ACTOR, datetime(2020, 1, 1, 7, tzinfo=timezone(timedelta(hours=8))), 0) == FINDING.id  # still 2019 in UTC
    assert len({finding_id(Actor(level="account", id=str(n)), WHEN, 0) for n in range(20_000)}) == 20_000


@pytest.mark.parametrize(
    ("change", "message"),
    [({"reasons": ()}, "reason"), ({"actors": ()}, "actor"), ({"confidence": 1.1}, "confidence"), ({"severity": "awful"}, "severity")],
)
def test_a_claim_without_grounds_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(FINDING, **change)  # type: ignore[arg-type]


def test_what_was_written_as_json_comes_back() -> None:
    assert from_json(json.loads(json.dumps(FINDING.to_json()))) == FINDING
    with pytest.raises(KeyError):
        from_json({k: v for k, v in FINDING.to_json().items() if k != "odds"})
