"""Claims scored against truth: the same code for Nilometer's findings and for every baseline's alarms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from nilometer.app.evaluate.baseline import IDENTITY, Alarms
from nilometer.app.evaluate.columns import DAY, SECOND, Columns
from nilometer.app.evaluate.truth import Leak, Name, Truth

MONTH: Final = 30 * DAY
HEARD: Final = MONTH
"""For so long after an alarm a baseline's further alarms about the same actor are the same one: its month, as in the rate of false ones."""
_NOBODY: Final = ("campaign", "surface")
"""What a claim names that is nobody."""
FEW: Final = 10
"""An actor-month is an org, app or account that was shown at least so many people in a 30-day month of the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Somebody says: these actors, at this moment (microseconds since 1970). `by` is the finding or the rule that says it."""

    actors: tuple[Name, ...]
    time: int
    by: str
    named_at: tuple[int, ...] = ()
    """When each of the actors was named; empty: all of them at `time`."""

    def moments(self) -> tuple[tuple[Name, int], ...]:
        """Each actor and when it was named."""
        return tuple(zip(self.actors, self.named_at or (self.time,) * len(self.actors), strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Caught:
    """How one leak ended: `claim` is the first hit, None when it was never found; it hit at `time` (microseconds since 1970).

    `before` are the people it had taken when the alarm rang, all of them when none did; `seconds` from its start to the alarm.
    """

    people: int
    before: int
    claim: Claim | None
    seconds: float | None
    time: int | None = None

    @property
    def share(self) -> float:
        """Share of the leak's people that were taken before the alarm."""
        return self.before / self.people if self.people else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One method on one folder: each leak's end, the claims that hit none, and which innocents were named, by whatever claim.

    `members` are the actors that claims about a leak name, `beside` those of them that are not the leak's: bystanders of a right claim.
    """

    leaks: tuple[Caught, ...]
    false: tuple[Claim, ...]
    accused: tuple[bool, ...]
    members: int = 0
    beside: int = 0


def score(truth: Truth, claims: Sequence[Claim]) -> Score:
    """Which leaks were found, when and how late, and what was said of the innocent."""
    in_time = sorted(claims, key=lambda claim: (claim.time, claim.actors))
    caught = [_caught(leak, _first(leak, in_time)) for leak in truth.leaks]
    false = tuple(claim for claim in in_time if not any(hit_at(leak, claim) is not None for leak in truth.leaks))
    theirs = {actor for leak in truth.leaks for actor in (*leak.actors, *leak.own)}
    members = {actor for claim in in_time if claim not in false for actor in claim.actors if actor[0] not in _NOBODY}
    named = members - theirs | {actor for claim in false for actor in claim.actors}
    return Score(
        leaks=tuple(caught),
        false=false,
        accused=tuple(bool(innocent.actors & named) for innocent in truth.innocents),
        members=len(members),
        beside=len(members - theirs),
    )


def hit_at(leak: Leak, claim: Claim) -> int | None:
    """When a claim was rightly about this leak: one of its actors was named, in a claim made after it began. None when never.

    Of a campaign one member is enough, from the moment that this one was named; so is the surface that it is named after, where the truth
    knows the leak's many actors by nothing else.
    """
    if claim.time < leak.started:
        return None
    return min((at for name, at in claim.moments() if name in leak.actors or name in leak.own), default=None)


def _first(leak: Leak, claims: Sequence[Claim]) -> tuple[int, Claim] | None:
    found = [(at, number) for number, claim in enumerate(claims) if (at := hit_at(leak, claim)) is not None]
    return (min(found)[0], claims[min(found)[1]]) if found else None


def claims_of(alarms: Alarms, columns: Columns, by: str) -> list[Claim]:
    """A baseline's alarms as claims: an actor that has rung is not heard again for `HEARD`, because what rings daily is soon muted.

    So a rule that always rings for an actor makes one claim in each of its months: false ones until a leak begins, then a hit.
    To hear only the first alarm of an actor ever would make most rules miss all leaks; to hear each would make their false ones countless.
    """
    if not len(alarms):
        return []
    order = np.lexsort((alarms.time, alarms.actor))
    actor, time = alarms.actor[order], alarms.time[order]
    who, opening = np.unique(actor, return_index=True)
    ends = np.append(opening[1:], len(actor))
    claims = []
    for name, start, end in zip(columns.named[alarms.level].texts(who), opening.tolist(), ends.tolist(), strict=True):
        at = start
        while at < end:
            claims.append(Claim(actors=((alarms.level, name),), time=int(time[at]), by=by))
            at = start + int(np.searchsorted(time[start:end], time[at] + HEARD))
    return claims


def actor_months(columns: Columns) -> int:
    """How many actor-months the table has: the denominator of false findings, the same for every method."""
    if not len(columns):
        return 0
    month = (columns.time - columns.time[0]) // MONTH
    return sum(_months_at(columns, level, month) for level in IDENTITY if level in columns.named)


def _months_at(columns: Columns, level: str, month: np.ndarray[tuple[int], np.dtype[np.int64]]) -> int:
    places = columns.actors(level)
    rows = np.flatnonzero((places >= 0) & columns.shown)
    cell = places[rows].astype(np.int64) * (int(month[-1]) + 1) + month[rows]
    order = np.lexsort((columns.subject[rows], cell))
    cell, subject = cell[order], columns.subject[rows][order]
    fresh = np.ones(len(rows), np.bool_)
    fresh[1:] = (np.diff(cell) != 0) | (np.diff(subject) != 0)
    _, people = np.unique(cell[fresh], return_counts=True)
    return int(np.count_nonzero(people >= FEW))


def _caught(leak: Leak, hit: tuple[int, Claim] | None) -> Caught:
    if hit is None:
        return Caught(people=leak.people, before=leak.people, claim=None, seconds=None)
    time, claim = hit
    return Caught(people=leak.people, before=leak.before(time), claim=claim, seconds=(time - leak.started) / SECOND, time=time)
