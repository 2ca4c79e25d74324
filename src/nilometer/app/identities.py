"""Which phone, e-mail or nickname belongs to which person and when, as keyed pseudonyms only: `HOME/identities`.

A chunk is a table sorted by value, under AES-256-GCM with a key of its own that stands in the index; whoever is forgotten leaves
his chunks, which are written anew under fresh keys, so that copies of the old ones do not open any more.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from nilometer.app.assembly import Home
from nilometer.errors import EngineError, EvidenceError
from nilometer.ledger import files, vault
from nilometer.ledger.sets import among, distinct

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

FOLDER: Final = "identities"
ALWAYS: Final = int(np.iinfo(np.int64).min)
"""`since` of a value that was a person's from a time on that is not known."""
NEVER: Final = int(np.iinfo(np.int64).max)
"""`until` of a value whose end is not known."""
SCHEMA: Final = pa.schema(
    [("value", pa.int64()), ("subject", pa.int64()), ("since", pa.int64()), ("until", pa.int64()), ("kind", pa.int16())]
)
"""A value's pseudonym, whose it is, from when to when (microseconds since 1970 UTC; ALWAYS, NEVER), its kind as place in the index."""
_CHUNK: Final = 2_000_000
_HELD: Final = 30_000_000
"""Identities that are kept in memory between questions."""


class Chunk(msgspec.Struct, frozen=True, kw_only=True):
    """One chunk on the disk: its file, how many identities, and its key."""

    name: Annotated[str, msgspec.Meta(pattern="^[0-9]{8,}[.]sealed$")]
    rows: int
    key: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class Index(msgspec.Struct, frozen=True, kw_only=True):
    """What there is; what it does not name does not exist. `country` is the code put before phones that come without one."""

    chunks: list[Chunk] = []
    kinds: list[str] = []
    country: str = ""
    next: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Owners:
    """Whose values are: for each place asked for (ascending; none, one or several) person, since, until."""

    place: Ints
    subject: Ints
    since: Ints
    until: Ints


def owners_in(tables: Iterable[pa.Table], values: Ints) -> Owners:
    """Whose values (ascending, each once) are or were, in tables (SCHEMA) that are sorted by value."""
    found: list[tuple[Ints, ...]] = [(np.zeros(0, np.int64),) * 4]
    for one in tables:
        held = np.asarray(one.column("value"))
        low, high = np.searchsorted(held, values, "left"), np.searchsorted(held, values, "right")
        many = high - low
        place = np.repeat(np.arange(len(values)), many)
        at = np.repeat(low - (np.cumsum(many) - many), many) + np.arange(len(place))
        found.append((place, *(np.asarray(one.column(name))[at] for name in ("subject", "since", "until"))))
    columns = [np.concatenate([one[place] for one in found]) for place in range(4)]
    order = np.lexsort((columns[2], columns[1], columns[0]))
    place, subject, since, until = (column[order] for column in columns)
    return Owners(place=place, subject=subject, since=since, until=until)


@dataclass(slots=True)
class Identities:
    """The identities of one home."""

    folder: Path
    _held: dict[str, pa.Table] = field(default_factory=dict)
    _people: Ints | None = None

    @property
    def index(self) -> Index:
        """What there is. Raises EvidenceError when it is damaged."""
        path = self.folder / "index.json"
        try:
            return msgspec.json.decode(path.read_bytes(), type=Index)
        except FileNotFoundError:
            return Index()
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise EvidenceError(f"{path} is damaged; restore it, or delete {self.folder} and run `nilometer identities` again.") from None

    def counts(self) -> dict[str, int]:
        """How many identities of each kind there are."""
        index = self.index
        found = np.zeros(len(index.kinds), np.int64)
        for one in self._tables(index):
            found += np.bincount(np.asarray(one.column("kind")), minlength=len(found))
        return {kind: int(count) for kind, count in sorted(zip(index.kinds, found, strict=True))}

    def people(self) -> Ints:
        """Everybody of whom an identity is known, ascending."""
        if self._people is None:
            each = [distinct(np.asarray(one.column("subject"))) for one in self._tables(self.index)]
            self._people = distinct(np.concatenate(each)) if each else np.zeros(0, np.int64)
        return self._people

    def owners(self, values: Ints) -> Owners:
        """Whose these values (ascending, each once) are or were."""
        return owners_in(self._tables(self.index) if len(values) else (), values)

    def known(self, values: Ints) -> Bools:
        """Whether each value (ascending, each once) is somebody's."""
        right = np.zeros(len(values), np.bool_)
        right[self.owners(values).place] = True
        return right

    def count(self, subjects: Ints) -> int:
        """How many identities of these people (ascending, each once) there are."""
        return sum(int(among(np.asarray(one.column("subject")), subjects).sum()) for one in self._tables(self.index))

    def add(self, kinds: Sequence[str], rows: pa.Table, country: str) -> int:
        """Adds rows (SCHEMA; `kind` a place in `kinds`), those already there left out; how many are new. On the disk when it returns."""
        with self._writing():
            index = self.index
            every = [*index.kinds, *(kind for kind in kinds if kind not in index.kinds)]
            places = np.array([every.index(kind) for kind in kinds], np.int16)
            kind = places[np.asarray(rows.column("kind"))] if rows.num_rows else np.zeros(0, np.int16)
            fresh = self._new(rows.set_column(4, "kind", pa.array(kind, pa.int16())), index)
            made, number = list[Chunk](), index.next
            for begin in range(0, fresh.num_rows, _CHUNK):
                made.append(self._write(fresh.slice(begin, _CHUNK), number))
                number += 1
            self._keep(Index(chunks=[*index.chunks, *made], kinds=every, country=country or index.country, next=number))
            return int(fresh.num_rows)

    def forget(self, subjects: Ints) -> int:
        """Takes people out for good; how many identities that were."""
        with self._writing():
            index = self.index
            kept, gone, number, count = list[Chunk](), list[Chunk](), index.next, 0
            for chunk in index.chunks:
                table = self._opened(chunk)
                stay = ~among(np.asarray(table.column("subject")), distinct(subjects))
                if stay.all():
                    kept.append(chunk)
                    continue
                count += int((~stay).sum())
                gone.append(chunk)
                if stay.any():
                    kept.append(self._write(table.filter(pa.array(stay)), number))
                    number += 1
            if gone:
                self._keep(msgspec.structs.replace(index, chunks=kept, next=number))
            return count

    # ---- on the disk

    def _writing(self) -> AbstractContextManager[None]:
        try:
            self.folder.mkdir(exist_ok=True, mode=0o700)
        except OSError as cause:
            raise EngineError(f"{self.folder} cannot be made: {cause.strerror or cause}.") from None
        return files.locked(self.folder / "lock", "nilometer, with identities", wait=True)

    def _new(self, rows: pa.Table, index: Index) -> pa.Table:
        """The rows that are not there yet, each once, by value."""
        columns = [np.asarray(rows.column(name)) for name in SCHEMA.names]
        order = np.lexsort((columns[3], columns[2], columns[1], columns[0]))
        columns = [column[order] for column in columns]
        new = np.ones(len(order), np.bool_)
        new[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns[:4]])
        columns = [column[new] for column in columns]
        for table in self._tables(index) if len(columns[0]) else ():
            held = [np.asarray(table.column(name)) for name in SCHEMA.names[:4]]
            there = among(held[0], distinct(columns[0]))
            columns = _without(columns, [one[there] for one in held])
        return pa.table([pa.array(column) for column in columns], schema=SCHEMA)

    def _write(self, table: pa.Table, number: int) -> Chunk:
        key, name = secrets.token_bytes(32), f"{number:08d}.sealed"
        try:
            files.write(self.folder / name, vault.sealed(table, key, name))
        except OSError as cause:
            raise EngineError(f"{self.folder / name} cannot be written: {cause.strerror or cause}. Nothing was changed.") from None
        return Chunk(name=name, rows=table.num_rows, key=key.hex())

    def _keep(self, index: Index) -> None:
        """Makes an index the one that holds, and removes what it does not name (of a crash, or forgotten just now)."""
        try:
            files.sync(self.folder)
            files.replace(self.folder / "index.json", msgspec.json.encode(index))
        except OSError as cause:
            raise EngineError(f"{self.folder / 'index.json'} cannot be written: {cause.strerror or cause}. Nothing was changed.") from None
        named = {chunk.name for chunk in index.chunks}
        for path in self.folder.glob("*.sealed"):
            if path.name not in named:
                path.unlink(missing_ok=True)
        self._held, self._people = {name: table for name, table in self._held.items() if name in named}, None

    def _tables(self, index: Index) -> Iterator[pa.Table]:
        keep = sum(chunk.rows for chunk in index.chunks) <= _HELD
        for chunk in index.chunks:
            table = self._held.get(chunk.name)
            if table is None:
                table = self._opened(chunk)
                if keep:
                    self._held[chunk.name] = table
            yield table

    def _opened(self, chunk: Chunk) -> pa.Table:
        try:
            return vault.unsealed(self.folder / chunk.name, bytes.fromhex(chunk.key)).combine_chunks()
        except OSError as cause:
            raise EvidenceError(f"{self.folder / chunk.name} cannot be read ({cause.strerror or cause}): identities are missing.") from None


def _without(columns: list[npt.NDArray[Any]], old: list[Ints]) -> list[npt.NDArray[Any]]:
    """The rows of `columns` whose first four values are not a row of `old`; both hold each row once."""
    both = [np.concatenate([one, column]) for one, column in zip(old, columns, strict=False)]
    mine = np.arange(len(both[0])) >= len(old[0])
    order = np.lexsort((mine, *reversed(both)))
    same = np.logical_and.reduce([one[order][1:] == one[order][:-1] for one in both])
    stay = np.ones(len(order), np.bool_)
    stay[order[1:][same]] = False
    return [column[stay[len(old[0]) :]] for column in columns]


def of(home: Home) -> Identities:
    """The identities that a home keeps."""
    return Identities(home.folder / FOLDER)


def forget(home: Home, pseudonyms: Sequence[int]) -> int:
    """Takes people's identities out for good (GDPR art. 17, PIPL art. 47); how many there were. Whether a hold forbids it asks who calls this."""
    return of(home).forget(np.array(list(pseudonyms), np.int64))
