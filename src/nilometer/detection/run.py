"""Detection in one call: lines, crossings, claims, the narrowest actor, stories, findings."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from nilometer import shelves
from nilometer.detection import words
from nilometer.detection.claims import Claim, claims
from nilometer.detection.crowds import without_crowds
from nilometer.detection.detector import Answers, Detector, Facts
from nilometer.detection.narrowing import Node, place
from nilometer.detection.stories import Story, fold
from nilometer.disclosures.actor import Actor
from nilometer.findings.finding import Finding, finding_id
from nilometer.findings.reason import Reason
from nilometer.findings.severity import confidence, severity

SHELF: Final = "nilometer.detection.detectors"
MOST_ODDS: Final = 1e12


def shelf() -> dict[str, Detector]:
    """Every detector, by id."""
    return shelves.things(SHELF, "DETECTOR", Detector)


def detect(ledger: Answers, detectors: Sequence[Detector], *, as_of: datetime | None = None) -> list[Finding]:
    """All findings as they stood at `as_of` (None: at the end of the ledger), oldest first; the ledger alone decides, no clock is read."""
    by_id = {detector.id: detector for detector in detectors}
    crossed = without_crowds(ledger, claims(ledger, [by_id[name] for name in sorted(by_id)], as_of))
    stories = fold(ledger, crossed, place(ledger, crossed))
    names = _names(ledger, stories)
    facts = _facts(ledger, stories, as_of)
    found = [_finding(ledger, story, by_id, names, facts[story.named]) for story in stories]
    return sorted(found, key=lambda finding: (finding.detected_at, finding.id))


def _finding(ledger: Answers, story: Story, detectors: Mapping[str, Detector], names: Mapping[Node, str], now: Facts) -> Finding:
    level, key = story.named
    actor = Actor(level=level, id=names[story.named])
    then = ledger.facts(level, [key], story.detected_at)[key]
    first = detectors[story.claims[0].detector]
    odds = _odds(story.claims)
    caution = " A bare address may be shared by many people: look for the account behind it first." if level == "ip" else ""
    return Finding(
        id=finding_id(actor, story.detected_at, story.number),
        actors=(actor,),
        title=f"{words.one(level).capitalize()} {actor.id} {first.title}",
        severity=severity(now.people, now.fields, len({claim.day for claim in story.claims})),
        confidence=confidence(odds),
        first_seen=then.first,
        detected_at=story.detected_at,
        last_seen=now.last,
        people=now.people,
        people_at_detection=then.people,
        disclosures=now.disclosures,
        fields=now.fields,
        surfaces=now.surfaces,
        odds=odds,
        reasons=_reasons(story, names),
        looks_like=first.looks_like + caution,
        action=first.action,
    )


def _odds(of: Sequence[Claim]) -> float:
    """Detectors look at different things, so their odds multiply; a detector's days resemble each other, so only its best day counts."""
    best: dict[str, float] = {}
    for claim in of:
        best[claim.detector] = max(best.get(claim.detector, 1.0), claim.line.odds)
    return min(MOST_ODDS, math.prod(best.values()))


def _reasons(story: Story, names: Mapping[Node, str]) -> tuple[Reason, ...]:
    """Why it was raised first, then why each further detector joined, then each detector's latest day if that is a later one."""
    first: dict[str, Claim] = {}
    last: dict[str, Claim] = {}
    for claim in story.claims:
        first.setdefault(claim.detector, claim)
        last[claim.detector] = claim
    chosen = [*first.values(), *(claim for name, claim in last.items() if claim.day != first[name].day)]
    return tuple(reason for claim in chosen for reason in claim.reasons(f"{words.one(claim.level)} {names[(claim.level, claim.actor)]}"))


def _names(ledger: Answers, stories: Sequence[Story]) -> dict[Node, str]:
    nodes = {node for story in stories for node in (story.named, *((claim.level, claim.actor) for claim in story.claims))}
    found: dict[Node, str] = {}
    for level, keys in _by_level(nodes).items():
        names = ledger.names(level, keys)
        found.update({(level, key): names[key] for key in keys})
    return found


def _facts(ledger: Answers, stories: Sequence[Story], until: datetime | None) -> dict[Node, Facts]:
    found: dict[Node, Facts] = {}
    for level, keys in _by_level({story.named for story in stories}).items():
        facts = ledger.facts(level, keys, until)
        found.update({(level, key): facts[key] for key in keys})
    return found


def _by_level(nodes: set[Node]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for level, key in sorted(nodes):
        found.setdefault(level, []).append(key)
    return found
