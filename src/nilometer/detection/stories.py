"""Folding: claims of several detectors, days and levels of one line of descent become one story that grows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from nilometer.detection.claims import Claim
from nilometer.detection.detector import Answers
from nilometer.detection.narrowing import MOST, Node, Place, children

GAP: Final = timedelta(days=30)
"""After this long without a claim a story is over; what comes later is a new one."""
SAME_TROUBLE: Final = timedelta(days=1)
"""While the wider actor itself crossed a line this recently, claims on those below it are part of its story."""


@dataclass(slots=True, kw_only=True)
class Story:
    """One actor's claims that belong together, in order of time; named as of the first."""

    named: Node
    number: int
    """How many stories of this actor came before."""
    kin: tuple[Node, ...]
    """Other actors whose claims belong here: for a session, its account, because sessions come and go."""
    claims: list[Claim] = field(default_factory=list)
    own_last: datetime | None = None
    """When the named actor itself last crossed a line of its own."""

    @property
    def detected_at(self) -> datetime:
        """When the first line was crossed."""
        return self.claims[0].time


def fold(ledger: Answers, claims: Sequence[Claim], places: Sequence[Place]) -> list[Story]:
    """The stories of `claims` (which are in order of time), oldest first; each step looks only at earlier claims."""
    stories: list[Story] = []
    latest: dict[Node, list[Story]] = {}
    for claim, where in zip(claims, places, strict=True):
        story = _joined(ledger, claim, where, latest)
        if story is None:
            earlier = [one for one in stories if one.named == where.named]
            kin = tuple(node for node in where.above[:1]) if where.named[0] == "session" else ()
            story = Story(named=where.named, number=len(earlier), kin=kin)
            stories.append(story)
            for node in (story.named, *story.kin):
                latest.setdefault(node, []).append(story)
        story.claims.append(claim)
        if (claim.level, claim.actor) == story.named:
            story.own_last = claim.time
    return stories


def _joined(ledger: Answers, claim: Claim, where: Place, latest: dict[Node, list[Story]]) -> Story | None:
    """The oldest open story that this claim continues."""
    found = [story for node in where.path for story in _open(latest, node, claim)]
    if where.named[0] == "session":
        found += [story for node in where.above[:1] for story in _open(latest, node, claim) if story.named[0] == "session"]
    for node in where.above:
        for story in _open(latest, node, claim):
            if story.named == node and (_in_trouble(story, claim) or _holds_most(ledger, node, where, claim.time)):
                found.append(story)
    return min(found, key=lambda story: story.detected_at, default=None)


def _open(latest: dict[Node, list[Story]], node: Node, claim: Claim) -> Iterable[Story]:
    return [story for story in latest.get(node, []) if claim.time - story.claims[-1].time <= GAP]


def _in_trouble(story: Story, claim: Claim) -> bool:
    return story.own_last is not None and claim.time - story.own_last <= SAME_TROUBLE


def _holds_most(ledger: Answers, parent: Node, where: Place, time: datetime) -> bool:
    """Whether at least half of the wider actor's people that day went through the one named (or through the one between them)."""
    below = children(ledger, parent[0], [(parent[1], time)]).get((parent[1], time), {})
    line = {where.named, *where.above}
    return any(share >= MOST for child, share in below.items() if child in line)
