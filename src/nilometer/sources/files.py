"""Finding and opening what the user named: files, folders, globs, `-`; gzip, zstd, bzip2 and zip are opened in passing."""

from __future__ import annotations

import bz2
import glob
import gzip
import io
import shutil
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, cast

import pyarrow as pa

from nilometer.errors import InputError

READ_ERRORS: Final = (OSError, EOFError, zlib.error, zipfile.BadZipFile, pa.ArrowException, RuntimeError, NotImplementedError)
"""What opening or reading a damaged or encrypted archive raises, over all codecs."""

_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_SKIPPED_FOLDERS: Final = {".git", "__MACOSX"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """One stream to read: a file, a member of a zip archive, or standard input (`path` None). `name` is shown instead of the path.

    Only the first `limit` bytes are read when there is one: a growing file's last line may not be whole yet.
    """

    path: Path | None
    member: str | None = None
    size: int = 0
    name: str | None = None
    limit: int | None = None

    @property
    def label(self) -> str:
        """How the user knows it."""
        if self.path is None or self.name is not None:
            return self.name or "-"
        return f"{self.path}!{self.member}" if self.member else str(self.path)


def find(names: Sequence[str]) -> list[Origin]:
    """What the names mean, in a stable order. Raises InputError for a name that is nothing, or a folder without files."""
    found: list[Origin] = []
    for given in names:
        if given == "-":
            found.append(Origin(path=None))
            continue
        path = Path(given)
        if path.is_dir():
            inside = [p for p in sorted(path.rglob("*")) if p.is_file() and not _hidden(p.relative_to(path))]
            if not inside:
                raise InputError(f"{given} is a folder without files; expected logs in it.")
            for each in inside:
                found.extend(_members(each))
        elif path.exists():
            found.extend(_members(path))
        else:
            matches = sorted(glob.glob(given, recursive=True))
            if not matches:
                raise InputError(f"{given} does not exist; expected a file, a folder, a glob or - for standard input.")
            found.extend(origin for match in matches if Path(match).is_file() for origin in _members(Path(match)))
    return found


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") or part in _SKIPPED_FOLDERS for part in path.parts)


def _members(path: Path) -> list[Origin]:
    """A zip archive is its members; everything else is itself."""
    try:
        with path.open("rb") as stream:
            magic = stream.read(4)
        size = path.stat().st_size
    except OSError as cause:
        raise InputError(f"{path} cannot be read: {cause.strerror or cause}.") from None
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
    if origin.path is None:
        yield _decompressed(sys.stdin.buffer)
        return
    try:
        if origin.member is not None:
            with zipfile.ZipFile(origin.path) as archive, archive.open(origin.member) as stream:
                yield _decompressed(io.BufferedReader(stream))  # type: ignore[type-var]
        else:
            with origin.path.open("rb") as stream:
                yield _decompressed(stream) if origin.limit is None else _Limited(stream, origin.limit)  # type: ignore[misc]
    except (zipfile.BadZipFile, OSError) as cause:
        raise InputError(f"{origin.label} cannot be read: {cause}.") from None


def _decompressed(stream: IO[bytes]) -> IO[bytes]:
    """The stream behind its codec, which is recognised by its first bytes."""
    buffered = stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(stream)  # type: ignore[type-var]
    magic = buffered.peek(4)[:4]
    if magic.startswith(b"\x1f\x8b"):
        return cast(IO[bytes], gzip.GzipFile(fileobj=buffered))
    if magic == _ZSTD:
        return cast(IO[bytes], pa.CompressedInputStream(buffered, "zstd"))
    if magic.startswith(b"BZh"):
        return bz2.BZ2File(buffered)
    return buffered


@contextmanager
def spooled(origin: Origin, folder: Path) -> Iterator[Origin]:
    """Standard input as a file that can be read more than once; the file has no name, so a crash leaves nothing."""
    with tempfile.TemporaryFile(dir=folder) as spool:
        with opened(origin) as stream:
            shutil.copyfileobj(stream, spool, 1 << 20)
        spool.flush()
        size = spool.tell()
        yield Origin(path=Path(f"/dev/fd/{spool.fileno()}"), name="-", size=size)


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
