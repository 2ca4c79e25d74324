"""Writes simulated rows as Parquet, row group by row group, under a temporary name until all is there."""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import pyarrow.parquet as pq

from nilometer.simulation.directory import Directory
from nilometer.simulation.rows import Rows
from nilometer.simulation.table import SCHEMA, to_arrow

GROUP: Final = 250_000
"""Rows of a row group, at least (the last may have fewer), and at most `LARGEST`."""
LARGEST: Final = 1_000_000

# Columns of few values get dictionaries and only the time gets statistics: measured a quarter faster and no larger.
_OPTIONS: Final[dict[str, Any]] = {
    "compression": "zstd",
    "use_dictionary": ["org", "app", "user_agent", "surface", "fields.list.element", "status"],
    "write_statistics": ["time"],
}


class ParquetSink:
    """A Parquet file in the making. Leaving the `with` block without an error puts it at `path`, else nothing is left.

    One row group is written by a thread of its own while the next is made; there are never more than two in memory.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._partial = path.with_name(f".{path.name}.partial")
        self._waiting: list[Rows] = []
        self._directory: Directory | None = None
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._writing: Future[None] | None = None

    def __enter__(self) -> ParquetSink:
        self._writer = pq.ParquetWriter(self._partial, SCHEMA, **_OPTIONS)
        return self

    def write(self, rows: Rows, directory: Directory) -> None:
        """Takes one day's rows; has them written as soon as enough days are together."""
        self._waiting.append(rows)
        self._directory = directory
        if sum(map(len, self._waiting)) >= GROUP:
            self._flush()

    def _flush(self) -> None:
        """Hands over what waits, once the group before is written."""
        self._await()
        if self._waiting and self._directory is not None:
            self._writing = self._thread.submit(self._write_group, self._waiting, self._directory)
            self._waiting = []

    def _await(self) -> None:
        """Until the group under way is written; raises what went wrong with it."""
        if self._writing is not None:
            self._writing.result()

    def _write_group(self, days: list[Rows], directory: Directory) -> None:
        self._writer.write_table(to_arrow(Rows.joined(days).by_time(), directory), row_group_size=LARGEST)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            try:
                if kind is None:
                    self._flush()
                    self._await()
            finally:
                self._thread.shutdown(wait=True)
                self._writer.close()
            if kind is None:
                with self._partial.open("rb") as written:
                    os.fsync(written.fileno())
                self._partial.replace(self._path)
        finally:
            self._partial.unlink(missing_ok=True)
