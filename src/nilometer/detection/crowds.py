"""A crowd is no actor: a company or app through which about as many accounts as people passed is a shop window.

A marketplace's own web app shows thousands of people a day, nearly all new to it, because its consumers read their own
pages. What it is asked by each account is one person, so accounts and people are about as many; whoever collects needs
few accounts for many people. Misses: a mill of 25 accounts or more that by the alarm have taken at most three people each; that is campaigns' to find.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pyarrow as pa

from nilometer.detection.claims import Claim
from nilometer.detection.detector import WANTED_PARTS, Answers

PEOPLE_AN_ACCOUNT: Final = 3.0
"""Up to so many people for each account that was shown anybody that day, the public is at work, not one actor."""

CROWD: Final = 25
"""Fewer accounts than this in a day are somebody's staff, not the public."""

_WIDE: Final = ("org", "app")


def without_crowds(ledger: Answers, claims: Sequence[Claim]) -> list[Claim]:
    """The claims but for those of companies and apps that were, up to the claim's time that day, a crowd's window."""
    crowds: set[tuple[str, int, object]] = set()
    for level in _WIDE:
        wanted = sorted({(claim.actor, claim.time) for claim in claims if claim.level == level})
        if not wanted:
            continue
        actors, times = zip(*wanted, strict=True)
        table = pa.table([pa.array(actors, pa.int64()), pa.array(times, WANTED_PARTS.field("time").type)], schema=WANTED_PARTS)
        for row in ledger.crowds(level, table).to_pylist():
            if row["accounts"] >= CROWD and row["people"] <= PEOPLE_AN_ACCOUNT * row["accounts"]:
                crowds.add((level, row["actor"], row["time"]))
    return [claim for claim in claims if (claim.level, claim.actor, claim.time) not in crowds]
