"""A finding is a claim about one actor: how bad, how sure, why, and how many people so far."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from nilometer.disclosures.actor import Actor
from nilometer.findings.reason import Reason

Severity = Literal["low", "medium", "high", "critical"]
SEVERITIES: Final[tuple[Severity, ...]] = ("low", "medium", "high", "critical")
_DIGITS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: nothing that reads as something else


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A claim about one actor (or campaign), never without a reason.

    Fixed once detected: `id`, `title`, `first_seen`, `detected_at`, `people_at_detection`, and who was named by then (`named_at`).
    Growing with the story: `actors`, `people`, `disclosures`, `last_seen`, `fields`, `surfaces`, `reasons`, `odds`, `confidence`, `severity`.
    But of a surface's campaign `first_seen` and `people_at_detection` are those of all members, so they move when one joins.
    """

    id: str
    actors: tuple[Actor, ...]
    title: str
    severity: Severity
    confidence: float
    first_seen: datetime
    detected_at: datetime
    last_seen: datetime
    people: int
    people_at_detection: int
    disclosures: int
    fields: tuple[str, ...]
    surfaces: tuple[str, ...]
    odds: float
    reasons: tuple[Reason, ...]
    looks_like: str
    action: str
    named_at: tuple[datetime, ...] = ()
    """When each actor was named, in the order of `actors`; a campaign's members join one by one. Empty: all at once, when it was detected."""

    def __post_init__(self) -> None:
        if not self.actors or not self.reasons:
            raise ValueError(f"finding {self.id} needs at least one actor and one reason")
        if self.named_at and len(self.named_at) != len(self.actors):
            raise ValueError(f"finding {self.id}: expected a time for each of {len(self.actors)} actors, found {len(self.named_at)}")
        if not 0.0 <= self.confidence <= 1.0 or self.severity not in SEVERITIES:
            raise ValueError(f"finding {self.id}: confidence {self.confidence} or severity {self.severity!r} is out of range")

    def to_json(self) -> dict[str, Any]:
        """The finding exactly as contract.md writes it; and `named_at`, where it is known, beside its actors, never within: they are compared."""
        said: dict[str, Any] = {
            "id": self.id,
            "actors": [{"level": actor.level, "id": actor.id} for actor in self.actors],
            "title": self.title,
            "severity": self.severity,
            "confidence": self.confidence,
            "first_seen": _rfc3339(self.first_seen),
            "detected_at": _rfc3339(self.detected_at),
            "last_seen": _rfc3339(self.last_seen),
            "people": self.people,
            "people_at_detection": self.people_at_detection,
            "disclosures": self.disclosures,
            "fields": list(self.fields),
            "surfaces": list(self.surfaces),
            "odds": self.odds,
            "reasons": [reason.to_json() for reason in self.reasons],
            "looks_like": self.looks_like,
            "action": self.action,
        }
        return said | ({"named_at": [_rfc3339(at) for at in self.named_at]} if self.named_at else {})


def from_json(said: Mapping[str, Any]) -> Finding:
    """The finding that `to_json` wrote. Raises KeyError, TypeError or ValueError for anything else."""
    moments: dict[str, Any] = {name: datetime.fromisoformat(said[name]) for name in ("first_seen", "detected_at", "last_seen")}
    plain = ("id", "title", "severity", "confidence", "people", "people_at_detection", "disclosures", "odds", "looks_like", "action")
    return Finding(
        **{name: said[name] for name in plain},
        **moments,
        actors=tuple(Actor(level=actor["level"], id=actor["id"]) for actor in said["actors"]),
        fields=tuple(said["fields"]),
        surfaces=tuple(said["surfaces"]),
        named_at=tuple(map(datetime.fromisoformat, said.get("named_at", ()))),
        reasons=tuple(Reason(**reason) for reason in said["reasons"]),
    )


def finding_id(actor: Actor, detected_at: datetime, story: int) -> str:
    """The id of `actor`'s story number `story`: the same whatever the order of files, batches and runs.

    Forty bits of a hash of (level, id, story number): among a thousand findings of one year two share an id once in two million.
    """
    seed = "\x1f".join(("nilometer/finding/1", actor.level, actor.id, str(story))).encode("utf-8", "surrogatepass")
    number = int.from_bytes(hashlib.blake2b(seed, digest_size=5).digest(), "big")
    digits = "".join(_DIGITS[number >> shift & 31] for shift in range(35, -1, -5))
    return f"F-{detected_at.astimezone(UTC).year:04d}-{digits}"


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
