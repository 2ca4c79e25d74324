"""Folding: claims of several detectors, days and levels of one line of descent, or of one campaign, become one story that grows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from nilometer.detection import campaigns
from nilometer.detection.claims import Claim, Found
from nilometer.detection.coding import Ints
from nilometer.detection.memory import Memory
from nilometer.detection.narrowing import MOST, Node, Place, is_window, place
from nilometer.detection.newcomers import NEWCOMER
from nilometer.detection.rows import DAY, Rows
from nilometer.disclosures.actor import HIERARCHY

GAP: Final = 30 * DAY
"""After this long without a claim a story is over; what comes later is a new one."""
SAME_TROUBLE: Final = DAY
"""While the wider actor itself reached the bar this recently, claims on those below it are part of its story."""
QUIET_WEEK: Final = 7 * DAY
"""After this long without a claim on a surface, one of another kind begins a story of its own."""
TOGETHER: Final = 10 * DAY
"""Two actors that come under suspicion within so long may be one campaign."""
WALKED: Final = ("near", "misses")
"""Measures that show how somebody works, not only how much."""
_MEMBERS: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What one actor, or one campaign, did; named as of the first claim. Never changed, only replaced by a longer one."""

    named: Node
    number: int
    """How many stories of this actor came before."""
    first: Claim
    members: tuple[Node, ...] = ()
    """Further actors, in the order in which they joined; a story with members is a campaign."""
    joined: tuple[int, ...] = ()
    """When each of the members did, microseconds since 1970 UTC: the moment of the claim that named it."""
    opening: tuple[Claim, ...] = ()
    """Each detector's first claim, in order of time."""
    latest: tuple[Claim, ...] = ()
    """Each detector's latest claim."""
    last: int = 0
    own_last: int = 0
    """When the named actor itself last reached the bar; 0 when never."""
    days: int = 0
    """On how many days a bar was reached."""
    shown: Node | None = None
    """The surface that one of the story's actors explained."""
    shown_day: int = 0
    shown_last: int = 0
    """On which day, and when, it last did."""
    ways: tuple[Node, ...] = ()
    """Of a bare address that walks or guesses ids, the surface and the program it did that with."""

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The named actor and all members."""
        return (self.named, *self.members)

    @property
    def campaign(self) -> bool:
        """Whether several actors act as one here."""
        return bool(self.members) or self.named[0] == "surface"

    def evidence(self) -> float:
        """The strongest evidence so far."""
        return max(claim.evidence for claim in (*self.opening, *self.latest))

    def told(self, claim: Claim, members: Sequence[Node]) -> Story:
        """The story with one more claim and perhaps more members."""
        known = {one.detector for one in self.opening}
        fresh = tuple(dict.fromkeys(m for m in members if m not in self.nodes))
        return replace(
            self,
            members=(*self.members, *fresh)[:_MEMBERS],
            joined=(*self.joined, *(claim.time for _ in fresh))[:_MEMBERS],
            opening=self.opening if claim.detector in known else (*self.opening, claim),
            latest=(*(one for one in self.latest if one.detector != claim.detector), claim),
            last=max(self.last, claim.time),
            own_last=claim.time if (claim.level, claim.actor) == self.named else self.own_last,
            days=self.days + (self.days == 0 or max(one.day for one in self.latest) < claim.day),
        )

    def stamped(self, then: int, at: int) -> Story:
        """The story with what was said at the moment `then` said at `at`."""

        def moved(claim: Claim) -> Claim:
            return replace(claim, time=at) if claim.time == then else claim

        return replace(
            self,
            first=moved(self.first),
            joined=tuple(at if one == then else one for one in self.joined),
            opening=tuple(map(moved, self.opening)),
            latest=tuple(map(moved, self.latest)),
            last=at if self.last == then else self.last,
            own_last=at if self.own_last == then else self.own_last,
            shown_last=at if self.shown_last == then else self.shown_last,
        )


def fold(stories: tuple[Story, ...], rows: Rows, found: Sequence[Found], accounts: Memory | None) -> tuple[Story, ...]:
    """The stories at the end of a day, with what was found on it; each step looks only at claims that came before."""
    told = list(stories)
    for one in sorted(found, key=_order):
        claim, start = one.claim, (one.claim.level, one.claim.actor)
        if _shown(told, one):
            continue
        where = place(rows, one.at, start)
        at = _continued(told, rows, one.at, claim, where)
        ways: tuple[Node, ...] = ()
        if at is None:
            ways = campaigns.ways(rows, one.at, claim.time) if where.named[0] == "ip" and claim.measure in WALKED else ()
            at = _succeeded(told, claim, ways)
            at = _campaign(told, rows, claim, where) if at is None else at
            if at is not None:
                told[at] = told[at].told(claim, (where.named,))
                continue
        if at is None:
            earlier = sum(story.named == where.named for story in told)
            told.append(Story(named=where.named, number=earlier, first=claim, ways=ways))
            at = len(told) - 1
        own = told[at].named == start == where.named and _is_wide(start)  # nobody narrower explains it: who are they?
        same = claim.measure == told[at].first.measure  # a walk's members walk: who else was busy there is none
        joint: tuple[Node, ...] = ()
        if own and same and start[0] == "surface" and claim.measure == "cold" and campaigns.has_accounts(rows, one.at):
            joint = campaigns.newcomers_of(rows, one.at, claim.time, accounts, told[at].first.day - NEWCOMER)
        elif own and same:
            joint = campaigns.members(rows, one.at, start, accounts)
        if told[at].named[0] == "surface" and where.named[0] != "surface" and not is_window(rows, where.named, claim.time):
            joint = (where.named,)  # somebody narrower explains what the surface showed
        told[at] = told[at].told(claim, joint)
    return tuple(told)


def _shown(told: list[Story], one: Found) -> bool:
    """Whether what a surface shows is an open story's doing and no claim: one of its actors explains it (`Found.by`), or did yesterday.

    Only then: what others do on a second day in a row is theirs, whoever else is busy there.
    """
    start = (one.claim.level, one.claim.actor)
    for index in _open(told, one.claim):
        story = told[index]
        if one.by in story.nodes:
            told[index] = replace(story, shown=start, shown_day=one.claim.day, shown_last=one.claim.time)
            return True
        if story.shown == start and one.claim.day - story.shown_day <= 1 and one.claim.measure not in WALKED:
            return True
    return one.by is not None


def _order(found: Found) -> tuple[int, int, str, str, int]:
    """By time; narrower actors first, so that a wider one's claim of the same moment joins them; then a fixed order."""
    claim = found.claim
    depth = HIERARCHY.index(claim.level) if claim.level in HIERARCHY else -1
    return claim.time, -depth, claim.detector, claim.measure, claim.actor


def _is_wide(node: Node) -> bool:
    return node[0] in ("org", "app", "surface")


def still_open(told: Sequence[Story], time: int, within: int = GAP) -> list[int]:
    """The places of the stories that something at a moment may continue."""
    return [index for index, story in enumerate(told) if time - max(story.last, story.shown_last) <= within]


def _open(told: Sequence[Story], claim: Claim, within: int = GAP) -> list[int]:
    return still_open(told, claim.time, within)


def _continued(told: Sequence[Story], rows: Rows, at: Ints, claim: Claim, where: Place) -> int | None:
    """The oldest open story that this claim continues: of the same actor, of one it explains, of one above that is in trouble."""
    start = (claim.level, claim.actor)
    nodes = {start, where.named, *where.path}
    found = []
    for index in _open(told, claim):
        story = told[index]
        if nodes & set(story.nodes):
            if not _another_matter(story, where.named, claim):
                found.append(index)
            continue
        on_surface = story.named[0] == "surface" and start[0] != "surface" and _mostly(rows, at, story.named)
        in_trouble = story.named in where.above and story.own_last and claim.time - story.own_last <= SAME_TROUBLE
        if on_surface or in_trouble:
            found.append(index)
    if not found and _is_wide(start):
        found = _explained_by(told, rows, at, claim, where.named)
    return min(found, key=lambda index: (_is_new_to(told[index], where.named, claim), told[index].first.time, index), default=None)


def _is_new_to(story: Story, named: Node, claim: Claim) -> bool:
    """Whether a surface's story knows nothing of this kind yet."""
    return story.named == named and named[0] == "surface" and all(one.measure != claim.measure for one in story.opening)


def _another_matter(story: Story, named: Node, claim: Claim) -> bool:
    """A surface is a place, no actor: who walks ids there a quiet week after it grew is somebody else; that it grows after a walk is the walk."""
    return _is_new_to(story, named, claim) and claim.measure in WALKED and claim.time - story.last > QUIET_WEEK


def _explained_by(told: Sequence[Story], rows: Rows, at: Ints, claim: Claim, named: Node) -> list[int]:
    """The open stories whose actors together hold most of a wider claim's people."""
    held = np.zeros(len(at), np.bool_)
    holding = []
    for index in _open(told, claim):
        if _another_matter(told[index], named, claim):
            continue
        mine = np.zeros(len(at), np.bool_)
        for level, key in told[index].nodes:
            mine |= rows.keys[level][at] == key
        if mine.any():
            holding.append((int(mine.sum()), index))
        held |= mine
    excess = max(1.0, claim.count - claim.reasons[0].usual)
    return [max(holding)[1]] if holding and held.sum() >= MOST * excess else []


def _mostly(rows: Rows, at: Ints, node: Node) -> bool:
    """Whether most of the rows `at` are on a surface."""
    return bool((rows.keys[node[0]][at] == node[1]).mean() >= MOST) if len(at) else False


def _succeeded(told: Sequence[Story], claim: Claim, ways: tuple[Node, ...]) -> int | None:
    """The oldest story of addresses that walked or guessed ids lately at the same place with the same program: who takes a new one daily."""
    for index in _open(told, claim, TOGETHER):
        if len(ways) == 2 and told[index].ways == ways and told[index].first.measure == claim.measure:
            return index
    return None


def _campaign(told: Sequence[Story], rows: Rows, claim: Claim, where: Place) -> int | None:
    """The oldest story of another actor that acts as one with this one; suspicion of the same kind that came within days."""
    parents = set(where.above[:1])
    for index in _open(told, claim, TOGETHER):
        story = told[index]
        if story.named[0] != where.named[0] or story.first.measure != claim.measure or where.named[0] == "org":
            continue
        if claim.time - story.first.time > 3 * TOGETHER:
            continue
        siblings = bool(parents & _parents(rows, story.named, claim.time))
        if campaigns.one_operator(rows, story.named, where.named, siblings, claim.time):
            return index
    return None


def _parents(rows: Rows, node: Node, until: int) -> set[Node]:
    if node[0] not in HIERARCHY:
        return set()
    at = np.flatnonzero((rows.keys[node[0]] == node[1]) & (rows.t <= until))
    return set(place(rows, at, node).above[:1]) if len(at) else set()
