"""Detection in one call: the days that are not known yet, one after the other, then the stories as findings."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

import pyarrow as pa

from nilometer import shelves
from nilometer.detection import campaigns, words
from nilometer.detection.claims import Claim
from nilometer.detection.detector import Detector
from nilometer.detection.narrowing import Node
from nilometer.detection.rows import DAY, by_day
from nilometer.detection.stories import Story
from nilometer.detection.watch import State, Watch
from nilometer.disclosures.actor import Actor
from nilometer.findings.finding import Finding, finding_id
from nilometer.findings.reason import Reason
from nilometer.findings.severity import confidence, severity

SHELF: Final = "nilometer.detection.detectors"
AT_ONCE: Final = 3_000_000
"""Disclosures that are read together, when one day does not hold more."""
_NAMED: Final = 1_000
"""Members of a campaign that a finding names at most."""

Told = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of some actors together up to a moment: the growing part of a finding; no times when there is no row."""

    people: int
    disclosures: int
    first: datetime | None
    last: datetime | None
    fields: tuple[str, ...] = ()
    surfaces: tuple[str, ...] = ()


class Answers(Protocol):
    """What detection asks the ledger. `until` (inclusive, microseconds since 1970 UTC, None = everything) cuts it off as if nothing came later."""

    def days(self, until: int | None, first: int | None = None) -> Mapping[int, int]:
        """The UTC days (since 1970) with any disclosure, from `first` on, ascending, and how many each has."""
        ...

    def rows(self, first: int, last: int, until: int | None) -> pa.Table:
        """The disclosures of the days `first` to `last`, both included, as DAY_ROWS."""
        ...

    def facts(self, nodes: Sequence[Node], since: int | None, until: int | None) -> Facts:
        """Facts of several actors (or surfaces) together: distinct people over their shown rows, first and last over all of them."""
        ...

    def names(self, level: str, actors: Sequence[int]) -> dict[int, str]:
        """The platform's own ids of actors, or names of surfaces, as findings show them."""
        ...


def shelf() -> dict[str, Detector]:
    """Every detector, by id."""
    return shelves.things(SHELF, "DETECTOR", Detector)


def states(
    answers: Answers, watch: Watch, state: State, until: int | None = None, tell: Told = lambda done, total: None
) -> Iterator[State]:
    """The state after each day that `state` does not know yet; the last one may be of a day that is not over."""
    sizes = answers.days(until, state.day + 1 if state.days else None)
    total, done = sum(sizes.values()), 0
    for first, last in _batches(sizes):
        for rows in by_day(answers.rows(first, last, until)):
            state = watch.after(state, rows)
            done += len(rows)
            tell(done, total)
            yield state


def _batches(sizes: Mapping[int, int]) -> Iterator[tuple[int, int]]:
    together: list[int] = []
    held = 0
    for day, rows in sizes.items():
        if together and held + rows > AT_ONCE:
            yield together[0], together[-1]
            together, held = [], 0
        together.append(day)
        held += rows
    if together:
        yield together[0], together[-1]


def findings(answers: Answers, watch: Watch, state: State, until: int | None = None) -> list[Finding]:
    """The stories of a state as findings, oldest first, with people and last sight as of `until`."""
    detectors = {detector.id: detector for detector in watch.detectors}
    names = _names(answers, state.stories)
    found = [_finding(answers, story, detectors, names, until) for story in state.stories]
    return sorted(found, key=lambda finding: (finding.detected_at, finding.id))


def detect(answers: Answers, watch: Watch, *, as_of: datetime | None = None) -> list[Finding]:
    """All findings as they stood at `as_of` (None: at the end of the ledger), from nothing; the ledger alone decides, no clock is read."""
    until = None if as_of is None else words.microseconds(as_of)
    return findings(answers, watch, last(states(answers, watch, State(), until), State()), until)


def last(states: Iterable[State], start: State) -> State:
    """The last of the states; `start` when there is none."""
    for state in states:
        start = state
    return start


def _finding(answers: Answers, story: Story, detectors: Mapping[str, Detector], names: Mapping[Node, str], until: int | None) -> Finding:
    level, name = story.named[0], names[story.named]
    first = detectors[story.first.detector]
    # a surface's people are those of its members; where it has none, all who were shown there since suspicion began
    narrow = tuple(node for node in story.nodes if node[0] != "surface")
    nodes, since = (narrow, None) if narrow else (story.nodes[:1], story.first.day * DAY)
    now = answers.facts(nodes, since, until)
    then = answers.facts(nodes if level == "surface" else story.nodes[:1], since, story.first.time)
    if then.first is None:  # members joined later: on the first day all that was shown there is what is known
        then = answers.facts(story.nodes[:1], story.first.day * DAY, story.first.time)
    actor = Actor(level=level, id=name)
    actors = [actor, *(Actor(level=one[0], id=names[one]) for one in story.members[:_NAMED])]
    named_at = [story.first.time, *story.joined[:_NAMED]]
    if story.campaign:
        named_at.insert(0, story.first.time)
        actors.insert(0, Actor(level="campaign", id=campaigns.campaign_id(f"{level}\x1f{name}", story.number)))
    caution = " A bare address may be shared by many people: look for the account behind it first." if level == "ip" else ""
    if level == "surface" and narrow:
        caution = " No single actor explains it; people are counted over the actors that are named, of whom some may be ordinary ones."
    elif level == "surface":
        caution = " No single actor explains it; people are counted over everybody who read there since, so they are an upper bound."
    odds = story.evidence()
    return Finding(
        id=finding_id(actor, words.moment(story.first.time), story.number),
        actors=tuple(actors),
        named_at=tuple(map(words.moment, named_at)),
        title=f"{words.one(level).capitalize()} {name} {first.title_surface or first.title if level == 'surface' else first.title}",
        severity=severity(now.people, now.fields, story.days),
        confidence=confidence(odds),
        first_seen=then.first or words.moment(story.first.time),
        detected_at=words.moment(story.first.time),
        last_seen=now.last or words.moment(story.first.time),
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


def _reasons(story: Story, names: Mapping[Node, str]) -> tuple[Reason, ...]:
    """Why it was raised first, why each further detector joined, then each detector's latest day if that is a later one."""
    opened = {claim.detector: claim for claim in story.opening}
    chosen = [*story.opening, *(claim for claim in story.latest if claim.day != opened[claim.detector].day)]
    return tuple(_named(reason, claim, names) for claim in chosen for reason in claim.reasons)


def _named(reason: Reason, claim: Claim, names: Mapping[Node, str]) -> Reason:
    says = reason.says.replace("{who}", f"{words.one(claim.level)} {names[(claim.level, claim.actor)]}")
    return dataclasses.replace(reason, says=says[:1].upper() + says[1:])


def _names(answers: Answers, stories: Sequence[Story]) -> dict[Node, str]:
    nodes = {node for story in stories for node in story.nodes}
    nodes |= {(claim.level, claim.actor) for story in stories for claim in (*story.opening, *story.latest)}
    by_level: dict[str, list[int]] = {}
    for level, key in sorted(nodes):
        by_level.setdefault(level, []).append(key)
    found: dict[Node, str] = {}
    for level, keys in by_level.items():
        given = answers.names(level, keys)
        found.update({(level, key): given[key] for key in keys})
    return found
