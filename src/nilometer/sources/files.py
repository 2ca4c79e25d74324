"""Finding and opening what the user named: files, folders, globs, `-`; gzip, zstd, bzip2 and zip are opened in passing."""

from __future__ import annotations

import bz2
import glob
import gzip
import io
import os
import shutil
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, Final, cast

import pyarrow as pa

from nilometer.errors import InputError

READ_ERRORS: Final = (OSError, EOFError, zlib.error, zipfile.BadZipFile, pa.ArrowException, RuntimeError, NotImplementedError)
"""What opening or reading a damaged or encrypted archive raises, over all codecs."""

_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_PIECE: Final = 1 << 14
_SKIPPED_FOLDERS: Final = {".git", "__MACOSX"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """One stream to read: a file, a member of a zip archive, or standard input (`path` None). `name` is shown instead of the path.

    A `pipe` (a FIFO, `/dev/fd/63` of a shell's `<(...)`) can be read only once, as standard input can.
    Only the first `limit` bytes are read when there is one: a growing file's last line may not be whole yet.
    """

    path: Path | None
    member: str | None = None
    size: int = 0
    name: str | None = None
    limit: int | None = None
    pipe: bool = False

    @property
    def label(self) -> str:
        """How the user knows it; bytes of a file name that are no UTF-8 are written out (`\\xff`)."""
        if self.path is None or self.name is not None:
            return self.name or "-"
        shown = f"{self.path}!{self.member}" if self.member else str(self.path)
        return shown.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")

    @property
    def once(self) -> bool:
        """Whether it can be read only once."""
        return self.path is None or self.pipe


def find(names: Sequence[str]) -> list[Origin]:
    """What the names mean, in a stable order. Raises InputError for a name that is nothing, or a folder without files."""
    found: list[Origin] = []
    for given in names:
        if given == "-":
            found.append(Origin(path=None))
            continue
        if os.path.lexists(given):
            found.extend(_within(Path(given)))
            continue
        matches = sorted(glob.glob(given, recursive=True)) if "\0" not in given else []
        if not matches:
            raise InputError(f"{Origin(path=Path(given)).label} does not exist; expected a file, a folder, a glob or - for standard input.")
        inside = [origin for match in matches for origin in _within(Path(match), wanted=False)]
        if not inside:
            raise InputError(f"{given} matches only folders without files; expected logs in them.")
        found.extend(dict.fromkeys(inside))  # `**` finds a folder and then what is in it
    return found


def _within(path: Path, wanted: bool = True) -> list[Origin]:
    """The streams of one file or folder. A folder that is `wanted` must hold some."""
    if not path.is_dir():
        return _members(path)
    inside = [p for p in sorted(path.rglob("*")) if p.is_file() and not _hidden(p.relative_to(path))]
    if not inside and wanted:
        raise InputError(f"{path} is a folder without files; expected logs in it.")
    return [origin for each in inside for origin in _members(each)]


def _hidden(path: Path) -> bool:
    return any((part.startswith(".") and part not in (".", "..")) or part in _SKIPPED_FOLDERS for part in path.parts)


def _members(path: Path) -> list[Origin]:
    """A zip archive is its members; everything else is itself."""
    if path.is_fifo():  # looking would take away what is looked at
        return [Origin(path=path, pipe=True)]
    try:
        with path.open("rb") as stream:
            magic = stream.read(4)
        size = path.stat().st_size
    except OSError as cause:
        raise InputError(f"{Origin(path=path).label} cannot be read: {cause.strerror or cause}.") from None
    if magic[:4] != b"PK\x03\x04":
        return [Origin(path=path, size=size)]
    try:
        with zipfile.ZipFile(path) as archive:
            files = [i for i in archive.infolist() if not i.is_dir() and not _hidden(Path(i.filename))]
    except READ_ERRORS as cause:
        raise InputError(f"{path} looks like a zip archive but cannot be opened: {cause}.") from None
    if not files:
        raise InputError(f"{path} is a zip archive without files.")
    return [Origin(path=path, member=i.filename, size=i.file_size) for i in files]


@contextmanager
def opened(origin: Origin) -> Iterator[IO[bytes]]:
    """The decompressed bytes of an origin. Raises InputError when it cannot be opened."""
    with ExitStack() as stack:
        try:
            if origin.path is None:
                stream = _decompressed(sys.stdin.buffer)
            elif origin.member is not None:
                archive = stack.enter_context(zipfile.ZipFile(origin.path))
                stream = _decompressed(io.BufferedReader(stack.enter_context(archive.open(origin.member))))  # type: ignore[type-var]
            else:
                plain = stack.enter_context(origin.path.open("rb"))
                stream = _decompressed(plain) if origin.limit is None else cast(IO[bytes], _Limited(plain, origin.limit))
        except READ_ERRORS as cause:
            raise InputError(f"{origin.label} cannot be read: {getattr(cause, 'strerror', None) or cause}.") from None
        yield stream


def head(origin: Origin, size: int) -> bytes:
    """The first bytes of an origin, decompressed. Raises InputError when there are none because it cannot be read."""
    with opened(origin) as stream:
        try:
            return stream.read(size)
        except READ_ERRORS as cause:
            raise InputError(f"{origin.label} cannot be read: {cause}.") from None


def _decompressed(stream: IO[bytes]) -> IO[bytes]:
    """The stream behind its codec, which is recognised by its first bytes."""
    buffered = stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(stream)  # type: ignore[type-var]
    magic = buffered.peek(4)[:4]
    if magic.startswith(b"\x1f\x8b"):
        return cast(IO[bytes], _Whole(gzip.GzipFile(fileobj=buffered)))
    if magic == _ZSTD:
        return cast(IO[bytes], _Whole(pa.CompressedInputStream(buffered, "zstd")))
    if magic.startswith(b"BZh"):
        return cast(IO[bytes], _Whole(bz2.BZ2File(buffered)))
    return buffered


class _Whole:
    """A decompressed stream that gives all there is before it breaks off, and only then says so."""

    def __init__(self, stream: Any) -> None:
        self._some = getattr(stream, "read1", stream.read)  # `read` throws away what it had when the stream breaks off
        self._left = b""
        self._broken: Exception | None = None

    def read(self, size: int) -> bytes:
        """`size` bytes, fewer only at the end. Raises one of READ_ERRORS when the stream broke off before any more."""
        parts, self._left = [self._left], b""
        size -= len(parts[0])
        while size > 0 and self._broken is None:
            try:
                part = self._some(_PIECE)  # always as much: what is lost where it breaks off depends on it
            except READ_ERRORS as cause:
                self._broken = cause
                break
            if not part:
                break
            parts.append(part)
            size -= len(part)
        data = b"".join(parts)
        if size < 0:
            data, self._left = data[:size], data[size:]
        if not data and self._broken is not None:
            raise self._broken
        return data


@contextmanager
def spooled(origin: Origin, folder: Path) -> Iterator[Origin]:
    """Standard input or a pipe as a file that can be read more than once; the file has no name, so a crash leaves nothing."""
    with tempfile.TemporaryFile(dir=folder) as spool:
        with nullcontext(sys.stdin.buffer) if origin.path is None else origin.path.open("rb") as stream:
            shutil.copyfileobj(stream, spool, 1 << 20)
        spool.flush()
        yield replace(origin, path=Path(f"/dev/fd/{spool.fileno()}"), name=origin.label, size=spool.tell(), pipe=False)


class _Limited:
    """The first bytes of a plain stream."""

    def __init__(self, stream: IO[bytes], limit: int) -> None:
        self._stream, self._left = stream, limit

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes, and none beyond the limit."""
        data = self._stream.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        return data


def whole_lines(path: Path) -> int:
    """How many bytes of a file are whole lines: up to and including its last line end."""
    with path.open("rb") as stream:
        end = stream.seek(0, io.SEEK_END)
        while end > 0:
            begin = max(0, end - (1 << 16))
            stream.seek(begin)
            place = stream.read(end - begin).rfind(b"\n")
            if place >= 0:
                return begin + place + 1
            end = begin
    return 0
