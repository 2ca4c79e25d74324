"""Who was taken by which leak and when, as a small file beside the table: `leaks.parquet`.

The table itself cannot say it: a leak that hides in honest work shares its actors, its sessions and its surfaces.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from nilometer.simulation.rows import Rows

SCHEMA: Final = pa.schema(
    [
        pa.field("leak", pa.int32(), nullable=False),
        pa.field("time", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("subject", pa.int64(), nullable=False),
    ]
)
"""A row for each disclosure that showed somebody to a leak; `leak` is its place in the truth's `leaks`."""
GROUP: Final = 250_000


class Taken:
    """The file in the making, days in order. Leaving the `with` block without an error puts it at `path`, else nothing is left.

    A story without a leak leaves no file, and removes one of an earlier run.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._partial = path.with_name(f".{path.name}.partial")
        self._waiting: list[tuple[int, Rows]] = []
        self._writer: Any = None

    def __enter__(self) -> Taken:
        self._path.unlink(missing_ok=True)
        return self

    def add(self, leak: int, rows: Rows) -> None:
        """Takes the rows of leak number `leak`; those that showed nobody are left out."""
        self._waiting.append((leak, rows))
        if sum(len(waiting) for _, waiting in self._waiting) >= GROUP:
            self._flush()

    def _flush(self) -> None:
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._partial, SCHEMA, compression="zstd")
        leak = np.concatenate([np.full(len(rows), number, np.int32) for number, rows in self._waiting])
        time, subject, shown = (np.concatenate([part(rows) for _, rows in self._waiting]) for part in (_time, _subject, Rows.shown))
        order = np.flatnonzero(shown)[np.argsort(time[shown], kind="stable")]
        columns = [pa.array(leak[order]), pa.array(time[order]).cast(SCHEMA.field("time").type), pa.array(subject[order])]
        self._writer.write_table(pa.Table.from_arrays(columns, schema=SCHEMA))
        self._waiting = []

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if kind is None and self._waiting:
                self._flush()
            if self._writer is not None:
                self._writer.close()
                if kind is None:
                    self._partial.replace(self._path)
        finally:
            self._partial.unlink(missing_ok=True)


def _time(rows: Rows) -> Any:
    return rows.time


def _subject(rows: Rows) -> Any:
    return rows.subject
