"""One UTC day's disclosures in order of time, as columns: all that detection sees of the ledger at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pyarrow as pa

from nilometer.detection.coding import NONE, Flags, Ints, ascending, coded, firsts
from nilometer.disclosures.actor import LEVELS

DAY: Final = 86_400_000_000
HOUR: Final = 3_600_000_000
"""Microseconds."""

KEYS: Final = ("subject", *LEVELS, "surface", "reference")

DAY_ROWS: Final = pa.schema(
    [
        pa.field("t", pa.int64(), False),
        *(pa.field(name, pa.int64()) for name in KEYS),
        pa.field("shown", pa.bool_(), False),
        pa.field("step", pa.int8(), False),
    ]
)
"""What detection asks the ledger for: `t` in microseconds since 1970 UTC, pseudonyms (null where there is none), and the
evidence of walking ids (`disclosures.schema.STORED`). Rows in any order."""


@dataclass(frozen=True, eq=False)
class Rows:
    """The disclosures of one UTC day; every array has shape (n,), sorted by time and, within one instant, by all keys.

    So the order in which files were read does not matter. A pseudonym that is not there is `NONE`.
    """

    day: int
    t: Ints
    keys: Mapping[str, Ints]
    shown: Flags
    step: Ints

    def __len__(self) -> int:
        return len(self.t)

    @property
    def subject(self) -> Ints:
        """Whose data it was."""
        return self.keys["subject"]

    @cached_property
    def hour(self) -> Ints:
        """Hour of the UTC day, 0 to 23."""
        return np.asarray((self.t - self.day * DAY) // HOUR, dtype=np.int64)

    @cached_property
    def cited(self) -> Flags:
        """Rows with a business reference that fits: the first person it was given for that day.

        A ticket belongs to one person. Who opens others under the same number has no reason for them.
        """
        cited: Flags = np.asarray(self.keys["reference"] != NONE, dtype=np.bool_)
        at = np.flatnonzero(cited)
        if not len(at):
            return cited
        codes, _ = coded(self.keys["reference"][at])
        owner = self.subject[at][np.flatnonzero(firsts(codes))]
        cited[at] = self.subject[at] == owner[codes]
        return cited


def by_day(table: pa.Table) -> Iterator[Rows]:
    """The days of a table of DAY_ROWS, one after the other."""
    if not table.num_rows:
        return
    t = np.asarray(table.column("t")).astype(np.int64, copy=False)
    columns: dict[str, Ints] = {name: _key(table.column(name)) for name in KEYS}
    shown = np.asarray(table.column("shown"))
    step = np.asarray(table.column("step")).astype(np.int64)
    order, t = _order(t, columns, shown, step)
    starts = np.flatnonzero(np.concatenate(([True], np.diff(t // DAY) > 0))) if len(t) else np.zeros(0, np.int64)
    for first, last in zip(starts.tolist(), [*starts[1:].tolist(), len(t)], strict=True):
        part = order[first:last]
        keys = {name: values[part] if values.strides[0] else values[first:last] for name, values in columns.items()}
        yield Rows(int(t[first] // DAY), t[first:last], keys, shown[part], step[part])


def _key(column: pa.ChunkedArray) -> Ints:
    """The keys of a column; of one that holds none, one number seen everywhere (stride 0)."""
    if column.null_count == len(column):
        return np.broadcast_to(np.int64(NONE), len(column))
    return np.asarray(column.fill_null(NONE)).astype(np.int64, copy=False)


def _order(t: Ints, columns: Mapping[str, Ints], shown: Flags, step: Ints) -> tuple[Ints, Ints]:
    """By time, and the times so ordered; the few rows that share an instant stand by everything else, too, references first."""
    order, ordered = ascending(t)
    same = np.concatenate((ordered[1:] == ordered[:-1], [False])) if len(t) else np.zeros(0, np.bool_)
    tied = np.flatnonzero(same | np.concatenate(([False], same[:-1]))) if len(t) else np.zeros(0, np.int64)
    if len(tied):
        rows = order[tied]
        uncited = columns["reference"][rows] == NONE
        keys = [step[rows], shown[rows], *(columns[name][rows] for name in reversed(KEYS)), uncited, t[rows]]
        order[tied] = rows[np.lexsort(keys)]
    return order, ordered
