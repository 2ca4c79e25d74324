"""Writing so that a crash at any moment leaves either the old or the new: write, sync, rename, sync the folder."""

from __future__ import annotations

import fcntl
import glob
import io
import os
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from nilometer.errors import EngineError

_OPEN_FILES: Final = Path("/proc/self/fd")


def sync(path: Path) -> None:
    """Waits until a file or folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write(path: Path, data: bytes, mode: int = 0o600) -> None:
    """A new file, on the disk when this returns (its folder is not yet: see `replace` and `sync`)."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(descriptor, "wb", closefd=False) as stream:
            stream.write(data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Replaces a file atomically: readers and crashes see the whole old one or the whole new one."""
    fresh = path.with_name(path.name + ".new")
    write(fresh, data, mode)
    os.replace(fresh, path)
    sync(path.parent)


@contextmanager
def replaced(path: Path) -> Iterator[io.BufferedWriter]:
    """A file to write to that takes the place of `path` when all is on the disk, mode 0600, and is gone when anything goes wrong.

    Where the system can, it has no name until it is whole, so that not even a kill leaves part of it for others to find; elsewhere
    the next writer of the same file removes what a killed one left.
    """
    sweep(path)
    name = beside(path)
    descriptor = _nameless(path.parent)
    named = descriptor is None
    if descriptor is None:
        descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
            if not named:
                # the folder's number changes nothing for a whole path, but makes Python ask for linkat, which follows the open file
                os.link(_OPEN_FILES / str(stream.fileno()), name, src_dir_fd=stream.fileno(), follow_symlinks=True)
        os.replace(name, path)
        sync(path.parent)
    except BaseException:
        name.unlink(missing_ok=True)
        raise


def _nameless(folder: Path) -> int | None:
    """A new file in a folder without a name, or None where the system has no such thing."""
    if not hasattr(os, "O_TMPFILE") or not _OPEN_FILES.exists():
        return None
    try:
        return os.open(folder, os.O_TMPFILE | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    except OSError:  # not on this file system; whatever else is wrong is said when the named one is made
        return None


def beside(path: Path) -> Path:
    """A name beside a file for what will take its place: of this process, not to be guessed, and swept when the process is gone."""
    return path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(8)}.new")


def sweep(path: Path) -> None:
    """Removes what killed processes left beside a file that they were to replace."""
    for left in path.parent.glob(f".{glob.escape(path.name)}.*.new"):
        found = re.fullmatch(r"([0-9]+)(-[0-9a-f]{16})?", left.name[len(path.name) + 2 : -len(".new")])
        if found and not alive(found[1]):
            left.unlink(missing_ok=True)


def create(path: Path, data: bytes, mode: int = 0o600) -> bool:
    """A new file, whole and on the disk when this returns True; False when it is there already, even if made just now."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.new")
    write(fresh, data, mode)
    try:
        os.link(fresh, path)
    except FileExistsError:
        return False
    finally:
        fresh.unlink()
    sync(path.parent)
    return True


def append(path: Path, lines: bytes) -> None:
    """Adds whole lines to a file readable by its owner only; on the disk when this returns. After an OSError part of them may be there."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        left = memoryview(lines)
        while left:  # a disk that fills up takes part of it before it says so
            left = left[os.write(descriptor, left) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def locked(path: Path, what: str, wait: bool = False) -> Iterator[None]:
    """Holds the one writer's lock. When another process has it: waits, or raises EngineError at once, naming the holder."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            holder = os.pread(descriptor, 200, 0).decode("utf-8", "replace").strip() or "another process"
            raise EngineError(
                f"The ledger is being written by {holder}. Wait until it is done, then try again; nothing was changed."
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{what} (process {os.getpid()})".encode(), 0)
        yield
    finally:
        os.close(descriptor)  # the lock goes with the descriptor, even when the process is killed


@contextmanager
def unlocked(path: Path) -> Iterator[bool]:
    """Whether nobody holds the one writer's lock; when so, nobody takes it meanwhile: keep that short. The file is not changed."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:  # nobody ever wrote
        yield True
        return
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            free = True
        except BlockingIOError:
            free = False
        yield free
    finally:
        os.close(descriptor)


def alive(process: str) -> bool:
    """Whether a process of this number runs; scratch folders are named after the process that uses them."""
    if not process.isdigit():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
