"""Reads a dump's files into keyed columns: what they are is told by their first rows; raw values stay in this process's memory."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from nilometer.app import canaries, identityfiles
from nilometer.app.assembly import Home
from nilometer.app.identities import Bools, Ints
from nilometer.app.memberlists import Asked
from nilometer.attribution import columns, kinds, reading
from nilometer.attribution.columns import Column
from nilometer.attribution.digests import looks
from nilometer.attribution.kinds import SUBJECT
from nilometer.attribution.resolving import Keyed
from nilometer.errors import InputError
from nilometer.ledger.known import known
from nilometer.ledger.sets import among
from nilometer.sources import files as found_files
from nilometer.sources.files import READ_ERRORS, Origin

Counted = Callable[[int, int], None]
_TABLES: Final = 10_000
_PIECE: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Caught:
    """Canaries of one kind: pseudonyms (n,) ascending, and of each whose it is, (level, the actor's id)."""

    values: Ints
    actors: tuple[tuple[str, str], ...]

    def found(self, values: Ints) -> Bools:
        """Which of some pseudonyms are canaries."""
        return among(values, self.values)


@dataclass(slots=True, kw_only=True)
class Table:
    """One of the dump's tables: what its columns are, its rows, and the keyed values of the columns that were recognised."""

    name: str
    columns: list[Column]
    rows: int = 0
    parts: dict[str, list[pa.Array]] = field(default_factory=dict)

    def keyed(self, store: Asked) -> list[Keyed]:
        """The recognised columns, the platform's own ids first."""
        used = sorted((one for one in self.columns if one.kind), key=lambda one: one.kind != SUBJECT)
        return [self._keyed(one, store) for one in used]

    def _keyed(self, column: Column, store: Asked) -> Keyed:
        whole = pa.chunked_array(self.parts[column.name], pa.int64())
        there, values = np.asarray(pc.is_valid(whole)), np.asarray(whole.fill_null(0))
        if column.kind == SUBJECT:
            return Keyed(kind=SUBJECT, values=values, there=there)
        encoded = whole.fill_null(0).combine_chunks().dictionary_encode()
        every = np.asarray(encoded.dictionary)
        order = np.argsort(every)
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        back = rank[np.asarray(encoded.indices)]
        return Keyed(kind=str(column.kind), values=values, there=there, distinct=every[order], back=back, owners=store.owners(every[order]))


@dataclass(slots=True, kw_only=True)
class Dump:
    """What was read: tables, files, rows that could not be read, SHA-256 over the bytes of all files, files that broke off."""

    tables: list[Table] = field(default_factory=list)
    files: int = 0
    unreadable: int = 0
    digest: str = ""
    broken: int = 0


def canaries_of(home: Home, country: str) -> dict[str, Caught]:
    """The home's canaries by kind."""
    by_kind: dict[str, list[canaries.Canary]] = {}
    for one in canaries.kept(home):
        by_kind.setdefault(one.kind, []).append(one)
    found = {}
    for kind, some in by_kind.items():
        keyed = np.asarray(kinds.pseudonyms(home.key, kind, pa.array([one.value for one in some]), country).fill_null(0))
        order = np.argsort(keyed, kind="stable")
        found[kind] = Caught(values=keyed[order], actors=tuple((some[place].level, some[place].actor) for place in order.tolist()))
    return found


def read(
    home: Home,
    names: Sequence[str],
    store: Asked,
    named: Mapping[str, str],
    caught: Mapping[str, Caught],
    progress: Counted,
) -> Dump:
    """Reads all files. Raises InputError when nothing can be read; a file that breaks off after some rows is only counted."""
    every = identityfiles.origins(names)
    reader = _Reader(home=home, store=store, named=named, country=store.country, caught=caught)
    total, done = sum(one.size for one in every), 0
    digest, tally = hashlib.sha256(), reading.Unreadable()
    dump = Dump(files=len(every))
    for origin in every:
        rows = 0
        try:
            with found_files.opened(origin) as stream:
                watched = _Watched(stream, digest)
                for one in reading.tables(watched, origin.label, tally):
                    rows += one.rows.num_rows
                    reader.take(one)
                    progress(done + min(watched.size, origin.size), total)
                while watched.read(_PIECE):  # a spreadsheet's end, so that the digest is of all
                    pass
        except READ_ERRORS as cause:
            if not rows:
                raise _refused(origin, cause) from None
            dump.broken += 1
        done += origin.size
        progress(done, total)
    dump.tables, dump.unreadable, dump.digest = list(reader.tables.values()), tally.rows, digest.hexdigest()
    return dump


def _refused(origin: Origin, cause: Exception) -> InputError:
    return InputError(f"{origin.label} cannot be read ({type(cause).__name__}): it is damaged, encrypted, or was cut off at its beginning.")


class _Watched:
    """A stream whose bytes are counted and digested as they pass."""

    def __init__(self, stream: IO[bytes], digest: hashlib._Hash) -> None:
        self._stream, self._digest, self.size = stream, digest, 0

    def read(self, size: int, /) -> bytes:
        data = self._stream.read(size)
        self._digest.update(data)
        self.size += len(data)
        return data


@dataclass(slots=True, kw_only=True)
class _Reader:
    home: Home
    store: Asked
    named: Mapping[str, str]
    country: str
    caught: Mapping[str, Caught]
    tables: dict[tuple[str, tuple[str, ...]], Table] = field(default_factory=dict)

    def take(self, part: reading.Rows) -> None:
        """Rows of one table; the first ones tell what its columns are."""
        place = (part.table, part.names)
        if place not in self.tables:
            if len(self.tables) >= _TABLES:
                raise InputError(
                    f"More than {_TABLES:,} tables of different columns: this is no dump of tables. Cut it, or give one of its files."
                )
            self.tables[place] = Table(name=part.table, columns=self._recognised(part.rows))
        table = self.tables[place]
        table.rows += part.rows.num_rows
        for column in table.columns:
            if column.kind:
                keyed = kinds.pseudonyms(self.home.key, column.kind, part.rows.column(column.name), self.country)
                table.parts.setdefault(column.name, []).append(keyed)

    def _recognised(self, rows: pa.Table) -> list[Column]:
        self.store.compare(filter(None, (looks(rows.column(name).slice(0, columns.SAMPLE)) for name in rows.column_names)))
        every = dict.fromkeys([*self.store.kinds, *(kind for kind in self.caught if kind != SUBJECT)])
        named = {kind: name for kind, name in self.named.items() if name in rows.column_names}
        return columns.recognise(
            rows, self.home.key, identities=list(every), country=self.country, known=self._known, owner=self._owner, named=named
        )

    def _known(self, kind: str, values: Ints) -> Bools:
        caught = self.caught[kind].found(values) if kind in self.caught else np.zeros(len(values), np.bool_)
        if kind == SUBJECT:
            return np.asarray(caught | known(self.home.ledger, values) | among(values, self.store.people()))
        return np.asarray(caught | self.store.known(values))

    def _owner(self, values: Ints) -> tuple[Ints, Ints]:
        held = self.store.owners(values)
        single = np.bincount(held.place, minlength=len(values))[held.place] == 1 if len(held.place) else np.zeros(0, np.bool_)
        return held.place[single], held.subject[single]
