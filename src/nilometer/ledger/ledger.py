"""The ledger: append-only store of disclosures, and what is derived from them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from nilometer.disclosures.pseudonym import Key
from nilometer.errors import EngineError, EvidenceError
from nilometer.ledger import files, manifest, segments, vault
from nilometer.ledger.engines import duckdb as engine
from nilometer.ledger.manifest import Manifest
from nilometer.ledger.writer import FOLDERS, NAMES, UNREADABLE, Writer

_FOLDERS: Final = (*FOLDERS, "tmp")


Progress = Callable[[int, int], None]
"""Called while long work goes on, with how much of how much is done."""


def _silent(done: int, total: int) -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A stored file that is not as it was written: which one (relative to the ledger), what is wrong with it in words, and whether
    it is only `derived`, so that nothing is lost and the next question makes it anew."""

    file: str
    says: str
    derived: bool = False


class Ledger:
    """One home's ledger. Reading needs no lock: a reader sees the manifest as it was when it asked.

    `key` is the pseudonym key of the ledger's epoch; `memory` is the engine's limit, such as `"3GB"`.
    """

    def __init__(self, folder: Path, key: Key, *, memory: str = "3GB", threads: int = 2, pinned: Manifest | None = None) -> None:
        self.folder, self.key, self._pinned = folder, key, pinned
        self.secret = key.derived("vault", 32)
        self._manifest: Manifest | None = None
        self._stamp: tuple[int, int] | None = None
        self._names: tuple[int, pa.Table] | None = None
        for name in _FOLDERS:
            (folder / name).mkdir(parents=True, exist_ok=True, mode=0o700)
        self.engine = engine.Engine(self, memory=memory, threads=threads)

    # ---- what there is

    @property
    def manifest(self) -> Manifest:
        """The manifest as it is on disk now; of a pinned ledger always the same one."""
        if self._pinned is not None:
            return self._pinned
        path = self.folder / "manifest.json"
        try:
            status = path.stat()
            stamp = (status.st_mtime_ns, status.st_ino)
        except FileNotFoundError:
            stamp = None
            if any((self.folder / "segments").iterdir()):
                raise EvidenceError(
                    f"{path} is missing, but there are segments. Restore it from a backup; nothing is written without it."
                ) from None
        if self._manifest is None or stamp != self._stamp:
            self._manifest, self._stamp = manifest.load(path) if stamp else Manifest(key_epoch=self.key.epoch), stamp
            if self._manifest.key_epoch != self.key.epoch:
                raise EvidenceError(
                    f"The ledger was written with key epoch {self._manifest.key_epoch}, the key given is of epoch {self.key.epoch}: "
                    "pseudonyms of different epochs must not be mixed."
                )
        return self._manifest

    def pinned(self) -> Ledger:
        """The ledger as it is now, to read only, with an engine of its own to close: what is stored meanwhile it does not see."""
        return Ledger(self.folder, self.key, memory=self.engine.memory, threads=self.engine.threads, pinned=self.manifest)

    def paths(self, names: Iterable[str]) -> list[str]:
        """Full paths of files that the manifest names."""
        return [str(self.folder / name) for name in names]

    def answer(self, view: str, *, level: str, until: datetime | None = None, since: datetime | None = None) -> pa.Table:
        """The rows of a view (see `views.VIEWS`) at one level. Raises EngineError for an unknown one."""
        return self.engine.answer(view, level=level, until=until, since=since)

    def names(self, kind: str, ids: Sequence[int] | None = None) -> dict[int, str]:
        """The names behind pseudonyms of one kind (a level, `surface`, `fields`); all of them when `ids` is None."""
        table = self.all_names()
        keep = pc.equal(table.column("kind"), kind)
        if ids is not None:
            keep = pc.and_(keep, pc.is_in(table.column("id"), value_set=pa.array(ids, pa.int64())))
        found = table.filter(keep)
        return dict(zip(found.column("id").to_pylist(), found.column("name").to_pylist(), strict=True))

    def all_names(self) -> pa.Table:
        """The whole dictionary of names (`writer.NAMES`), kept until the ledger changes."""
        held = self.manifest
        if self._names is None or self._names[0] != held.generation:
            tables = [vault.unsealed(self.folder / name, self.secret) for name in held.names]
            self._names = (held.generation, pa.concat_tables(tables) if tables else NAMES.empty_table())
        return self._names[1]

    def unreadable(self) -> pa.Table:
        """Everything that could not be read: `source`, `number`, `reason`, `text`, `at`."""
        tables = [vault.unsealed(self.folder / name, self.secret) for name in self.manifest.unreadable]
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
        assert self._pinned is None, "a pinned ledger is to read only"
        with ExitStack() as stack:
            locked = False
            try:
                stack.enter_context(files.locked(self.folder / "lock", what))
                locked = True
                self._manifest = None
                if self.manifest.generation == 0:
                    manifest.store(self.folder / "manifest.json", self.manifest)
                self._sweep()
                with closing(Writer(self)) as writer:
                    yield writer
            except OSError as cause:
                if locked:
                    with suppress(OSError):
                        self._sweep()  # what was half written must not keep the disk full
                raise EngineError(
                    f"Writing the ledger failed: {cause.strerror or cause}. What was acknowledged before is safe; free space or mend the disk, then run it again."
                ) from cause

    def _sweep(self) -> None:
        """Removes what a killed writer left behind: files that no manifest names."""
        for path in (self.folder / "tmp").iterdir():
            if not files.alive(path.name):
                shutil.rmtree(path, ignore_errors=True)
        for name in self._unnamed():
            path = self.folder / name
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        fresh = self.folder / "manifest.json.new"
        fresh.unlink(missing_ok=True)

    def _unnamed(self) -> list[str]:
        """What lies in the ledger's folders and no manifest names, relative to the ledger."""
        held = self.manifest.named_files()
        there = (f"{name}/{path.name}" for name in FOLDERS for path in (self.folder / name).iterdir())
        return sorted(name for name in there if name not in held)

    def left_behind(self) -> list[str]:
        """Files that no manifest names and nobody is writing, relative to the ledger: a crash left them there, or they were put there.

        They may hold people who were erased. The next writer removes them. Empty while another process writes.
        """
        if not self._unnamed():
            return []
        with files.unlocked(self.folder / "lock") as free:  # otherwise they may be what is just being written
            self._manifest = None
            return self._unnamed() if free else []

    def check(self, progress: Progress = _silent) -> list[Fault]:
        """What is wrong with the stored files; empty when every file is there and as it was written."""
        wrong: list[Fault] = []
        held = self.manifest
        for place, segment in enumerate(held.segments):
            progress(place, len(held.segments))
            path = self.folder / segment.file
            if not path.exists():
                wrong.append(Fault(file=segment.file, says=f"segment {segment.file} is missing: {segment.rows:,} disclosures"))
            elif segments.digest(path) != segment.sha256:
                wrong.append(Fault(file=segment.file, says=f"segment {segment.file} was changed after it was written"))
        for name in [*held.names, *held.unreadable, *(s.attributes for s in held.segments if s.attributes)]:
            try:
                vault.unsealed(self.folder / name, self.secret)
            except (EvidenceError, FileNotFoundError) as cause:
                wrong.append(Fault(file=name, says=f"{name}: {cause}"))
        for fold in held.folds:
            path = self.folder / fold.file
            if not path.exists():
                says = f"fold {fold.file} is missing; the next `nilometer who` makes it anew"
                wrong.append(Fault(file=fold.file, says=says, derived=True))
            elif fold.sha256 and segments.digest(path) != fold.sha256:
                says = f"fold {fold.file} was changed after it was written; remove it, and the next `nilometer who` folds anew"
                wrong.append(Fault(file=fold.file, says=says))
        return wrong
