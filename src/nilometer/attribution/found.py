"""What was read out of a dump, in the shape in which it can be judged: who is in it, and what its values and columns prove.

Reading and recognising (`dump.py`, `columns.py`) make one; judging (`match.py`) takes one. No raw value is in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from nilometer.ledger.sets import distinct

Ints = npt.NDArray[np.int64]

ALWAYS: Final = int(np.iinfo(np.int64).min)
"""`after` of a person whose values do not prove when they were taken."""
NEVER: Final = int(np.iinfo(np.int64).max)
"""`before` of such a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A dump as it is judged.

    rows: how many of its rows could be read.
    people: (n,) pseudonyms of the people whom rows were recognised as, by platform id or an identity; ascending, each once,
        whether or not any actor was ever shown them.
    after, before: (n,) microseconds since 1970 UTC: the person's values were taken not before `after`, not after `before`;
        ALWAYS and NEVER where nothing bounds it.
    unmatched: rows that belong to nobody known.
    kinds: what the dump shows: 'id', 'phone', 'email', 'nickname', ...
    fields: names of the disclosures' fields that its columns correspond to; empty when that cannot be told.
    canaries: (level, actor's id) to how many rows are canaries that only this actor was shown.
    """

    rows: int
    people: Ints
    after: Ints
    before: Ints
    unmatched: int = 0
    kinds: frozenset[str] = frozenset()
    fields: frozenset[str] = frozenset()
    canaries: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not len(self.people) == len(self.after) == len(self.before):
            raise ValueError(f"one bound a person: {len(self.people)} people, {len(self.after)} after, {len(self.before)} before")
        if len(self.people) > 1 and not bool((self.people[1:] > self.people[:-1]).all()):
            raise ValueError("people come ascending and each once")


def unbounded(rows: int, people: Ints, **more: object) -> Found:
    """A dump whose values prove no time: people in any order, repeated or not."""
    each = distinct(people)
    bounds = {"after": np.full(len(each), ALWAYS), "before": np.full(len(each), NEVER)}
    return Found(rows=rows, people=each, **bounds, **more)  # type: ignore[arg-type]
