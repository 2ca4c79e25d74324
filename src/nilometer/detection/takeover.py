"""Takeover: whose people one other company had been shown before is no new exposure of theirs: a merger, an heir.

An actor that begins to read the clientele of one other company is not collecting: it takes over work. The rest of what it was shown
is judged by itself: more of it than is usual for the actor, and than a fifth, is not excused, whatever came with it.
Misses (on purpose): one partner that reads another's whole clientele without right; one that mixes a stranger under every four of
them. The ledger shows both all the same.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from nilometer.detection.claims import Found
from nilometer.detection.coding import NONE, Floats, Ints, pairs
from nilometer.detection.known import Known
from nilometer.detection.memory import Memory
from nilometer.detection.rows import Rows
from nilometer.ledger.sets import distinct

SHARE: Final = 0.5
"""Share of the people that one other company must have been shown before; a ledger may be younger than the clientele."""
STRANGERS: Final = 0.2
"""Share of the people whom the other company may not be known to have been shown, though they are more than is usual for the actor."""
LARGEST: Final = 0.05
"""A company that was shown a larger share of everybody than this is not of moderate size: of course it knew them."""
_SAMPLE: Final = 500
_FEW: Final = 32
"""People with which every company is tried; the few that knew most of these are tried with all of the sample."""
_BLOCK: Final = 4_096


def moderate(orgs: Memory, population: int, share: float = LARGEST) -> Ints:
    """The companies that were shown at most `share` of everybody so far, ascending."""
    return orgs.actors[orgs.total <= share * population]


def is_takeover(rows: Rows, one: Found, orgs: Memory, seen: Known, population: int) -> bool:
    """Whether most people of a claim had been shown to one other company of moderate size in the days before, and the rest is no more than usual."""
    if one.claim.measure != "fresh" or one.claim.level in ("ip", "surface") or not len(orgs):
        return False
    subjects = distinct(rows.subject[one.at])
    subjects = subjects[:: max(1, len(subjects) // _SAMPLE)]
    own = rows.keys["org"][one.at]
    others = moderate(orgs, population)
    others = others[~np.isin(others, own[own != NONE])]
    few = _known(others, subjects[:: max(1, len(subjects) // _FEW)], seen)
    likely = others[np.argsort(-few, kind="stable")[:4]]
    share = float(_known(likely, subjects, seen).max(initial=0.0))
    rest = round(one.claim.count * (1.0 - share))
    return share >= SHARE and rest <= max(one.claim.reasons[0].usual, STRANGERS * one.claim.count)


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
