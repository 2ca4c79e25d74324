"""Whose row it is: by the platform's id where that is known, else by identities; and when its values can have been taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from nilometer.attribution.found import ALWAYS, NEVER

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


_SHARED: Final = 16
"""People of one value that are looked at to date it; what more people are called dates nobody."""


class Owners(Protocol):
    """Whose values are: for places (ascending; none, one or several each) person, since, until in microseconds since 1970 UTC."""

    @property
    def place(self) -> Ints: ...
    @property
    def subject(self) -> Ints: ...
    @property
    def since(self) -> Ints: ...
    @property
    def until(self) -> Ints: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyed:
    """A recognised column of n rows: pseudonyms, which of them are there; of identities the different values, ascending, with their
    owners, and (n,) which of the different values each row's is, where that is known already."""

    kind: str
    values: Ints
    there: Bools
    distinct: Ints | None = None
    owners: Owners | None = None
    back: Ints | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """Whose rows n rows are, and what their values prove.

    person: (n,) pseudonyms, right where `known`. after, before: (n,) the row's values were taken in between. fits: rows by kind whose
    value is or was their person's, and rows by kind where it is known to be somebody's or their person has another.
    ambiguous: rows whose values fit several people. contradictory: rows whose id and identities are of different people.
    """

    person: Ints
    known: Bools
    after: Ints
    before: Ints
    fits: Mapping[str, tuple[int, int]]
    ambiguous: int
    contradictory: int


def resolve(rows: int, subject: Keyed | None, others: Sequence[Keyed], known: Bools | None) -> Resolved:
    """Finds out whose each of `rows` rows is. known: (rows,) whether the id of the row is a known person's (None: no ids).

    An id that is known decides. Without it the identities do, where they leave exactly one person: first those that fit one
    person only, then those shared by several, if one of the several is meant by another value of the row.
    """
    person = subject.values.copy() if subject is not None else np.zeros(rows, np.int64)
    sure = known.copy() if known is not None else np.zeros(rows, np.bool_)
    given = sure.copy()
    single = [_single(one) for one in others]
    clash = np.zeros(rows, np.bool_)
    for whose, there in single:
        new = there & ~sure
        clash |= there & sure & (whose != person)
        person[new], sure[new] = whose[new], True
    several = np.zeros(rows, np.bool_)
    for one, (_, there) in zip(others, single, strict=True):
        several |= _count(one) > 1
        several &= ~there
    after, before = np.full(rows, ALWAYS), np.full(rows, NEVER)
    fits: dict[str, tuple[int, int]] = {}
    for one in others:
        since, until, right = _bounds(one, person, sure)
        after, before = np.maximum(after, since), np.minimum(before, until)
        mine, every = fits.get(one.kind, (0, 0))
        fits[one.kind] = (mine + int(right.sum()), every + int((one.there & sure).sum()))
    torn = after >= before
    after[torn], before[torn] = ALWAYS, NEVER
    return Resolved(
        person=person,
        known=sure,
        after=after,
        before=before,
        fits=fits,
        ambiguous=int((several & ~sure).sum()),
        contradictory=int((clash & given).sum()),
    )


def _count(one: Keyed) -> Ints:
    """(n,) how many people each row's value belongs to."""
    if one.owners is None or one.distinct is None:
        return np.zeros(len(one.values), np.int64)
    place, subject = one.owners.place, one.owners.subject
    first = np.ones(len(place), np.bool_)
    first[1:] = (place[1:] != place[:-1]) | (subject[1:] != subject[:-1])
    many = np.bincount(place[first], minlength=len(one.distinct))
    return np.asarray(np.where(one.there, many[_back(one)], 0), dtype=np.int64)


def _back(one: Keyed) -> Ints:
    assert one.distinct is not None
    if one.back is not None:
        return one.back
    return np.minimum(np.searchsorted(one.distinct, one.values), max(0, len(one.distinct) - 1))


def _single(one: Keyed) -> tuple[Ints, Bools]:
    """(n,) the only person whom each row's value belongs or belonged to, and whether there is exactly one."""
    there = _count(one) == 1
    if one.owners is None or one.distinct is None or not there.any():
        return np.zeros(len(one.values), np.int64), np.zeros(len(one.values), np.bool_)
    whose = np.zeros(len(one.distinct), np.int64)
    whose[one.owners.place] = one.owners.subject
    return whose[_back(one)], there


def _bounds(one: Keyed, person: Ints, sure: Bools) -> tuple[Ints, Ints, Bools]:
    """When each row's value was its person's (the whole of it, over interruptions), and whether it ever was."""
    after, before = np.full(len(person), ALWAYS), np.full(len(person), NEVER)
    right = np.zeros(len(person), np.bool_)
    if one.owners is None or one.distinct is None or not len(one.owners.place):
        return after, before, right
    held = one.owners
    first = np.ones(len(held.place), np.bool_)
    first[1:] = (held.place[1:] != held.place[:-1]) | (held.subject[1:] != held.subject[:-1])
    starts = np.flatnonzero(first)
    since, until = np.minimum.reduceat(held.since, starts), np.maximum.reduceat(held.until, starts)
    place, subject = held.place[starts], held.subject[starts]
    back, begins = _back(one), np.searchsorted(place, np.arange(len(one.distinct) + 1))
    low, high = begins[back], begins[back + 1]
    high = np.minimum(high, low + _SHARED)
    for step in range(int((high - low).max(initial=0))):
        at = np.minimum(low + step, len(place) - 1)
        mine = one.there & sure & (low + step < high) & (subject[at] == person)
        after[mine], before[mine] = since[at][mine], until[at][mine]
        right |= mine
    return after, before, right
