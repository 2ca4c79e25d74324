"""What the operator knows: declared needs, planned events, peer groups, busy days, verdicts. All of it optional."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from nilometer.detection.coding import NONE, Flags, Ints
from nilometer.detection.rows import DAY, Rows
from nilometer.disclosures.actor import HIERARCHY

BENIGN_DAYS: Final = 90
"""A verdict of benign teaches for so long; then it must be given again."""
BENIGN_ROOM: Final = 1.5
"""An actor cleared by a verdict may be shown so many times what it was shown a day when it was cleared, and no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """An actor is expected to be shown up to `people_a_day` new people a UTC day, from `since` (days since 1970) until before `until`."""

    level: str
    actor: int
    people_a_day: int
    why: str = ""
    since: int = 0
    until: int = 2**40


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A declared backfill, onboarding or migration: up to `people` new people in all, between two moments (microseconds)."""

    level: str
    actor: int
    since: int
    until: int
    people: int
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Busy:
    """Everybody is `factor` times busier between two moments (microseconds)."""

    since: int
    until: int
    factor: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Everything declared. `groups` maps an actor to the number of its peer group."""

    needs: Sequence[Need] = ()
    planned: Sequence[Planned] = ()
    busy: Sequence[Busy] = ()
    groups: Mapping[tuple[str, int], int] | None = None

    def pace(self, day: int) -> float:
        """How many times busier than usual the operator says that day is."""
        return max([1.0, *(one.factor for one in self.busy if one.since < (day + 1) * DAY and one.until > day * DAY)])

    def allowances(self, rows: Rows, spent: Mapping[int, int]) -> dict[tuple[str, int], int]:
        """How many new people each declared actor may be shown that day without being judged; planned events spend their ceiling."""
        found: dict[tuple[str, int], int] = {}
        for need in self.needs:
            if need.since <= rows.day < need.until:
                found[(need.level, need.actor)] = found.get((need.level, need.actor), 0) + need.people_a_day
        for number, event in enumerate(self.planned):
            if event.since < (rows.day + 1) * DAY and event.until > rows.day * DAY:
                key = (event.level, event.actor)
                found[key] = found.get(key, 0) + max(0, event.people - spent.get(number, 0))
        return found

    def spending(self, rows: Rows, fresh: Mapping[tuple[str, int], int], spent: Mapping[int, int]) -> dict[int, int]:
        """What of the planned events' ceilings is used up after that day, given each declared actor's new people on it."""
        after = dict(spent)
        for number, event in enumerate(self.planned):
            if event.since < (rows.day + 1) * DAY and event.until > rows.day * DAY:
                after[number] = after.get(number, 0) + fresh.get((event.level, event.actor), 0)
        return after


def allowed(rows: Rows, level: str, row: Ints, code: Ints, actors: Ints, allowances: Mapping[tuple[str, int], int]) -> Ints:
    """For each actor of a level, what its own or its wider actors' declarations allow it that day, (m,)."""
    found = np.zeros(len(actors), np.int64)
    for (declared, key), people in allowances.items():
        if declared == level:
            found[actors == key] += people
        elif declared in HIERARCHY and (level == "surface" or (level in HIERARCHY and HIERARCHY.index(declared) < HIERARCHY.index(level))):
            under = np.unique(code[rows.keys[declared][row] == key])
            found[under] += people
    return found


def declared_rows(rows: Rows, allowances: Mapping[tuple[str, int], int]) -> Flags:
    """The rows of actors that the operator declared something for that day."""
    found = np.zeros(len(rows), np.bool_)
    for (level, key), _ in allowances.items():
        found |= (rows.keys[level] == key) & (rows.keys[level] != NONE)
    return found
