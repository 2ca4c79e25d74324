"""Recognising what the columns of a dump are, by looking whether their values belong to people who are known; names only help.

A column of numbers may be the platform's ids or only count the rows, and small numbers are somebody's id by chance. So of several
columns that could be the platform's ids the one is taken that agrees with the identities beside it, then the one that is called
so, then the one that does not count.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from nilometer.attribution import kinds
from nilometer.attribution.digests import looks
from nilometer.attribution.kinds import SUBJECT
from nilometer.disclosures.pseudonym import Key
from nilometer.ledger import sets

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

Known = Callable[[str, Ints], Bools]
"""Which of some pseudonyms (ascending, each once) of a kind belong to a person who is known."""
_DISTINCT: Final = 20_000
_LEAST: Final = {"phone": 2, "email": 2}
_ELSE: Final = 3
"""Values that must be known of a column whose name does not say what it is: hardly any phone is somebody's by chance."""
_SHARE: Final = {SUBJECT: 0.001, "phone": 0.0, "email": 0.0}
_MORE: Final = 0.01
_FEW: Final = 20
_COUNTS: Final = re.compile(r"^(no|nr|num|number|row|rows|rownum|rownumber|index|idx|seq|line|#|序号|行号|unnamed)$", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What one column of a dump is.

    kind: `subject`, `phone`, ... or None. known: share of its different values that belong to somebody known. sampled: how many
    different values that was told by. by: 'values', 'name' or 'mapping'. counts: whether its values only count the rows. digest: of
    which digest its values have the shape, whether or not they are those of anybody known.
    """

    name: str
    kind: str | None
    known: float = 0.0
    sampled: int = 0
    by: str = "values"
    counts: bool = False
    digest: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tried:
    column: str
    kind: str
    keyed: pa.Array
    known: float
    distinct: int
    counts: bool


def recognise(
    rows: pa.Table,
    key: Key,
    *,
    identities: Sequence[str],
    country: str,
    known: Known,
    owner: Callable[[Ints], tuple[Ints, Ints]],
    named: Mapping[str, str],
) -> list[Column]:
    """What the columns of a table of text are, told by some of its rows, in order.

    identities: kinds of which identities are known. owner: of values (ascending, each once) the places of those that belong to
    exactly one person, and that person. named: kind to column, from a mapping, which is believed.
    """
    tried = [
        _tried(rows.column(name), name, kind, key, country, known)
        for name in rows.column_names
        for kind in (SUBJECT, *identities)
        if named.get(kind, name) == name and (name not in named.values() or named.get(kind) == name)
    ]
    some = [one for one in tried if one is not None and (one.column in named.values() or _plausible(one, rows.num_rows))]
    best: dict[str, _Tried] = {}
    for one in some:
        if one.kind != SUBJECT and (one.column not in best or _rank(one) > _rank(best[one.column])):
            best[one.column] = one
    subjects = [one for one in some if one.kind == SUBJECT]
    agrees = {one.column: _agrees(one, list(best.values()), owner) for one in subjects}
    subjects = [one for one in subjects if one.column not in best or agrees[one.column] > 0 or one.known > best[one.column].known]
    subjects = [one for one in subjects if one.column in named.values() or not (one.counts and _COUNTS.match(one.column))]
    if subjects:
        first = max(
            subjects,
            key=lambda one: (one.column in named.values(), agrees[one.column] > 0.1, kinds.called(one.column) == SUBJECT, not one.counts, one.known),
        )  # fmt: skip
        best = {column: one for column, one in best.items() if column != first.column} | {first.column: first}
    return [_column(name, best.get(name), named, looks(rows.column(name))) for name in rows.column_names]


def _tried(values: pa.ChunkedArray, name: str, kind: str, key: Key, country: str, known: Known) -> _Tried | None:
    keyed = kinds.pseudonyms(key, kind, values, country)
    distinct = sets.distinct(np.asarray(keyed.drop_null()))[:: max(1, (len(keyed) - keyed.null_count) // _DISTINCT)]
    if not len(distinct):
        return None
    share = float(known(kind, distinct).mean())
    return _Tried(column=name, kind=kind, keyed=keyed, known=share, distinct=len(distinct), counts=kind == SUBJECT and _counting(values))


def _plausible(one: _Tried, rows: int) -> bool:
    """Whether enough values are known, and they are not a few that come again and again (an age, a status)."""
    count, kind = one.known * one.distinct, kinds.plain(one.kind)
    if kinds.called(one.column) == kind:
        return count > 0.5
    if one.known < _SHARE.get(kind, _MORE) or count < min(_LEAST.get(kind, _ELSE), max(1, rows)) - 1e-9:
        return False
    return one.kind != SUBJECT or one.distinct >= _FEW or one.distinct > 0.5 * rows


def _rank(one: _Tried) -> tuple[bool, float]:
    return kinds.called(one.column) == one.kind and one.known > 0, one.known


def _counting(values: pa.ChunkedArray) -> bool:
    """Whether values go up by as much from row to row (by one; more where only some rows are looked at)."""
    first = pc.drop_null(values.slice(0, 1000)).combine_chunks()
    if len(first) < 5 or not pc.all(pc.match_substring_regex(first, r"^\d{1,18}$")).as_py():
        return False
    steps = np.diff(np.asarray(first.cast(pa.int64())))
    return bool(steps[0] > 0 and (steps == np.median(steps)).mean() > 0.95)


def _agrees(one: _Tried, others: Sequence[_Tried], owner: Callable[[Ints], tuple[Ints, Ints]]) -> float:
    """Share of rows whose id is that of the person whom another value of the row belongs to."""
    right = both = 0
    for other in others:
        if other.column == one.column:
            continue
        values = np.asarray(other.keyed.fill_null(0))
        distinct, back = np.unique(values, return_inverse=True)
        place, person = owner(distinct)
        whose, there = np.zeros(len(distinct), np.int64), np.zeros(len(distinct), np.bool_)
        whose[place], there[place] = person, True
        rows = there[back] & np.asarray(other.keyed.is_valid()) & np.asarray(one.keyed.is_valid())
        both += int(rows.sum())
        right += int((whose[back][rows] == np.asarray(one.keyed.fill_null(0))[rows]).sum())
    return right / both if both else 0.0


def _column(name: str, one: _Tried | None, named: Mapping[str, str], digest: str | None) -> Column:
    if one is None:
        return Column(name=name, kind=None, digest=digest)
    by = "mapping" if name in named.values() else "name" if kinds.called(name) == one.kind else "values"
    return Column(name=name, kind=one.kind, known=one.known, sampled=one.distinct, by=by, counts=one.counts, digest=digest)
