"""Telling contents apart by digest: the same content is known again under any name and in any packing."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack
from typing import IO

import pyarrow.parquet as pq

from nilometer.sources.files import READ_ERRORS, Origin, opened


class StreamDigest:
    """SHA-256 of the first bytes of a source's content, for any length; each byte is hashed once while lengths grow."""

    def __init__(self, origin: Origin) -> None:
        self._origin, self._hash, self._length = origin, hashlib.sha256(), 0
        self._stack = ExitStack()
        self._stream: IO[bytes] | None = None

    def __enter__(self) -> StreamDigest:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def until(self, length: int) -> str | None:
        """The digest of the first `length` bytes; None when the content is shorter."""
        if self._stream is None or length < self._length:
            self._stack.close()
            self._stream = self._stack.enter_context(opened(self._origin))
            self._hash, self._length = hashlib.sha256(), 0
        while self._length < length:
            try:
                block = self._stream.read(min(1 << 20, length - self._length))
            except READ_ERRORS:  # it breaks off: what can be read of it is all there is
                block = b""
            if not block:
                return None
            self._hash.update(block)
            self._length += len(block)
        return self._hash.hexdigest()

    def size(self) -> int:
        """The length of the content, which is read to its end to know it; where it breaks off, as far as it can be read."""
        self.until(1 << 62)
        return self._length


class TableDigest:
    """The same for Parquet, whose length is its rows: its content is one, so only whole files are known again."""

    def __init__(self, origin: Origin) -> None:
        self._origin, self._whole = origin, ""

    def __enter__(self) -> TableDigest:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def until(self, length: int) -> str | None:
        """The digest of the whole file, whatever the length."""
        assert self._origin.path is not None
        if not self._whole:
            with self._origin.path.open("rb") as stream:
                self._whole = hashlib.file_digest(stream, "sha256").hexdigest()
        return self._whole

    def size(self) -> int:
        """Rows in the file."""
        return int(pq.read_metadata(self._origin.path).num_rows)
