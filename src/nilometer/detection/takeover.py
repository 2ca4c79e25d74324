"""Takeover: whose people another company had been shown before, all of them, is no new exposure of theirs: a merger, an heir.

An actor that begins to read the clientele of one other company, and hardly anybody else, is not collecting: it takes over work.
Misses (on purpose): one partner that reads another's whole clientele without right; the ledger shows it all the same.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from nilometer.detection.claims import Found
from nilometer.detection.coding import NONE, Ints, pairs
from nilometer.detection.known import Known
from nilometer.detection.memory import Memory
from nilometer.detection.rows import Rows

SHARE: Final = 0.5
"""Share of the people that one other company must have been shown before; a ledger may be younger than the clientele."""
LARGEST: Final = 0.05
"""A company that was shown a larger share of everybody than this is not of moderate size: of course it knew them."""
_TRIED: Final = 2_000
_SAMPLE: Final = 500


def moderate(orgs: Memory, population: int, share: float = LARGEST) -> Ints:
    """The companies that were shown at most `share` of everybody so far, ascending."""
    return orgs.actors[orgs.total <= share * population]


def is_takeover(rows: Rows, one: Found, orgs: Memory, seen: Known, population: int) -> bool:
    """Whether nearly all people of a claim had been shown to one other company of moderate size, known from the days before."""
    if one.claim.measure != "fresh" or one.claim.level in ("ip", "surface") or not len(orgs):
        return False
    subjects = np.unique(rows.subject[one.at])
    subjects = subjects[:: max(1, len(subjects) // _SAMPLE)]
    own = rows.keys["org"][one.at]
    others = moderate(orgs, population)
    others = others[~np.isin(others, own[own != NONE])][:_TRIED]
    for other in others.tolist():
        keys = pairs(np.full(len(subjects), other, np.int64), subjects)
        if seen.has(np.sort(keys)).mean() >= SHARE:
            return True
    return False
