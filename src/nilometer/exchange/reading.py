"""What forms read off a finding or a case alike: who is accused, since when, how far it has come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from nilometer.exchange import plain

MOST_ACTORS: Final = 1_000
"""Members of a campaign that a document names; it says how many there are."""
SEVERITIES: Final = ("low", "medium", "high", "critical")


def narrowest(actors: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The actor that a finding names first: the one accused, or the campaign."""
    return actors[0] if actors else {"level": "unknown", "id": ""}


def named(actor: Mapping[str, Any]) -> str:
    """An actor in words, still as the log wrote it: whoever writes it out cleans it, once."""
    return f"{actor['level']} {actor['id']}"


def members(actors: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those to act on: a campaign's members, or the actor itself; never more than MOST_ACTORS."""
    return [actor for actor in actors if actor["level"] != "campaign"][:MOST_ACTORS]


def grown(finding: Mapping[str, Any]) -> bool:
    """Whether a finding has grown since the alarm: then it is an update of what was told."""
    return int(finding["people"]) != int(finding["people_at_detection"]) or finding["last_seen"] != finding["detected_at"]


def severity(facts: Mapping[str, Any]) -> str:
    """A case's severity: its own, or the worst of its findings; medium when nothing says."""
    own = facts.get("severity")
    if own in SEVERITIES:
        return str(own)
    found = [SEVERITIES.index(f["severity"]) for f in facts["findings"] if f.get("severity") in SEVERITIES]
    return SEVERITIES[max(found)] if found else "medium"


def began(facts: Mapping[str, Any]) -> str:
    """When a case's first disclosure was, else when it was opened."""
    return str(facts.get("since") or facts.get("opened") or facts.get("detected_at") or "1970-01-01T00:00:00Z")


def ended(facts: Mapping[str, Any]) -> str:
    """When its last one was; never before it began."""
    last = facts.get("until") or facts.get("updated") or began(facts)
    first = plain.moment(began(facts))
    then = plain.moment(str(last))
    assert first is not None and then is not None  # noqa: PT018
    return str(last) if then >= first else began(facts)


def opened(facts: Mapping[str, Any]) -> str:
    """When a case was opened."""
    return str(facts.get("opened") or facts.get("detected_at") or began(facts))


def updated(facts: Mapping[str, Any]) -> str:
    """When a case was last touched; never before it was opened."""
    last = str(facts.get("updated") or opened(facts))
    first, then = plain.moment(opened(facts)), plain.moment(last)
    assert first is not None and then is not None  # noqa: PT018
    return last if then >= first else opened(facts)


def confidence(value: object) -> int:
    """A confidence from 0 to 1 as whole per cent, rounded down: only certainty is 100; 0 when there is none."""
    return max(0, min(100, int(float(value) * 100 + 1e-9))) if isinstance(value, int | float) and value == value else 0
