"""Pairs of an actor and a person it was shown, folded: each once, with first and last time, out of rows in any order.

A row names its actor at several levels; the tuple of them is its path. Rows are folded by path and person first, which makes
few out of many, and only then by each level: what two paths share is counted once.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Ints = npt.NDArray[np.int64]
Places = npt.NDArray[np.int32]
Masks = npt.NDArray[np.unsignedinteger[Any]]

HELD: Final = ("org", "app", "account", "session", "ip")
"""Levels at which holdings are told. A session counts where no account is named, an address where nothing else is."""
_WAITING: Final = 24_000_000  # rows that wait to be folded; fewer need not be


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Who was shown whom, one node after the other: pairs of node m are `start[m]` to `start[m + 1]`, its people ascending.

    who: (p,) place of the person. first, last: (p,) microseconds since 1970. whole: (p,) whether all the fields asked for were shown.
    """

    start: Ints
    who: Places
    first: Ints
    last: Ints
    whole: npt.NDArray[np.bool_]

    def of(self, node: int) -> slice:
        """Where the pairs of one node are."""
        return slice(int(self.start[node]), int(self.start[node + 1]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """Different tuples of actors: `mark` (q,) ascending tells them apart, `actor` (q, 5) and `named` (q, 5) are the levels HELD."""

    mark: Ints
    actor: Ints
    named: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """Rows, folded by path and person or not, (p,) each; `path` are marks."""

    path: Ints
    who: Ints
    first: Ints
    last: Ints
    mask: Masks


class Folding:
    """Takes rows a batch at a time and keeps them folded, so that memory follows the pairs and not the rows.

    kind: the type of the masks. waiting: rows that are kept as they are before they are folded. small: whether the numbers for persons are 0 and up, below 2^32; else they are any.
    """

    def __init__(self, kind: np.dtype[Any], *, small: bool, waiting: int = _WAITING) -> None:
        self._kind, self._small, self._most = kind, small, waiting
        self._waiting: list[Folded] = []
        self._rows = 0
        self._thread = ThreadPoolExecutor(max_workers=1)  # folds while the engine reads on
        self._folded: list[Future[Folded]] = []
        self._marks: list[Ints] = []
        self._actors: list[Ints] = []
        self._named: list[npt.NDArray[np.bool_]] = []

    def add(self, who: Ints, marks: Ints, columns: Sequence[pa.Array], time: Ints, mask: Masks) -> None:
        """Rows of one batch: `who` (n,) a number for the person, `marks` one for the path, `columns` the levels HELD, `mask` bits of the fields shown."""
        if not len(who):
            return
        encoded = pa.array(marks).dictionary_encode()
        place = np.asarray(encoded.indices)
        one = np.empty(len(encoded.dictionary), np.int64)
        one[place[::-1]] = np.arange(len(place) - 1, -1, -1)  # the first row of each
        taken = [column.take(pa.array(one)) for column in columns]
        self._marks.append(np.asarray(encoded.dictionary))
        self._actors.append(np.stack([np.asarray(column.fill_null(0)) for column in taken], axis=1))
        self._named.append(np.stack([np.asarray(column.is_valid()) for column in taken], axis=1))
        self._waiting.append(Folded(path=marks, who=who, first=time, last=time, mask=mask))
        self._rows += len(who)
        if self._rows > self._most:
            self._folded.append(self._thread.submit(self._fold, self._waiting))
            self._waiting, self._rows = [], 0

    def _fold(self, parts: Sequence[Folded]) -> Folded:
        whole = _joined(parts)
        encoded = pa.array(whole.path).dictionary_encode()
        path, names = np.asarray(encoded.indices).astype(np.int64), np.asarray(encoded.dictionary)
        who, persons = whole.who, None
        if not self._small:
            persons, who = np.unique(who, return_inverse=True)
        key = _packed(path, who.reshape(-1))
        order = np.argsort(key)
        key = key[order]
        starts = _starts(key[1:] != key[:-1], len(key))
        who = key[starts] & 0xFFFFFFFF
        return Folded(
            path=names[key[starts] >> 32],
            who=who if persons is None else persons[who],
            first=np.minimum.reduceat(whole.first[order], starts),
            last=np.maximum.reduceat(whole.last[order], starts),
            mask=np.bitwise_or.reduceat(whole.mask[order], starts),
        )

    def done(self) -> tuple[Folded, Paths]:
        """Everything, folded where it is much (then each path and person is there once), and the paths that occur."""
        folded = bool(self._folded)
        parts = [*(part.result() for part in self._folded), *self._waiting]
        self._folded, self._waiting = [], []
        self._thread.shutdown()
        if not parts:
            none, no = np.zeros(0, np.int64), np.zeros((0, len(HELD)))
            empty = Folded(path=none, who=none, first=none, last=none, mask=np.zeros(0, self._kind))
            return empty, Paths(mark=none, actor=no.astype(np.int64), named=no.astype(bool))
        marks, first = np.unique(np.concatenate(self._marks), return_index=True)
        paths = Paths(mark=marks, actor=np.concatenate(self._actors)[first], named=np.concatenate(self._named)[first])
        return parts[0] if len(parts) == 1 else self._fold(parts) if folded else _joined(parts), paths


def _packed(key: Ints, who: Ints) -> Ints:
    return (key << 32) | who


def _starts(new: npt.NDArray[np.bool_], size: int) -> Ints:
    return np.concatenate([[0], np.flatnonzero(new) + 1]).astype(np.int64) if size else np.zeros(0, np.int64)


def _joined(parts: Sequence[Folded]) -> Folded:
    if len(parts) == 1:
        return parts[0]
    return Folded(
        path=np.concatenate([p.path for p in parts]),
        who=np.concatenate([p.who for p in parts]),
        first=np.concatenate([p.first for p in parts]),
        last=np.concatenate([p.last for p in parts]),
        mask=np.concatenate([p.mask for p in parts]),
    )


def joined_paths(several: Sequence[Paths]) -> Paths:
    """The different paths of several."""
    marks, first = np.unique(np.concatenate([p.mark for p in several]), return_index=True)
    return Paths(
        mark=marks, actor=np.concatenate([p.actor for p in several])[first], named=np.concatenate([p.named for p in several])[first]
    )


def expanded(folded: Folded, paths: Paths, node: Ints, sizes: Sequence[int], need: int) -> Pairs:
    """Pairs of nodes: `node` (q, 5) says which node each path is at each level (-1: none), nodes of a level come together, `sizes` many."""
    encoded = pa.array(folded.path).dictionary_encode()  # few among many: hashing them beats searching for each
    place = np.searchsorted(paths.mark, np.asarray(encoded.dictionary))[np.asarray(encoded.indices)]
    with ThreadPoolExecutor(max_workers=2) as threads:
        found = threads.map(lambda level: _of_level(folded, node[place, level], need), [n for n, size in enumerate(sizes) if size])
        kept = [one for one in found if len(one[0])]
    if not kept:
        none = np.zeros(0, np.int64)
        return Pairs(start=np.zeros(sum(sizes) + 1, np.int64), who=none.astype(np.int32), first=none, last=none, whole=none.astype(bool))
    begins = np.concatenate([[0], np.cumsum(np.bincount(np.concatenate([k[0] for k in kept]), minlength=sum(sizes)))])
    return Pairs(
        start=begins.astype(np.int64),
        who=np.concatenate([k[1] for k in kept]),
        first=np.concatenate([k[2] for k in kept]),
        last=np.concatenate([k[3] for k in kept]),
        whole=np.concatenate([k[4] for k in kept]),
    )


def _of_level(folded: Folded, of: Ints, need: int) -> tuple[Places, Places, Ints, Ints, npt.NDArray[np.bool_]]:
    """The pairs of one level: node, person, first, last, whole; `of` (p,) the node of each folded row, -1 for none."""
    there = np.flatnonzero(of >= 0)
    key = _packed(of[there], folded.who[there])
    order = np.argsort(key)
    key, there = key[order], there[order]
    starts = _starts(key[1:] != key[:-1], len(key))
    if not len(starts):
        none = np.zeros(0, np.int64)
        return none.astype(np.int32), none.astype(np.int32), none, none, none.astype(bool)
    mask = np.bitwise_or.reduceat(folded.mask[there], starts)
    return (
        (key[starts] >> 32).astype(np.int32),
        (key[starts] & 0xFFFFFFFF).astype(np.int32),
        np.minimum.reduceat(folded.first[there], starts),
        np.maximum.reduceat(folded.last[there], starts),
        (mask & np.array(need, mask.dtype)) == np.array(need, mask.dtype),
    )
