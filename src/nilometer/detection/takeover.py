"""Takeover: whose people one other company had been shown before is no new exposure of theirs: a merger, an heir.

An actor that begins to read the clientele of one other company is not collecting: it takes over work. The rest of what it was shown
is judged by itself: more of it than is usual for the actor, and than a fifth, is not excused, whatever came with it.
Whoever took over meets the other's new people from then on, too: while that company is silent, as many as it used to meet are usual
for its heir, beside its own (`floors`), until the heir's own days say so.
Misses (on purpose): one partner that reads another's whole clientele without right; one that mixes a stranger under every four of
them. The ledger shows both all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from nilometer.detection.claims import Found
from nilometer.detection.coding import NONE, Floats, Ints, pairs, places
from nilometer.detection.count import Measure
from nilometer.detection.known import Known
from nilometer.detection.memory import Memory
from nilometer.detection.rows import Rows
from nilometer.disclosures.actor import HIERARCHY
from nilometer.ledger.sets import distinct

SHARE: Final = 0.5
"""Share of the people that one other company must have been shown before; a ledger may be younger than the clientele."""
STRANGERS: Final = 0.2
"""Share of the people whom the other company may not be known to have been shown, though they are more than is usual for the actor."""
LARGEST: Final = 0.05
"""A company that was shown a larger share of everybody than this is not of moderate size: of course it knew them."""
INHERITED: Final[tuple[Measure, ...]] = ("fresh", "cold")
"""What an heir meets more of."""
SETTLED: Final = 60
"""Days for which an heir's usual is that of two; then its own past holds them."""
_SAMPLE: Final = 500
_FEW: Final = 32
"""People with which every company is tried; the few that knew most of these are tried with all of the sample."""
_BLOCK: Final = 4_096


def moderate(orgs: Memory, population: int, share: float = LARGEST) -> Ints:
    """The companies that were shown at most `share` of everybody so far, ascending."""
    return orgs.actors[orgs.total <= share * population]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heir:
    """An actor that took over the people of a company, on a day (since 1970), and what was usual for it then, by measure."""

    level: str
    actor: int
    org: int
    day: int
    usual: Mapping[Measure, float]


def heirs(rows: Rows, one: Found, org: int, memories: Mapping[str, Memory]) -> tuple[Heir, ...]:
    """The actor of a claim that took over, and those above and below it through whom most of it went."""
    found = []
    for level in HIERARCHY[:3]:
        keys = rows.keys[level][one.at]
        keys = np.sort(keys[keys != NONE])
        if not len(keys) or level not in memories:
            continue
        actor = int(keys[len(keys) // 2])  # who holds more than half is in the middle
        if 2 * int((keys == actor).sum()) > len(one.at):
            held = memories[level].of(np.array([actor]))
            usual = {measure: float(held.usual(measure)[0]) for measure in INHERITED}
            found.append(Heir(level=level, actor=actor, org=org, day=rows.day, usual=usual))
    return tuple(found)


def remembered(before: Sequence[Heir], fresh: Sequence[Heir], day: int) -> tuple[Heir, ...]:
    """The heirs of the last SETTLED days; of one actor and company the first stays: later, what it inherited is usual for it."""
    held = {(one.level, one.actor, one.org): one for one in reversed((*before, *fresh)) if one.day > day - SETTLED}
    return tuple(sorted(held.values(), key=lambda one: (one.day, one.level, one.actor, one.org)))


def floors(known: Sequence[Heir], level: str, actors: Ints, orgs: Memory | None, day: int) -> dict[Measure, Floats]:
    """What is usual for heirs at least, (m,) by measure: their own before, and what a company that is silent by now used to meet; 0 for others."""
    mine = [one for one in known if one.level == level]
    if not mine or orgs is None:
        return {}
    found: dict[Measure, Floats] = {measure: np.zeros(len(actors)) for measure in INHERITED}
    for one in mine:
        at, there = places(actors, np.array([one.actor]))
        left = orgs.of(np.array([one.org]))
        if there[0] and int(left.last[0]) < day - 1:
            for measure, held in found.items():
                held[at[0]] = max(held[at[0]], one.usual[measure] + float(left.usual(measure)[0]))
    return found


def taken_over(rows: Rows, one: Found, orgs: Memory, seen: Known, population: int) -> int | None:
    """The one other company of moderate size that had been shown most people of a claim in the days before, when the rest is no more than usual."""
    if one.claim.measure != "fresh" or one.claim.level in ("ip", "surface") or not len(orgs):
        return None
    subjects = distinct(rows.subject[one.at])
    subjects = subjects[:: max(1, len(subjects) // _SAMPLE)]
    own = rows.keys["org"][one.at]
    others = moderate(orgs, population)
    others = others[~np.isin(others, own[own != NONE])]
    few = _known(others, subjects[:: max(1, len(subjects) // _FEW)], seen)
    likely = others[np.argsort(-few, kind="stable")[:4]]
    shares = _known(likely, subjects, seen)
    share = float(shares.max(initial=0.0))
    rest = round(one.claim.count * (1.0 - share))
    if share < SHARE or rest > max(one.claim.reasons[0].usual, STRANGERS * one.claim.count):
        return None
    return int(likely[np.argmax(shares)])


def _known(companies: Ints, subjects: Ints, seen: Known) -> Floats:
    """The share of these people that each company had been shown, (m,)."""
    found = np.zeros(len(companies))
    for begin in range(0, len(companies), _BLOCK):
        part = companies[begin : begin + _BLOCK]
        keys = pairs(np.repeat(part, len(subjects)), np.tile(subjects, len(part)))
        order = np.argsort(keys)
        known = np.empty(len(keys), np.bool_)
        known[order] = seen.has(keys[order])
        found[begin : begin + _BLOCK] = known.reshape(len(part), -1).mean(axis=1)
    return found
