"""What the operator knows: declared needs, planned events, peer groups, busy days, relations, verdicts. All of it optional.

Nothing here switches judging off: whatever is declared has a ceiling in people, and what goes beyond it is judged as if
nothing had been declared. `app/context.py` reads it from the operator's file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from nilometer.canonical import json_bytes
from nilometer.detection.coding import NONE, Flags, Ints, places
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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Context:
    """Everything declared. An actor is a pair of its level and its pseudonym; `fingerprint` tells whether two contexts differ.

    `groups` maps an actor to the number of its peer group. `relations` maps an actor to the people it serves by contract, as
    ascending pseudonyms without repeats, (k,).
    """

    needs: Sequence[Need] = ()
    planned: Sequence[Planned] = ()
    busy: Sequence[Busy] = ()
    groups: Mapping[tuple[str, int], int] = field(default_factory=dict)
    relations: Mapping[tuple[str, int], Ints] = field(default_factory=dict)

    def pace(self, day: int) -> float:
        """How many times busier than usual the operator says that day is."""
        return max([1.0, *(one.factor for one in self.busy if one.since < (day + 1) * DAY and one.until > day * DAY)])

    def allowances(self, rows: Rows, spent: Mapping[int, int]) -> dict[tuple[str, int], int]:
        """How many new people each declared actor may be shown that day without being judged.

        Of several needs of one actor the largest counts: a verdict says what the actor was shown in all, declared need
        included. Planned events come on top, each with what is left of its ceiling.
        """
        found = self._needed(rows.day)
        for number, event in enumerate(self.planned):
            if _on(event, rows.day):
                key = (event.level, event.actor)
                found[key] = found.get(key, 0) + max(0, event.people - spent.get(number, 0))
        return found

    def _needed(self, day: int) -> dict[tuple[str, int], int]:
        found: dict[tuple[str, int], int] = {}
        for need in self.needs:
            if need.since <= day < need.until:
                found[(need.level, need.actor)] = max(found.get((need.level, need.actor), 0), need.people_a_day)
        return found

    def under_way(self, day: int) -> list[tuple[str, int]]:
        """The actors for which something is planned that day: what they do then is not what is usual for them."""
        return [(one.level, one.actor) for one in self.planned if _on(one, day)]

    def spending(self, rows: Rows, fresh: Mapping[tuple[str, int], int], spent: Mapping[int, int]) -> dict[int, int]:
        """What of the planned events' ceilings is used up after that day, given each declared actor's new people on it.

        Nobody is charged twice: what an actor needs daily is taken off first, then each of its events takes what it has left,
        the one that ends first before the others.
        """
        after, needed = dict(spent), self._needed(rows.day)
        left = {key: max(0, people - needed.get(key, 0)) for key, people in fresh.items()}
        for number, event in sorted(enumerate(self.planned), key=lambda one: (one[1].until, one[0])):
            if _on(event, rows.day):
                key = (event.level, event.actor)
                used = min(left.get(key, 0), max(0, event.people - after.get(number, 0)))
                after[number] = after.get(number, 0) + used
                left[key] = left.get(key, 0) - used
        return after

    def related(self, rows: Rows) -> Flags:
        """The rows that show an actor, at any level, somebody whom it serves by contract, (n,)."""
        found = np.zeros(len(rows), np.bool_)
        for level in sorted({level for level, _ in self.relations}):
            serving = np.array(sorted(key for of, key in self.relations if of == level), np.int64)
            at = np.flatnonzero(places(serving, rows.keys[level])[1] & (rows.keys[level] != NONE))
            at = at[np.argsort(rows.keys[level][at], kind="stable")]  # so that each actor's rows are looked at once, whatever their number
            actors, starts = np.unique(rows.keys[level][at], return_index=True)
            for key, mine in zip(actors.tolist(), np.split(at, starts[1:]), strict=False):
                found[mine] |= places(self.relations[(level, key)], rows.subject[mine])[1]
        return found

    def grouped(self, level: str, actors: Ints) -> Ints:
        """The number of each actor's declared peer group, -1 for those without one, (m,)."""
        return np.array([self.groups.get((level, key), -1) for key in actors.tolist()], np.int64)


def _on(event: Planned, day: int) -> bool:
    """Whether a planned event is under way on some part of a day."""
    return event.since < (day + 1) * DAY and event.until > day * DAY


def fingerprint(context: Context) -> str:
    """A hash of everything declared, 32 hexadecimal digits: what was found under another one must be found anew.

    The order of needs, busy days, groups and relations does not matter; that of planned events does, because what is spent
    of their ceilings is kept by their number.
    """
    declared = {
        "needs": sorted([n.level, n.actor, n.people_a_day, n.why, n.since, n.until] for n in context.needs),
        "planned": [[p.level, p.actor, p.since, p.until, p.people, p.kind] for p in context.planned],
        "busy": sorted([b.since, b.until, float(b.factor)] for b in context.busy),
        "groups": sorted([*actor, number] for actor, number in context.groups.items()),
        "relations": sorted([*actor, _digest(people)] for actor, people in context.relations.items()),
    }
    return hashlib.blake2b(b"nilometer/context/1" + json_bytes(declared), digest_size=16).hexdigest()


def _digest(people: Ints) -> str:
    return hashlib.blake2b(people.astype("<i8").tobytes(), digest_size=16).hexdigest()


def absorbed(rows: Rows, level: str, row: Ints, code: Ints, marks: Flags, allowances: Mapping[tuple[str, int], int]) -> Flags:
    """Which of a level's counted rows (`row`, `code`, `marks` as in Counted) are what was declared, (r,).

    Of each actor's marks those that came by way of a declared actor (itself, one it belongs to, one within it), as many as this one
    is allowed, the earliest first: so that a company is allowed what its app used of a plan up to any moment, and no more.
    """
    found = np.zeros(len(row), np.bool_)
    for declared, keys, people in _by_level(allowances):
        if declared != level and (declared not in HIERARCHY or level not in (*HIERARCHY, "surface")):
            continue  # an address says nothing about who is behind it
        at = np.flatnonzero(marks & ~found)
        where, there = places(keys, rows.keys[declared][row[at]])
        at, where = at[there], where[there]
        both = code[at] * len(keys) + where
        order = np.argsort(both, kind="stable")  # rows come in order of time
        both, starts = both[order], np.flatnonzero(np.diff(both[order], prepend=-1))
        rank = np.arange(len(both)) - np.repeat(starts, np.diff(starts, append=len(both)))
        found[at[order[rank < people[both % len(keys)]]]] = True
    return found


def touched(rows: Rows, row: Ints, code: Ints, actors: int, nodes: Collection[tuple[str, int]]) -> Flags:
    """Which of a level's `actors` worked by way of one of `nodes` that day, were shown something there at least, (actors,)."""
    found = np.zeros(actors, np.bool_)
    for level, keys, _ in _by_level(dict.fromkeys(nodes, 1)):
        found[code[places(keys, rows.keys[level][row])[1] & rows.shown[row]]] = True
    return found


def declared_rows(rows: Rows, allowances: Mapping[tuple[str, int], int]) -> Flags:
    """The rows of actors that the operator declared something for that day."""
    found = np.zeros(len(rows), np.bool_)
    for level, keys, _ in _by_level(allowances):
        found |= places(keys, rows.keys[level])[1] & (rows.keys[level] != NONE)
    return found


def _by_level(allowances: Mapping[tuple[str, int], int]) -> Iterator[tuple[str, Ints, Ints]]:
    """Each level with its declared actors, ascending, and the people allowed each, (d,); so a thousand needs cost what one does.

    Narrow levels come first: what an account was allowed does not use up what its app was.
    """
    depth = {level: HIERARCHY.index(level) if level in HIERARCHY else -1 for level, _ in allowances}
    for level in sorted(depth, key=lambda level: (-depth[level], level)):
        given = sorted((key, people) for (of, key), people in allowances.items() if of == level)
        yield level, np.array([key for key, _ in given], np.int64), np.array([people for _, people in given], np.int64)
