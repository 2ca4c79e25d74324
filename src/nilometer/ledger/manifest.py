"""The manifest: the one file that says what the ledger holds. What it does not name does not exist."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from nilometer.errors import EvidenceError
from nilometer.ledger import files


class Segment(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A Parquet file of disclosures. Times are microseconds since 1970 in UTC.

    `sealed` is the digest of its rows under the salts of the key `salt` (see `rowseal`), both in hexadecimal; empty in
    segments of ledgers that were written before there was such a digest.
    """

    file: str
    rows: int
    shown: int
    first: int
    last: int
    size: int
    sha256: str
    levels: list[str]
    attributes: str | None = None
    sealed: str = ""
    salt: str = ""


class Fold(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A Parquet file of folded exposures, sorted by subject, made from the segments `covers`; `sha256` is empty in old ledgers."""

    file: str
    rows: int
    covers: list[str]
    sha256: str = ""


class Ingested(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A source whose first `size` bytes of content (rows, for Parquet) are in the ledger.

    `head` and `digest` are SHA-256 of its first bytes and of all of them, after decompression: the same content is
    known again under any name and packing. `mapping` tells mappings apart. Behind these bytes came `tail` more of a last
    line that broke off and could not be read: it is counted, and read again when the source has grown.
    """

    label: str
    format: str
    head: str
    digest: str
    mapping: str
    size: int
    entries: int
    disclosures: int
    shown: int
    unmatched: int
    unreadable: int
    complete: bool
    at: str
    tail: int = 0


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything the ledger holds. `generation` grows by one with each replacement.

    `earlier` are sources that a longer one in `sources` contains: their counts are in its, their content is still known.
    `check` is the SHA-256 of the file without it, against a disk that changes a bit; empty in old ledgers. What somebody changes on
    purpose the journal knows (`app/sealing.py`).
    """

    version: int = 1
    generation: int = 0
    key_epoch: int = 1
    segments: list[Segment] = []
    folds: list[Fold] = []
    names: list[str] = []
    unreadable: list[str] = []
    sources: list[Ingested] = []
    earlier: list[Ingested] = []
    check: str = ""

    def named_files(self) -> set[str]:
        """Every file the manifest names, relative to the ledger's folder."""
        found = {s.file for s in self.segments} | {s.attributes for s in self.segments if s.attributes}
        return found | {f.file for f in self.folds} | set(self.names) | set(self.unreadable)


def load(path: Path) -> Manifest:
    """Reads the manifest; an empty one when there is none yet. Raises EvidenceError when it is damaged."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return Manifest()
    try:
        manifest = msgspec.json.decode(data, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as cause:
        raise EvidenceError(f"{path} is damaged ({cause}). Restore it from a backup; segments and names are untouched.") from None
    if manifest.version != 1:
        raise EvidenceError(f"{path} has version {manifest.version}; this Nilometer reads version 1. Use a newer Nilometer.")
    if manifest.check and manifest.check != _check(manifest):
        raise EvidenceError(
            f"{path} was changed: it is not what its own digest says. Restore it from a backup; segments and names are untouched."
        )
    return manifest


def _check(manifest: Manifest) -> str:
    return hashlib.sha256(msgspec.json.encode(msgspec.structs.replace(manifest, check=""))).hexdigest()


def store(path: Path, manifest: Manifest) -> None:
    """Replaces the manifest atomically; on the disk when this returns."""
    files.replace(path, msgspec.json.encode(msgspec.structs.replace(manifest, check=_check(manifest))))
