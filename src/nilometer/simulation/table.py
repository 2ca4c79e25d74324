"""Rows as the Arrow table of the contract: the columns of a disclosure file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from nilometer.simulation.directory import PERSONAL, Directory
from nilometer.simulation.mixing import Ints
from nilometer.simulation.rows import NONE, Rows

_NAMES: Final = pa.dictionary(pa.int32(), pa.string())

SCHEMA: Final = pa.schema(
    [
        pa.field("time", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("subject", pa.int64(), nullable=False),
        pa.field("org", _NAMES),
        pa.field("app", _NAMES),
        pa.field("account", pa.string()),
        pa.field("session", pa.string()),
        pa.field("ip", pa.string()),
        pa.field("user_agent", _NAMES),
        pa.field("surface", _NAMES),
        pa.field("fields", pa.list_(pa.string())),
        pa.field("status", pa.int16(), nullable=False),
        pa.field("reference", pa.string()),
        pa.field("request", pa.string()),
    ]
)
"""The disclosure, as a file (see the contract). A consumer's `account` is the same number as their `subject`."""


def to_arrow(rows: Rows, directory: Directory) -> pa.Table:
    """`rows`, in their order, as a table of `SCHEMA`."""
    credentials, surfaces = directory.credentials, directory.surfaces
    accounts = _texts([None if c.account == PERSONAL else c.account for c in credentials]).take(_ints(rows.credential))
    own = pa.array(rows.holder, pa.int64(), mask=rows.holder == NONE).cast(pa.string())
    return pa.Table.from_arrays(
        [
            _ints(rows.time).cast(pa.timestamp("us", tz="UTC")),
            _ints(rows.subject),
            _named([c.org for c in credentials], rows.credential),
            _named([c.app for c in credentials], rows.credential),
            pc.coalesce(accounts, own),
            _numbered("s", rows.session, rows.session == NONE),
            _dotted(rows.ip),
            _named(directory.agents, rows.agent),
            _named([s.name for s in surfaces], rows.surface),
            pa.array([list(s.fields) for s in surfaces], pa.list_(pa.string())).take(_ints(rows.surface)),
            _ints(rows.status).cast(pa.int16()),
            _references(rows, directory),
            _numbered("r", rows.request),
        ],
        schema=SCHEMA,
    )


def _ints(numbers: Ints) -> pa.Int64Array:
    return pa.array(numbers, pa.int64())


def _texts(texts: Sequence[str | None]) -> pa.StringArray:
    return pa.array(texts, pa.string())


def _joined(parts: Sequence[Any], separator: str) -> Any:
    """Texts (arrays or scalars) joined row by row; null where one is null. The stubs know no mixture of arrays and scalars."""
    return pc.binary_join_element_wise(*parts, pa.scalar(separator))


def _named(names: Sequence[str], places: Ints) -> Any:
    """Names by place, dictionary encoded; names that stand at several places stand once in the dictionary. No name is null."""
    distinct = sorted({name for name in names if name})
    where = np.array([distinct.index(name) if name else -1 for name in names], dtype=np.int32)[places]
    return pa.DictionaryArray.from_arrays(pa.array(where, pa.int32(), mask=where < 0), _texts(distinct))


def _numbered(prefix: str, numbers: Ints, missing: NDArray[np.bool_] | None = None) -> Any:
    return _joined([pa.scalar(prefix), pa.array(numbers, pa.int64(), mask=missing).cast(pa.string())], "")


def _dotted(addresses: Ints) -> Any:
    """IPv4 addresses as text; each distinct one is written once."""
    distinct, where = np.unique(addresses, return_inverse=True)
    octets = [_ints((distinct >> shift) & 0xFF).cast(pa.string()) for shift in (24, 16, 8, 0)]
    return _joined(octets, ".").take(_ints(where))


def _references(rows: Rows, directory: Directory) -> Any:
    """The surface's letter and the number, null where there is no reference."""
    letters = _texts([s.reference for s in directory.surfaces]).take(_ints(rows.surface))
    numbers = pa.array(rows.reference, pa.int64(), mask=rows.reference == NONE).cast(pa.string())
    return _joined([letters, numbers], "")
