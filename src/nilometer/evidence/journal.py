"""The journal: what was sealed, entry by entry, encrypted; each entry's commitment is a leaf of the tamper-evident log.

A leaf says when, of which kind and the SHA-256 of a random salt and the body; the body itself stays in one append-only
file. Taking a body away (erasure) leaves its leaf, so every proof still verifies and nobody can guess what it said.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from nilometer import canonical
from nilometer.clock import rfc3339
from nilometer.errors import EvidenceError
from nilometer.ledger import files

_SALT: Final = 16
_NONCE: Final = 12
_MOST: Final = 65_535
"""Bytes in a leaf at most (C2SP tlog-tiles: entries carry a 16-bit length)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry: its place in the log, when it was made (UTC), its kind, by whom, and what it says."""

    index: int
    at: datetime
    kind: str
    by: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An entry as it lies in the file: its leaf in clear, its body encrypted, or None once it was taken away."""

    leaf: bytes
    body: bytes | None


class Journal:
    """The journal of one home: `folder/journal.ndjson`, bodies under the 32-byte `secret`. The caller holds the lock to add."""

    def __init__(self, folder: Path, secret: bytes) -> None:
        self.path, self._cipher = folder / "journal.ndjson", AESGCM(secret)
        self._lines: list[Line] = []
        self._read = 0

    def lines(self) -> list[Line]:
        """Every line, oldest first; only what was added since the last call is read. Raises EvidenceError for a damaged line."""
        try:
            size = self.path.stat().st_size
        except FileNotFoundError:
            size = 0
        if size < self._read:
            self._lines, self._read = [], 0
        if size > self._read:
            with self.path.open("rb") as stream:
                stream.seek(self._read)
                fresh = stream.read(size - self._read)
            whole = fresh[: fresh.rfind(b"\n") + 1]  # a line that was cut off by a crash was never acknowledged
            for text in whole.splitlines():
                self._lines.append(self._parsed(text, len(self._lines)))
            self._read += len(whole)
        return self._lines

    def _parsed(self, text: bytes, index: int) -> Line:
        try:
            found = msgspec.json.decode(text)
            leaf, body = found["leaf"].encode(), found["body"]
            if msgspec.json.decode(leaf)["n"] != index:
                raise ValueError("out of order")
            return Line(leaf=leaf, body=None if body is None else base64.b64decode(body, validate=True))
        except (ValueError, KeyError, TypeError, AttributeError):  # msgspec's DecodeError is a ValueError
            raise EvidenceError(
                f"{self.path}: entry {index} is damaged or out of order. `nilometer evidence verify` says what still holds."
            ) from None

    def add(self, kind: str, by: str, body: dict[str, Any], at: datetime) -> Entry:
        """Appends one entry; on the disk when this returns. Raises EvidenceError when the body is no JSON."""
        [entry] = self.add_all([(kind, by, body)], at)
        return entry

    def add_all(self, said: Sequence[tuple[str, str, dict[str, Any]]], at: datetime) -> list[Entry]:
        """Appends entries, given as (kind, by whom, body), in one write; a crash in it keeps the first few. Otherwise as `add`."""
        first = len(self.lines())
        self._cut()
        files.append(self.path, b"".join(self._line(first + place, *one, at) for place, one in enumerate(said)))
        return [self.entry(first + place) for place in range(len(said))]

    def _line(self, index: int, kind: str, by: str, body: dict[str, Any], at: datetime) -> bytes:
        plain = os.urandom(_SALT) + canonical.json_bytes({"by": by, "body": body})
        leaf = canonical.json_bytes({"at": rfc3339(at), "commit": hashlib.sha256(plain).hexdigest(), "kind": kind, "n": index, "v": 1})
        assert len(leaf) <= _MOST
        nonce = os.urandom(_NONCE)
        held = base64.b64encode(nonce + self._cipher.encrypt(nonce, plain, leaf)).decode()
        return canonical.json_bytes({"body": held, "leaf": leaf.decode()}) + b"\n"

    def _cut(self) -> None:
        """Takes away half a line that a crash left at the end."""
        if self.path.exists() and self.path.stat().st_size > self._read:
            os.truncate(self.path, self._read)

    def plain(self, index: int) -> bytes | None:
        """Salt and body of an entry as its leaf commits to them; None when the body was taken away. Raises EvidenceError when changed."""
        line = self.lines()[index]
        if line.body is None:
            return None
        try:
            plain = self._cipher.decrypt(line.body[:_NONCE], line.body[_NONCE:], line.leaf)
        except (InvalidTag, ValueError):
            raise EvidenceError(f"{self.path}: entry {index} does not open with this home's key: it was changed.") from None
        if hashlib.sha256(plain).hexdigest() != msgspec.json.decode(line.leaf)["commit"]:
            raise EvidenceError(f"{self.path}: entry {index} is not what its leaf commits to.")
        return plain

    def entry(self, index: int) -> Entry:
        """One entry; of one whose body was taken away only when and of which kind. Raises EvidenceError when it was changed."""
        leaf = msgspec.json.decode(self.lines()[index].leaf)
        plain = self.plain(index)
        said: dict[str, Any] = {"by": "", "body": {}} if plain is None else msgspec.json.decode(plain[_SALT:])
        return Entry(index=index, at=datetime.fromisoformat(leaf["at"]), kind=leaf["kind"], by=said["by"], body=said["body"])

    def entries(self, kinds: Sequence[str] = ()) -> Iterator[Entry]:
        """Entries of these kinds (all when none is named) that still have a body, oldest first."""
        for index, line in enumerate(self.lines()):
            if line.body is not None and (not kinds or msgspec.json.decode(line.leaf)["kind"] in kinds):
                yield self.entry(index)

    def take_away(self, indices: Sequence[int]) -> None:
        """Removes bodies; their leaves stay. The file is replaced whole, so that a crash leaves all or none of it."""
        gone = set(indices)
        kept = [
            {"body": None if place in gone or line.body is None else base64.b64encode(line.body).decode(), "leaf": line.leaf.decode()}
            for place, line in enumerate(self.lines())
        ]
        files.replace(self.path, b"".join(canonical.json_bytes(line) + b"\n" for line in kept))
        self._lines, self._read = [], 0
