"""The platform's own ids, kept so that this home cannot read them: sealed to a public key whose private half lies elsewhere.

A chunk has two layers. Inside, each id is XORed with its own stretch of an AES-256-CTR stream (NIST SP 800-38A) under a key
that is sealed to the public key (X25519, RFC 7748; HKDF-SHA256, RFC 5869; AES-256-GCM) and forgotten: only the private key
opens it. Outside, the whole chunk is under AES-256-GCM with a key of its own in this home. So the home can take one person out
without reading anybody: it opens the outside, leaves the row away, writes the rest under a fresh key and destroys the old one;
no copy of the old chunk, in whatever backup, opens any more. Whether an id is the right one its pseudonym shows.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Final

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from nilometer.errors import ConfigError, EvidenceError
from nilometer.ledger import files, vault

Ints = npt.NDArray[np.int64]

FOLDER: Final = "reveal"
_BLOCK: Final = 16
_LONGEST: Final = 4096
"""Bytes of an id that are kept at most."""
_CHUNK: Final = 1_000_000
"""Ids in a chunk at most: what taking one person out rewrites."""
_ROWS: Final = pa.schema([("subject", pa.int64()), ("at", pa.int64()), ("size", pa.int32()), ("sealed", pa.binary())])
"""An id: whose (pseudonym), where in the stream it begins (bytes), its length, and itself XORed with that stretch, padded to whole blocks."""


class Chunk(msgspec.Struct, frozen=True, kw_only=True):
    """One chunk on the disk: its name, how many ids, for which public key, and the stream's key sealed to that (hexadecimal)."""

    name: Annotated[str, msgspec.Meta(pattern="^[0-9]{8,}$")]
    rows: int
    key: str
    sealed: Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{2}){32,}$")]


class Index(msgspec.Struct, frozen=True, kw_only=True):
    """The chunks that there are; what it does not name does not exist."""

    chunks: list[Chunk] = []
    next: int = 1


def public_key(home_folder: Path) -> bytes:
    """The public key of a home. Raises ConfigError when it has none."""
    path = home_folder / "keys" / "reveal.json"
    try:
        found = bytes.fromhex(json.loads(path.read_bytes())["public"])
    except FileNotFoundError:
        raise ConfigError(
            "[reveal] keep = true needs a key: `nilometer reveal-key -o FILE` makes one; keep FILE away from this machine."
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as cause:
        raise ConfigError(f"{path} is no public key ({type(cause).__name__}). Restore it from where you keep the home.") from None
    if len(found) != 32:
        raise ConfigError(f"{path}: the key has {len(found)} bytes; expected 32.")
    return found


class SealedIds:
    """The sealed ids of one home (`home_folder/reveal`). One process writes at a time: ingest holds the ledger's lock, `forget` takes it."""

    def __init__(self, home_folder: Path) -> None:
        self.folder = home_folder / FOLDER
        self._waiting: list[tuple[Ints, pa.Array]] = []
        self._known: tuple[str, Ints] | None = None

    # ---- keeping

    def take(self, public: bytes, subjects: pa.Array, ids: pa.ChunkedArray) -> None:
        """Takes pseudonyms and ids of people, (n,) each; who is known already is not kept again. Nothing is on the disk before `commit`."""
        known = self.known(public)
        fresh, first = np.unique(np.asarray(subjects), return_index=True)
        place = np.minimum(np.searchsorted(known, fresh), max(len(known) - 1, 0))
        new = known[place] != fresh if len(known) else np.ones(len(fresh), np.bool_)
        if new.any():
            texts = ids.take(pa.array(first[new])).cast(pa.string())
            self._waiting.append((fresh[new], texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts))
            self._known = (named(public), np.union1d(known, fresh[new]))

    def commit(self, public: bytes) -> None:
        """Writes what was taken; on the disk when this returns. Raises OSError."""
        if not self._waiting:
            return
        subjects = np.concatenate([one for one, _ in self._waiting])
        texts = pa.chunked_array([one for _, one in self._waiting]).combine_chunks()
        self._waiting = []
        self._add(
            [_sealed(subjects[b : b + _CHUNK], texts.slice(b, _CHUNK), public) for b in range(0, len(subjects), _CHUNK)], named(public)
        )

    def known(self, public: bytes) -> Ints:
        """The pseudonyms whose ids are kept for this public key, ascending."""
        name = named(public)
        if self._known is None or self._known[0] != name:
            held = [np.asarray(self._opened(one).column("subject")) for one in self._index().chunks if one.key == name]
            self._known = (name, np.unique(np.concatenate(held)) if held else np.zeros(0, np.int64))
        return self._known[1]

    def _add(self, made: Sequence[tuple[pa.Table, bytes]], key: str, gone: Sequence[Chunk] = ()) -> None:
        """Writes chunks and, in the same moment, forgets those in `gone`; then destroys these with their keys."""
        (self.folder / "keys").mkdir(parents=True, exist_ok=True, mode=0o700)
        index = self._index()
        chunks, number = [one for one in index.chunks if one not in gone], index.next
        for rows, sealed in made:
            name = f"{number:08d}"
            secret = secrets.token_bytes(32)
            files.write(self.folder / f"{name}.sealed", vault.sealed(rows, secret, f"{name}.sealed"))
            files.write(self.folder / "keys" / name, secret)
            chunks.append(Chunk(name=name, rows=rows.num_rows, key=key, sealed=sealed.hex()))
            number += 1
        files.sync(self.folder / "keys")
        files.sync(self.folder)
        files.replace(self.folder / "index.json", msgspec.json.encode(Index(chunks=chunks, next=number)))
        self.sweep()

    def sweep(self) -> None:
        """Destroys chunks and keys that the index does not name: what was forgotten, or never acknowledged."""
        if not self.folder.is_dir():
            return
        named = {one.name for one in self._index().chunks}
        for path in [*(self.folder / "keys").glob("*"), *self.folder.glob("*.sealed")]:
            if path.name.removesuffix(".sealed") not in named:
                _destroy(path)
        files.sync(self.folder)

    # ---- forgetting and opening

    def forget(self, subjects: Ints) -> int:
        """Takes people out for good; how many were there. Their chunks are written anew under fresh keys, the old keys destroyed."""
        wanted = pa.array(np.unique(subjects))
        found = 0
        for chunk in self._index().chunks:
            rows = self._opened(chunk)
            keep = pc.invert(pc.is_in(rows.column("subject"), value_set=wanted))
            kept = rows.filter(keep)
            if kept.num_rows < rows.num_rows:
                found += rows.num_rows - kept.num_rows
                self._add([(kept, bytes.fromhex(chunk.sealed))] if kept.num_rows else [], chunk.key, gone=[chunk])
        self._known = None
        self.sweep()
        return found

    def count(self, subjects: Ints) -> int:
        """How many of these people are there, counted once for each key that they were sealed to."""
        wanted = pa.array(np.unique(subjects))
        every = (self._opened(chunk).column("subject") for chunk in self._index().chunks)
        return sum(int(pc.sum(pc.is_in(one, value_set=wanted)).as_py() or 0) for one in every)

    def reveal(self, private: X25519PrivateKey) -> Iterator[tuple[Ints, pa.Array]]:
        """Pseudonyms and ids, chunk by chunk. Raises ConfigError when not one chunk is for this key."""
        name = named(private.public_key().public_bytes_raw())
        index = self._index()
        mine = [one for one in index.chunks if one.key == name]
        if index.chunks and not mine:
            raise ConfigError(
                f"This key ({name}) opens nothing here; the ids are sealed to {', '.join(sorted({c.key for c in index.chunks}))}."
            )
        for chunk in mine:
            rows = self._opened(chunk)
            yield np.asarray(rows.column("subject")), _unsealed(rows, _stream_key(bytes.fromhex(chunk.sealed), private, chunk.name))

    def _index(self) -> Index:
        path = self.folder / "index.json"
        try:
            return msgspec.json.decode(path.read_bytes(), type=Index)
        except FileNotFoundError:
            return Index()
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise EvidenceError(f"{path} is damaged. Restore it from a backup; the sealed ids beside it are untouched.") from None

    def _opened(self, chunk: Chunk) -> pa.Table:
        try:
            secret = (self.folder / "keys" / chunk.name).read_bytes()
            return vault.unsealed(self.folder / f"{chunk.name}.sealed", secret)
        except FileNotFoundError as cause:
            raise EvidenceError(f"{cause.filename} is missing: {chunk.rows:,} sealed ids do not open. Restore it from a backup.") from None


def named(public: bytes) -> str:
    """The name of a key, sixteen hexadecimal digits."""
    return hashlib.sha256(b"nilometer/reveal/1" + public).hexdigest()[:16]


def _padded(texts: pa.Array) -> tuple[npt.NDArray[np.uint8], Ints, Ints]:
    """The bytes of all texts, each padded to whole blocks; where each begins; how long each is."""
    kept = pc.utf8_slice_codeunits(texts.cast(pa.large_string()), 0, _LONGEST)
    _, offset_buffer, data_buffer = kept.cast(pa.large_string()).buffers()
    offsets = np.frombuffer(offset_buffer, np.int64)[kept.offset : kept.offset + len(kept) + 1]
    data = np.frombuffer(data_buffer, np.uint8) if data_buffer is not None else np.zeros(0, np.uint8)
    sizes = np.diff(offsets)
    room = -(-np.maximum(sizes, 1) // _BLOCK) * _BLOCK
    begins = np.concatenate([[0], np.cumsum(room)[:-1]])
    padded = np.zeros(int(room.sum()), np.uint8)
    places = np.arange(int(sizes.sum())) + np.repeat(begins - (np.cumsum(sizes) - sizes), sizes)
    padded[places] = data[offsets[0] : offsets[-1]]
    return padded, begins, sizes


def _stream(key: bytes, size: int) -> npt.NDArray[np.uint8]:
    return np.frombuffer(Cipher(algorithms.AES(key), modes.CTR(bytes(_BLOCK))).encryptor().update(bytes(size)), np.uint8)


def _sealed(subjects: Ints, texts: pa.Array, public: bytes) -> tuple[pa.Table, bytes]:
    """A chunk's rows and the stream's key, sealed to the public key: ephemeral public key (32 bytes) and AES-256-GCM of the key."""
    padded, begins, sizes = _padded(texts)
    key = secrets.token_bytes(32)
    hidden = padded ^ _stream(key, len(padded))
    ends = np.concatenate([begins[1:], [len(padded)]]).astype(np.int64)
    offsets = np.concatenate([begins[:1], ends]).astype(np.int32)
    column = pa.BinaryArray.from_buffers(pa.binary(), len(subjects), [None, pa.py_buffer(offsets), pa.py_buffer(hidden.tobytes())])
    rows = pa.table([pa.array(subjects), pa.array(begins), pa.array(sizes.astype(np.int32)), column], schema=_ROWS)
    once = X25519PrivateKey.generate()
    ephemeral = once.public_key().public_bytes_raw()
    secret = _derived(once.exchange(X25519PublicKey.from_public_bytes(public)), ephemeral, public)
    return rows, ephemeral + AESGCM(secret).encrypt(bytes(12), key, ephemeral)  # the key is used once, so a fixed nonce is no reuse


def _derived(shared: bytes, ephemeral: bytes, public: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=ephemeral + public, info=b"nilometer/reveal/1").derive(shared)


def _stream_key(sealed: bytes, private: X25519PrivateKey, name: str) -> bytes:
    ephemeral, box = sealed[:32], sealed[32:]
    try:
        shared = private.exchange(X25519PublicKey.from_public_bytes(ephemeral))
        secret = _derived(shared, ephemeral, private.public_key().public_bytes_raw())
        return AESGCM(secret).decrypt(bytes(12), box, ephemeral)
    except (InvalidTag, ValueError):
        raise EvidenceError(f"The sealed ids of chunk {name} do not open with the key they are for: they were changed.") from None


def _unsealed(rows: pa.Table, key: bytes) -> pa.Array:
    """The ids of a chunk's rows, (n,); what is not text (which only a change can bring about) is null."""
    if not rows.num_rows:
        return pa.array([], pa.string())
    begins, sizes = np.asarray(rows.column("at")), np.asarray(rows.column("size")).astype(np.int64)
    hidden = rows.column("sealed").combine_chunks()
    stream = _stream(key, int((begins + -(-np.maximum(sizes, 1) // _BLOCK) * _BLOCK).max()))
    offsets = np.frombuffer(hidden.buffers()[1], np.int32)[hidden.offset : hidden.offset + len(hidden)].astype(np.int64)
    data = np.frombuffer(hidden.buffers()[2], np.uint8)
    within = np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    plain = data[np.repeat(offsets, sizes) + within] ^ stream[np.repeat(begins, sizes) + within]
    bounds = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    texts = pa.BinaryArray.from_buffers(pa.binary(), len(sizes), [None, pa.py_buffer(bounds), pa.py_buffer(plain.tobytes())])
    try:
        return texts.cast(pa.string())
    except pa.ArrowInvalid:
        return pa.array([_text(one) for one in texts.to_pylist()], pa.string())


def _text(raw: bytes) -> str | None:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return None


def _destroy(path: Path) -> None:
    """Overwrites and removes a file. On a disk that copies on write the old bytes may stay; what they need, the key, is 32 bytes."""
    with path.open("r+b") as stream:
        stream.write(bytes(min(path.stat().st_size, 4096)))
        stream.flush()
        os.fsync(stream.fileno())
    path.unlink()
