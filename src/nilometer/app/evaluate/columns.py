"""A disclosure file as columns of numbers: what scoring and the baselines look at. Names stand once, rows hold their places."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from nilometer.disclosures.actor import LEVELS
from nilometer.errors import InputError

Ints = NDArray[np.int64]
Places = NDArray[np.int32]
Flags = NDArray[np.bool_]

SECOND: Final = 1_000_000
"""Times are microseconds since 1970 UTC."""
DAY: Final = 86_400 * SECOND
MISSING: Final = -1
"""The place of a name that a row does not have."""
_NEEDED: Final = ("time", "subject")
_NAMED: Final = (*LEVELS, "surface", "request")
_EMPTY: Final[Places] = np.empty(0, np.int32)


@dataclass(frozen=True, slots=True)
class Named:
    """A column of names: `places`, shape (n,), point into the distinct `names` (texts); MISSING where a row has none."""

    places: Places
    names: pa.Array

    def texts(self, places: NDArray[Any]) -> list[str]:
        """The names at these places."""
        texts: list[str] = self.names.take(pa.array(places, pa.int64())).to_pylist()
        return texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """n disclosures in order of time. `subject` are places in `subjects`; `shown` is false where a row was asked for in vain.

    `named` holds the actor levels, `surface` and `request`, as far as the file has them.
    """

    time: Ints
    subject: Places
    subjects: pa.Array
    shown: Flags
    named: dict[str, Named] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.time)

    @property
    def levels(self) -> tuple[str, ...]:
        """The actor levels that at least one row has, widest first."""
        return tuple(level for level in LEVELS if level in self.named)

    def actors(self, level: str) -> Places:
        """Each row's actor at `level`, shape (n,)."""
        return self.named[level].places

    def less(self, without: Collection[str]) -> Columns:
        """The same rows without some columns; without `status` everything asked for looks shown."""
        named = {name: column for name, column in self.named.items() if name not in without}
        return replace(self, named=named, shown=np.ones(len(self), np.bool_) if "status" in without else self.shown)


def read(path: Path) -> Columns:
    """The disclosures of a Parquet file. Raises InputError that names the file and what is missing."""
    try:
        there = pq.read_schema(path).names
        if missing := [name for name in _NEEDED if name not in there]:
            raise InputError(
                f"{path} has no column {' and no column '.join(missing)}; found {', '.join(there)}. See the disclosure's columns."
            )
        wanted = [name for name in (*_NEEDED, "status", *_NAMED) if name in there]
        with pq.ParquetFile(path, read_dictionary=[name for name in wanted if name not in ("time", "status")]) as file:
            return of(file.read(columns=wanted))
    except pa.ArrowException as cause:
        raise InputError(f"{path} is not a disclosure file in Parquet: {cause}. `nilometer simulate` writes one.") from None
    except OSError as cause:
        raise InputError(f"{path} cannot be read: {cause.strerror or cause}.") from None


def of(table: pa.Table) -> Columns:
    """The columns of an Arrow table with the names of a disclosure file; rows that lack a time or a subject are left out."""
    table = table.filter(pc.and_(table.column("time").is_valid(), table.column("subject").is_valid()))
    time = moments(table.column("time"))
    order = np.argsort(time, kind="stable") if len(time) and (np.diff(time) < 0).any() else np.arange(len(time))
    places, subjects = _encoded(table.column("subject"))
    named: dict[str, Named] = {}
    for name in _NAMED:
        if name in table.column_names and table.column(name).null_count < table.num_rows:
            at, names = _encoded(table.column(name))
            named[name] = Named(at[order], names)
    return Columns(time=time[order], subject=places[order], subjects=subjects, shown=_shown(table)[order], named=named)


def moments(column: Any) -> Ints:
    """Times as microseconds since 1970: from timestamps (naive is UTC) or RFC 3339 texts."""
    if not pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us", tz="UTC"))
    return np.asarray(column.cast(pa.timestamp("us", tz=column.type.tz), safe=False).cast(pa.int64()), dtype=np.int64)


def _encoded(column: Any) -> tuple[Places, pa.Array]:
    """A column of texts as places and the names they stand for, in one dictionary for all chunks."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    whole = column.unify_dictionaries().combine_chunks()
    whole = whole.chunk(0) if isinstance(whole, pa.ChunkedArray) and whole.num_chunks else whole
    if len(whole) == 0:
        return _EMPTY, pa.array([], pa.string())
    places = np.asarray(pc.fill_null(whole.indices, MISSING), dtype=np.int32)
    return places, whole.dictionary.cast(pa.string())


def _shown(table: pa.Table) -> Flags:
    """Whether each row was really shown: 2xx or 304; no status is 200."""
    if "status" not in table.column_names:
        return np.ones(table.num_rows, np.bool_)
    status = np.asarray(table.column("status").cast(pa.float64()).fill_null(200.0), dtype=np.float64)
    return np.asarray(((status >= 200) & (status < 300)) | (status == 304), dtype=np.bool_)
