"""Sets of fields: the ledger names a set as one text (`nickname|phone`); what one person was shown is the union of several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.unsignedinteger[Any]]

_BITS: Final = 63
_DIRECT: Final = 16  # with so few fields, all their unions fit a small table


@dataclass(frozen=True, slots=True, kw_only=True)
class Union:
    """What each of n people was shown: `place` says which of `known` (texts joined by `|`), (n,); `people` counts people by single field."""

    place: Ints
    known: tuple[str, ...]
    people: Mapping[str, int]

    def texts(self) -> pa.Array:
        """The fields of each person, joined by `|`, (n,)."""
        known = pa.array(self.known, pa.string())
        return pa.DictionaryArray.from_arrays(pa.array(self.place), known).cast(pa.string())


class FieldSets:
    """All sets of a ledger, from the pseudonym of each to its text. A set that has no name there counts as not known."""

    def __init__(self, names: Mapping[int, str]) -> None:
        self._ids = np.array(sorted(names), np.int64)
        self.sets = [tuple(sorted({part for part in names[ident].split("|") if part})) for ident in self._ids.tolist()] + [()]
        self.fields = tuple(sorted({part for one in self.sets for part in one}))
        self._kind = np.min_scalar_type(len(self.sets))
        bit = {name: 1 << place for place, name in enumerate(self.fields)} if len(self.fields) <= _BITS else None
        self._masks = None if bit is None else np.array([sum(bit[part] for part in one) for one in self.sets], np.int64)

    def codes(self, column: pa.Array) -> Codes:
        """Small numbers for a column of sets' pseudonyms: the set's place, the last one for null, (n,)."""
        none = len(self._ids)
        if none == 0 or column.null_count == len(column):
            return np.full(len(column), none, self._kind)
        values = np.asarray(column.fill_null(0) if column.null_count else column)
        place = np.minimum(np.searchsorted(self._ids, values), none - 1)
        there = self._ids[place] == values
        if column.null_count:
            there &= np.asarray(column.is_valid())
        return np.where(there, place, none).astype(self._kind)

    def union(self, codes: Codes, starts: Ints) -> Union:
        """The union for each run of rows: `codes` (m,), run r begins at `starts[r]`, (n,)."""
        if self._masks is None:
            return self._many(codes, starts)
        found = np.bitwise_or.reduceat(self._masks[codes], starts)
        if len(self.fields) <= _DIRECT:
            held = np.bincount(found, minlength=1 << len(self.fields))
            present = np.flatnonzero(held)
            places = np.zeros(len(held), np.int64)
            places[present] = np.arange(len(present))
            place, number = places[found], held[present]
        else:
            present, place, number = np.unique(found, return_inverse=True, return_counts=True)
        parts = [tuple(name for bit, name in enumerate(self.fields) if one >> bit & 1) for one in present.tolist()]
        return _counted(place.reshape(-1), parts, number)

    def _many(self, codes: Codes, starts: Ints) -> Union:
        """The same for more fields than a number has bits: rare, so plainly, over the different sets of each person."""
        seen: dict[frozenset[int], int] = {}
        ends = [*starts.tolist()[1:], len(codes)]
        place = np.array(
            [seen.setdefault(frozenset(codes[b:e].tolist()), len(seen)) for b, e in zip(starts.tolist(), ends, strict=True)], np.int64
        )
        parts = [tuple(sorted({part for code in one for part in self.sets[code]})) for one in seen]
        return _counted(place, parts, np.bincount(place, minlength=len(parts)))


def _counted(place: Ints, parts: list[tuple[str, ...]], number: npt.NDArray[np.integer[Any]]) -> Union:
    people: dict[str, int] = {}
    for one, count in zip(parts, number.tolist(), strict=True):
        for part in one:
            people[part] = people.get(part, 0) + count
    return Union(place=place, known=tuple("|".join(one) for one in parts), people=people)
