"""DuckDB over the ledger's Parquet files: the engine for one machine."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

import duckdb
import numpy as np
import pyarrow as pa

from nilometer.disclosures.actor import LEVELS
from nilometer.disclosures.schema import STORED
from nilometer.errors import EngineError
from nilometer.ledger import duckdb_sql as questions
from nilometer.ledger import files, windows
from nilometer.ledger.manifest import Manifest, Segment
from nilometer.ledger.views import VIEWS

Connection = duckdb.DuckDBPyConnection

_KINDS: Final = {
    pa.int64(): "BIGINT",
    pa.int32(): "INTEGER",
    pa.int16(): "SMALLINT",
    pa.int8(): "TINYINT",
    pa.bool_(): "BOOLEAN",
    STORED.field("time").type: "TIMESTAMPTZ",
}
_EMPTY: Final = f"(SELECT {', '.join(f'CAST(NULL AS {_KINDS[f.type]}) AS {f.name}' for f in STORED)} WHERE false)"

PART_ROWS: Final = 40_000_000
"""Disclosures that one pass may group in memory; larger ledgers are answered in passes over disjoint sets of actors."""


class Store(Protocol):
    """What the engine needs of the ledger."""

    folder: Path

    @property
    def manifest(self) -> Manifest: ...

    def scratch(self) -> Path: ...

    def paths(self, names: Sequence[str]) -> list[str]: ...


def connect(threads: int = 2, memory: str = "3GB", scratch: Path | None = None) -> duckdb.DuckDBPyConnection:
    """A fresh in-memory engine: UTC, bounded memory, spilling to `scratch`, never touching the network."""
    connection = duckdb.connect(":memory:")
    connection.execute(f"SET TimeZone='UTC'; SET threads={threads}; SET memory_limit='{memory}'; SET autoinstall_known_extensions=false")
    connection.execute("SET parquet_metadata_cache=true")  # segments never change once the manifest names them
    if scratch is not None:
        connection.execute(f"SET temp_directory='{str(scratch).replace(chr(39), chr(39) * 2)}'")
    return connection


def write_parquet(connection: duckdb.DuckDBPyConnection, rows: str, path: Path, row_group: int) -> None:
    """Writes a relation as Parquet in its order, readable by its owner only, and syncs it. Raises OSError (disk full, no memory)."""
    target = str(path).replace("'", "''")
    # LZ4 costs next to nothing to write, and pseudonyms do not compress whatever one does.
    try:
        connection.execute(f"COPY {rows} TO '{target}' (FORMAT parquet, COMPRESSION lz4_raw, ROW_GROUP_SIZE {row_group})")
    except duckdb.Error as cause:
        raise OSError(str(cause).splitlines()[0]) from cause
    path.chmod(0o600)
    files.sync(path)


class Engine:
    """Answers every view exactly. One connection, guarded: callers may be several threads."""

    def __init__(self, store: Store, *, memory: str, threads: int, part_rows: int = PART_ROWS) -> None:
        self.store, self.threads, self.memory, self.part_rows = store, threads, memory, part_rows
        self._lock = threading.RLock()
        self._connection: duckdb.DuckDBPyConnection | None = None

    def query(self, sql: str, **tables: pa.Table) -> pa.Table:
        """Runs one question; `tables` are visible by name. Raises EngineError (out of memory or disk, broken file)."""
        with self._lock, self._told():
            connection = self._open()
            for name, table in tables.items():
                connection.register(name, table)
            try:
                return connection.sql(sql).to_arrow_table()
            finally:
                for name in tables:
                    connection.unregister(name)

    def stream(self, sql: str, rows: int = 1_000_000, **tables: pa.Table) -> Iterator[pa.RecordBatch]:
        """The rows of a question some at a time, for answers that are larger than memory; the engine is held until the last one is taken."""
        with self._lock, self._told():
            connection = self._open()
            for name, table in tables.items():
                connection.register(name, table)
            try:
                yield from connection.sql(sql).to_arrow_reader(rows)
            finally:
                for name in tables:
                    connection.unregister(name)

    def copy(self, sql: str, path: Path, row_group: int) -> None:
        """Writes the rows of a question as Parquet, in its order, synced."""
        with self._lock, self._told():
            write_parquet(self._open(), f"({sql})", path, row_group)

    def _open(self) -> duckdb.DuckDBPyConnection:
        if self._connection is None:
            try:
                scratch = self.store.scratch()
            except OSError as cause:
                raise EngineError(
                    f"There is no room for scratch files: {cause.strerror or cause}. Free space or mend the disk, then ask again."
                ) from None
            self._connection = connect(self.threads, self.memory, scratch)
        return self._connection

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except duckdb.Error as cause:
            raise EngineError(f"The ledger could not be read: {str(cause).splitlines()[0]}. `nilometer doctor` checks it.") from cause

    def close(self) -> None:
        """Lets go of the connection and its scratch space."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    # ---- views

    def answer(self, view: str, *, level: str, until: datetime | None = None, since: datetime | None = None) -> pa.Table:
        """The rows of a view at one level, over disclosures with `since <= time <= until`."""
        if view not in VIEWS:
            raise EngineError(f"No view {view!r}; there are {', '.join(VIEWS)}.")
        if level not in LEVELS:
            raise EngineError(f"View {view!r} is asked per level; expected one of {', '.join(LEVELS)}, found {level!r}.")
        held = [s for s in self.store.manifest.segments if level in s.levels]
        schema = VIEWS[view]
        if not held:
            return schema.empty_table()
        most = self.part_rows // 4 if view == "reach_by_window" else self.part_rows
        parts = max(1, -(-sum(s.rows for s in held) // max(1, most)))
        source = self.source(held, until, since)
        answers = pa.concat_tables(
            [self._part(view, questions.view(view, source, level, part, parts)).cast(schema) for part in range(parts)]
        )
        if view in questions.BY_SUBJECT and parts > 1:  # each pass saw some of an actor's people
            answers = answers.group_by("actor").aggregate([(n, "sum") for n in schema.names[1:]]).rename_columns(schema.names)
        if parts > 1:
            answers = answers.sort_by(questions.ORDER.get(view, [(schema.names[0], "ascending"), (schema.names[1], "ascending")]))
        return answers

    def _part(self, view: str, sql: str) -> pa.Table:
        rows = self.query(sql)
        if view != "reach_by_window":
            return rows
        found = windows.largest(*(np.asarray(rows.column(n)) for n in ("actor", "subject", "t")))
        until = found.column("until").cast(pa.timestamp("us", tz="UTC"))
        return found.set_column(found.schema.get_field_index("until"), "until", until)

    def source(self, held: Sequence[Segment], until: datetime | None = None, since: datetime | None = None) -> str:
        """SQL relation over segments, without those wholly outside the time asked for."""
        low = None if since is None else round(since.timestamp() * 1_000_000)
        high = None if until is None else round(until.timestamp() * 1_000_000)
        return self.between(held, low, high)

    def between(self, held: Sequence[Segment], low: int | None = None, high: int | None = None) -> str:
        """The same for times in microseconds since 1970 UTC, both included."""
        if not held:
            return _EMPTY
        chosen = [s for s in held if (low is None or s.last >= low) and (high is None or s.first <= high)]
        if not chosen:
            chosen = list(held[:1])
        bounds = [
            f"time >= make_timestamptz({low})" if low is not None else "",
            f"time <= make_timestamptz({high})" if high is not None else "",
        ]
        where = " AND ".join(filter(None, bounds))
        return f"(SELECT * FROM read_parquet({self.store.paths([s.file for s in chosen])!r}){' WHERE ' + where if where else ''})"

    def levels(self) -> list[str]:
        """The levels that any disclosure has, widest first."""
        present = {level for s in self.store.manifest.segments for level in s.levels}
        return [level for level in LEVELS if level in present]
