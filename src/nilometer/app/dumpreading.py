"""Reads a dump's files into keyed columns, twice where what a column is shows late; raw values stay in this process's memory."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Final

from nilometer.app import identityfiles
from nilometer.app.assembly import Home
from nilometer.app.dumpcanaries import Planted
from nilometer.app.dumptables import Known, Reader, Table
from nilometer.attribution import reading
from nilometer.errors import InputError
from nilometer.sources import files as found_files
from nilometer.sources.files import READ_ERRORS, Origin

Counted = Callable[[int, int], None]
_PIECE: Final = 1 << 20


@dataclass(slots=True, kw_only=True)
class Dump:
    """What was read: tables, files, rows that could not be read, SHA-256 over the bytes of all files, files that broke off."""

    tables: list[Table] = field(default_factory=list)
    files: int = 0
    unreadable: int = 0
    digest: str = ""
    broken: int = 0


def read(
    home: Home,
    names: Sequence[str],
    known: Known,
    named: Mapping[str, str],
    planted: Mapping[str, Planted],
    progress: Counted,
) -> Dump:
    """Reads all files. Raises InputError when nothing can be read; a file that breaks off after some rows is only counted."""
    every = identityfiles.origins(names)
    reader = Reader(home=home, known=known, named=named, planted=planted)
    digest, tally = hashlib.sha256(), reading.Unreadable()
    dump = Dump(files=len(every))
    _through(every, reader, dump, digest, tally, progress)
    late = reader.late()
    if late is not None:
        if any(origin.once for origin in every):
            raise InputError(
                "What some columns are shows only late in the dump, which has to be read again for it: save it as a file, or say it in a mapping."
            )
        reader = late
        _through(every, reader, Dump(), hashlib.sha256(), reading.Unreadable(), progress)
    dump.tables, dump.unreadable, dump.digest = list(reader.tables.values()), tally.rows, digest.hexdigest()
    return dump


def _through(
    every: Sequence[Origin], reader: Reader, dump: Dump, digest: hashlib._Hash, tally: reading.Unreadable, progress: Counted
) -> None:
    total, done = sum(one.size for one in every), 0
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
