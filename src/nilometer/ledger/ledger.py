"""The ledger: append-only store of disclosures, and what is derived from them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from nilometer.disclosures.pseudonym import Key
from nilometer.disclosures.schema import NAMED, STORED
from nilometer.errors import EngineError, EvidenceError
from nilometer.ledger import files, manifest, segments, vault
from nilometer.ledger.engines import duckdb as engine
from nilometer.ledger.manifest import Ingested, Manifest

_FOLDERS: Final = ("segments", "folds", "names", "attributes", "unreadable", "tmp")
_NAMES: Final = pa.schema([("kind", pa.string()), ("id", pa.int64()), ("name", pa.string())])
_LONGEST_NAME: Final = 4096

Ids = npt.NDArray[np.int64]


class Progress(Protocol):
    """Called while long work goes on, with how much of how much is done."""

    def __call__(self, done: int, total: int) -> None: ...


def _silent(done: int, total: int) -> None:
    pass


class Ledger:
    """One home's ledger. Reading needs no lock: a reader sees the manifest as it was when it asked.

    `key` is the pseudonym key of the ledger's epoch; `memory` is the engine's limit, such as `"3GB"`.
    """

    def __init__(self, folder: Path, key: Key, *, memory: str = "3GB", threads: int = 2) -> None:
        self.folder, self.key = folder, key
        self._secret = key.derived("vault", 32)
        self._manifest: Manifest | None = None
        self._stamp: tuple[int, int] | None = None
        self._names: tuple[int, pa.Table] | None = None
        for name in _FOLDERS:
            (folder / name).mkdir(parents=True, exist_ok=True, mode=0o700)
        self.engine = engine.Engine(self, memory=memory, threads=threads)

    # ---- what there is

    @property
    def manifest(self) -> Manifest:
        """The manifest as it is on disk now."""
        path = self.folder / "manifest.json"
        try:
            status = path.stat()
            stamp = (status.st_mtime_ns, status.st_ino)
        except FileNotFoundError:
            stamp = None
        if self._manifest is None or stamp != self._stamp:
            self._manifest, self._stamp = manifest.load(path), stamp
            if self._manifest.key_epoch != self.key.epoch:
                raise EvidenceError(
                    f"The ledger was written with key epoch {self._manifest.key_epoch}, the key given is of epoch {self.key.epoch}: "
                    "pseudonyms of different epochs must not be mixed."
                )
        return self._manifest

    def paths(self, names: Iterable[str]) -> list[str]:
        """Full paths of files that the manifest names."""
        return [str(self.folder / name) for name in names]

    def answer(self, view: str, **asked: object) -> pa.Table:
        """The rows of a view (see `views.VIEWS`). Raises EngineError for an unknown one."""
        return self.engine.answer(view, **asked)

    def names(self, kind: str, ids: Sequence[int] | None = None) -> dict[int, str]:
        """The names behind pseudonyms of one kind (a level, `surface`, `fields`); all of them when `ids` is None."""
        table = self._all_names()
        keep = pc.equal(table.column("kind"), kind)
        if ids is not None:
            keep = pc.and_(keep, pc.is_in(table.column("id"), value_set=pa.array(ids, pa.int64())))
        found = table.filter(keep)
        return dict(zip(found.column("id").to_pylist(), found.column("name").to_pylist(), strict=True))

    def _all_names(self) -> pa.Table:
        held = self.manifest
        if self._names is None or self._names[0] != held.generation:
            tables = [vault.unsealed(self.folder / name, self._secret) for name in held.names]
            self._names = (held.generation, pa.concat_tables(tables) if tables else _NAMES.empty_table())
        return self._names[1]

    def unreadable(self) -> pa.Table:
        """Everything that could not be read: `source`, `number`, `reason`, `text`, `at`."""
        tables = [vault.unsealed(self.folder / name, self._secret) for name in self.manifest.unreadable]
        return pa.concat_tables(tables) if tables else UNREADABLE.empty_table()

    def scratch(self) -> Path:
        """A folder for this process's scratch files; the next writer removes it when the process is gone."""
        folder = self.folder / "tmp" / str(os.getpid())
        folder.mkdir(exist_ok=True, mode=0o700)
        return folder

    def subjects(self, leaving_out: Collection[str] = ()) -> int:
        """Distinct subjects in all segments but those named, shown or only asked for. Exact."""
        held = [s for s in self.manifest.segments if s.file not in leaving_out]
        if not held:
            return 0
        return int(self.engine.query(f"SELECT count(DISTINCT subject) AS n FROM {self.engine.source(held)}").column("n")[0].as_py())

    # ---- changing it

    @contextmanager
    def writing(self, what: str) -> Iterator[Writer]:
        """The one writer. Raises EngineError, naming the holder, when another process writes; leaves no half things."""
        with files.locked(self.folder / "lock", what):
            self._manifest = None
            self._sweep()
            writer = Writer(self)
            try:
                yield writer
            except OSError as cause:
                raise EngineError(f"Writing the ledger failed: {cause.strerror or cause}. What was acknowledged before is safe; free space or mend the disk, then run it again.") from cause

    def _sweep(self) -> None:
        """Removes what a killed writer left behind: files that no manifest names."""
        held = self.manifest.named_files()
        for name in _FOLDERS:
            for path in (self.folder / name).iterdir():
                if name == "tmp":
                    if not files.alive(path.name):
                        shutil.rmtree(path, ignore_errors=True)
                elif f"{name}/{path.name}" not in held:
                    path.unlink()
        fresh = self.folder / "manifest.json.new"
        fresh.unlink(missing_ok=True)

    def check(self, progress: Progress = _silent) -> list[str]:
        """What is wrong with the stored files, in words; empty when every file is there and as it was written."""
        wrong: list[str] = []
        held = self.manifest
        for place, segment in enumerate(held.segments):
            progress(place, len(held.segments))
            path = self.folder / segment.file
            if not path.exists():
                wrong.append(f"segment {segment.file} is missing: {segment.rows:,} disclosures")
            elif segments.digest(path) != segment.sha256:
                wrong.append(f"segment {segment.file} was changed after it was written")
        for name in [*held.names, *held.unreadable, *(s.attributes for s in held.segments if s.attributes)]:
            try:
                vault.unsealed(self.folder / name, self._secret)
            except (EvidenceError, FileNotFoundError) as cause:
                wrong.append(f"{name}: {cause}")
        return wrong + [f"fold {f.file} is missing: run `nilometer doctor --mend`" for f in held.folds if not (self.folder / f.file).exists()]


UNREADABLE: Final = pa.schema([("source", pa.string()), ("number", pa.int64()), ("reason", pa.string()), ("text", pa.string()), ("at", pa.string())])


class Writer:
    """Collects disclosures, names and unreadable lines; `commit` makes them part of the ledger all at once."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._tables: list[pa.Table] = []
        self._attributes: list[pa.Array] = []
        self._rows = 0
        self._segments: list[manifest.Segment] = []
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
        if self._rows >= segments.ROWS:
            self._write_segment()

    def name(self, kind: str, ids: Ids, texts: pa.Array) -> None:
        """Takes names of pseudonyms; what is already known is not written again. Names are cut at 4,096 characters."""
        assert kind in NAMED
        fresh = ~np.isin(ids, self._known_ids(kind))
        if fresh.any():
            ids, first = np.unique(ids[fresh], return_index=True)
            chosen = texts.filter(pa.array(fresh)).take(pa.array(first))
            self._names.setdefault(kind, []).append((ids, pc.utf8_slice_codeunits(chosen, 0, _LONGEST_NAME)))
            self._known[kind] = np.union1d(self._known[kind], ids)

    def _known_ids(self, kind: str) -> Ids:
        if kind not in self._known:
            table = self.ledger._all_names()
            self._known[kind] = np.unique(np.asarray(table.filter(pc.equal(table.column("kind"), kind)).column("id")))
        return self._known[kind]

    def set_aside(self, rows: pa.Table) -> None:
        """Takes unreadable lines (`UNREADABLE`)."""
        if rows.num_rows:
            self._unreadable.append(rows)

    def discard(self) -> None:
        """Forgets everything not committed."""
        self._tables, self._attributes, self._rows, self._segments = [], [], 0, []
        self._names, self._known, self._unreadable = {}, {}, []

    def commit(self, sources: Sequence[Ingested], replaces: Sequence[Ingested] = ()) -> None:
        """Makes everything taken since the last commit part of the ledger, all or nothing, synced to disk.

        `sources` are recorded as ingested; entries in `replaces` (the same source, less of it) go.
        """
        self._write_segment()
        held = self.ledger.manifest
        mark = held.generation + 1
        names = self._seal("names", mark, self._name_table())
        aside = self._seal("unreadable", mark, pa.concat_tables(self._unreadable) if self._unreadable else None)
        for folder in _FOLDERS[:-1]:
            files.sync(self.ledger.folder / folder)
        fresh = msgspec.structs.replace(
            held,
            generation=mark,
            key_epoch=self.ledger.key.epoch,
            segments=[*held.segments, *self._segments],
            names=[*held.names, *names],
            unreadable=[*held.unreadable, *aside],
            sources=[*(s for s in held.sources if s not in replaces), *sources],
        )
        manifest.store(self.ledger.folder / "manifest.json", fresh)
        self._segments, self._names, self._unreadable = [], {}, []

    def _name_table(self) -> pa.Table | None:
        parts = [
            pa.table({"kind": pa.repeat(kind, len(ids)), "id": ids, "name": texts}, schema=_NAMES)
            for kind, found in self._names.items()
            for ids, texts in found
        ]
        return pa.concat_tables(parts) if parts else None

    def _seal(self, folder: str, mark: int, table: pa.Table | None, place: int = 0) -> list[str]:
        if table is None:
            return []
        name = f"{mark:08d}-{place:03d}.sealed"
        files.write(self.ledger.folder / folder / name, vault.sealed(table, self.ledger._secret, name))
        return [f"{folder}/{name}"]

    def _write_segment(self) -> None:
        if not self._rows:
            return
        table = pa.concat_tables(self._tables)
        attributes = pa.chunked_array(self._attributes).combine_chunks()
        mark, place = self.ledger.manifest.generation + 1, len(self._segments)
        sealed = None
        if attributes.null_count < len(attributes):
            order = pa.array(segments.clustered(table))
            [sealed] = self._seal("attributes", mark, pa.table({"attributes": attributes.take(order)}), place)
        name = f"{mark:08d}-{place:03d}.parquet"
        self._segments.append(segments.write(self._connection, self.ledger.folder / "segments", name, table, sealed))
        self._tables, self._attributes, self._rows = [], [], 0

    def add_folds(self, folds: Sequence[manifest.Fold], gone: Sequence[manifest.Fold] = ()) -> None:
        """Records derived folds; the files of those in `gone` are removed by the next writer."""
        held = self.ledger.manifest
        kept = [f for f in held.folds if f not in gone]
        files.sync(self.ledger.folder / "folds")
        fresh = msgspec.structs.replace(held, generation=held.generation + 1, folds=[*kept, *folds])
        manifest.store(self.ledger.folder / "manifest.json", fresh)


def stamp(moment: datetime) -> int:
    """A moment as microseconds since 1970, as segments record their bounds."""
    return round(moment.timestamp() * 1_000_000)
