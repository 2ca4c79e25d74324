"""The one writer of a ledger: collects, then commits all at once."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final, Protocol

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from nilometer.disclosures.pseudonym import Key
from nilometer.disclosures.schema import NAMED, STORED
from nilometer.errors import EngineError
from nilometer.ledger import files, manifest, segments, vault
from nilometer.ledger.engines import duckdb as engine
from nilometer.ledger.manifest import Ingested, Manifest
from nilometer.ledger.sets import distinct

Ids = npt.NDArray[np.int64]

FOLDERS: Final = ("segments", "folds", "names", "attributes", "unreadable")
"""The folders of a ledger that hold what its manifest names."""

NAMES: Final = pa.schema([("kind", pa.string()), ("id", pa.int64()), ("name", pa.string())])
"""The dictionary of names: what kind of thing, its pseudonym, its text."""

UNREADABLE: Final = pa.schema(
    [("source", pa.string()), ("number", pa.int64()), ("reason", pa.string()), ("text", pa.string()), ("at", pa.string())]
)
"""A line that could not be read: from which source, its number there, why, its text (cut), and when it was read."""

_LONGEST_NAME: Final = 4096


class Store(Protocol):
    """What the writer needs of the ledger."""

    folder: Path
    key: Key
    secret: bytes
    engine: engine.Engine

    @property
    def manifest(self) -> Manifest: ...

    def all_names(self) -> pa.Table: ...


class Writer:
    """Collects disclosures, names and unreadable lines; `commit` makes them part of the ledger all at once."""

    def __init__(self, ledger: Store) -> None:
        self.ledger = ledger
        self._tables: list[pa.Table] = []
        self._attributes: list[pa.Array] = []
        self._rows = 0
        self.waiting = 0  # disclosures taken since the last commit
        self._segments: list[Future[manifest.Segment]] = []
        self._background = ThreadPoolExecutor(max_workers=1)
        self._names: dict[str, list[tuple[Ids, pa.Array]]] = {}
        self._known: dict[str, Ids] = {}
        self._unreadable: list[pa.Table] = []
        self._connection = engine.connect(threads=ledger.engine.threads)

    def add(self, rows: pa.Table, attributes: pa.Array | None = None) -> None:
        """Takes disclosures (`disclosures.schema.STORED`), with their extra columns as JSON or null."""
        if rows.num_rows == 0:
            return
        if rows.schema != STORED:
            raise EngineError(f"rows of another shape than the ledger stores: {rows.schema}")
        self._tables.append(rows)
        self._attributes.append(attributes if attributes is not None else pa.nulls(rows.num_rows, pa.string()))
        self._rows += rows.num_rows
        self.waiting += rows.num_rows
        if self._rows >= segments.ROWS:
            self._write_segment()

    def name(self, kind: str, ids: Ids, texts: pa.Array) -> None:
        """Takes names of pseudonyms; what is already known is not written again. Names are cut at 4,096 characters."""
        assert kind in NAMED
        known = self._known_ids(kind)
        place = np.minimum(np.searchsorted(known, ids), max(len(known) - 1, 0))
        fresh = known[place] != ids if len(known) else np.ones(len(ids), bool)
        if fresh.any():
            ids, first = np.unique(ids[fresh], return_index=True)
            chosen = texts.filter(pa.array(fresh)).take(pa.array(first))
            self._names.setdefault(kind, []).append((ids, pc.utf8_slice_codeunits(chosen, 0, _LONGEST_NAME)))
            self._known[kind] = distinct(np.concatenate([self._known[kind], ids]))

    def _known_ids(self, kind: str) -> Ids:
        if kind not in self._known:
            table = self.ledger.all_names()
            self._known[kind] = distinct(np.asarray(table.filter(pc.equal(table.column("kind"), kind)).column("id")))
        return self._known[kind]

    def set_aside(self, rows: pa.Table) -> None:
        """Takes unreadable lines (`UNREADABLE`)."""
        if rows.num_rows:
            self._unreadable.append(rows)

    def close(self) -> None:
        """Waits for what is being written; what was not committed is forgotten."""
        self._background.shutdown(cancel_futures=True)
        self._connection.close()

    def commit(self, sources: Sequence[Ingested], replaces: Sequence[Ingested] = ()) -> None:
        """Makes everything taken since the last commit part of the ledger, all or nothing, synced to disk.

        `sources` are recorded as ingested; entries in `replaces` (the same source, less of it) are remembered as earlier.
        """
        self._write_segment()
        fresh_segments = self._written()
        held = self.ledger.manifest
        mark = held.generation + 1
        names = self._seal("names", mark, self._name_table())
        aside = self._seal("unreadable", mark, pa.concat_tables(self._unreadable) if self._unreadable else None)
        for folder in FOLDERS:
            files.sync(self.ledger.folder / folder)
        fresh = msgspec.structs.replace(
            held,
            generation=mark,
            key_epoch=self.ledger.key.epoch,
            segments=[*held.segments, *fresh_segments],
            names=[*held.names, *names],
            unreadable=[*held.unreadable, *aside],
            sources=[*(s for s in held.sources if s not in replaces), *sources],
            earlier=[*held.earlier, *(s for s in replaces if s.complete and s not in held.earlier)],
        )
        manifest.store(self.ledger.folder / "manifest.json", fresh)
        self._segments, self._names, self._unreadable, self.waiting = [], {}, [], 0

    def _name_table(self) -> pa.Table | None:
        parts = [
            pa.table({"kind": pa.repeat(kind, len(ids)), "id": ids, "name": texts}, schema=NAMES)
            for kind, found in self._names.items()
            for ids, texts in found
        ]
        return pa.concat_tables(parts) if parts else None

    def _seal(self, folder: str, mark: int, table: pa.Table | None, place: int = 0) -> list[str]:
        if table is None:
            return []
        name = f"{mark:08d}-{place:03d}.sealed"
        files.write(self.ledger.folder / folder / name, vault.sealed(table, self.ledger.secret, name))
        return [f"{folder}/{name}"]

    def _write_segment(self) -> None:
        """Hands a full segment to the background, where it is written while the next rows are read.

        One at a time: rows that wait are memory.
        """
        if not self._rows:
            return
        self._written()
        rows, attributes = pa.concat_tables(self._tables), pa.chunked_array(self._attributes)
        mark, place = self.ledger.manifest.generation + 1, len(self._segments)
        self._segments.append(self._background.submit(self._segment, rows, attributes.combine_chunks(), mark, place))
        self._tables, self._attributes, self._rows = [], [], 0

    def _segment(self, rows: pa.Table, attributes: pa.Array, mark: int, place: int) -> manifest.Segment:
        sealed = None
        if attributes.null_count < len(attributes):
            ordered = attributes.take(pa.array(segments.clustered(rows)))
            [sealed] = self._seal("attributes", mark, pa.table({"attributes": ordered}), place)
        return segments.write(self._connection, self.ledger.folder / "segments", f"{mark:08d}-{place:03d}.parquet", rows, sealed)

    def _written(self) -> list[manifest.Segment]:
        """The segments written since the last commit, once the last of them is on the disk."""
        return [segment.result() for segment in self._segments]

    def add_folds(self, folds: Sequence[manifest.Fold], gone: Sequence[manifest.Fold] = ()) -> None:
        """Records derived folds; the files of those in `gone` are removed by the next writer."""
        held = self.ledger.manifest
        kept = [f for f in held.folds if f not in gone]
        files.sync(self.ledger.folder / "folds")
        fresh = msgspec.structs.replace(held, generation=held.generation + 1, folds=[*kept, *folds])
        manifest.store(self.ledger.folder / "manifest.json", fresh)
