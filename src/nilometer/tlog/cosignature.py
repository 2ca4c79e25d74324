"""Cosignatures of witnesses (C2SP tlog-cosignature): they saw the log grow to this checkpoint, at this time. Ed25519 and ML-DSA-44."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import partial
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from nilometer.tlog import checkpoint, note
from nilometer.tlog.note import Signature, Verifier
from nilometer.tlog.refused import Refused

ED25519: Final = 0x04
ML_DSA_44: Final = 0x06
_SIZES: Final = {ED25519: (32, 64), ML_DSA_44: (1312, 2420)}
"""Bytes in a public key and in a signature without its time."""
_LATEST: Final = (1 << 63) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """A witness's public key: its name, its signature type and the key."""

    name: str
    kind: int
    material: bytes

    @property
    def id(self) -> bytes:
        """The first four bytes of a hash of name, type and key."""
        return note.key_id(self.name, self.kind, self.material)

    @property
    def vkey(self) -> str:
        """The key as text."""
        return note.write_vkey(self.name, self.kind, self.material)

    def holds(self, text: str, signature: bytes) -> bool:
        """Whether these bytes are a time and this witness's signature under a checkpoint's text at that time."""
        if len(signature) != 8 + _SIZES[self.kind][1]:
            return False
        (time,) = struct.unpack_from(">Q", signature)
        if time > _LATEST:
            return False
        try:
            message = _message(self.kind, self.name, text, time)
        except Refused:
            return False
        if self.kind == ED25519:
            return note.ed25519_holds(self.material, message, signature[8:])
        return _ml_dsa_holds(self.material, message, signature[8:])


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessKey:
    """A witness's secret key, which signs as of `time` (seconds since 1970): name, signature type, 32-byte seed."""

    name: str
    kind: int
    seed: bytes
    time: int

    @property
    def public(self) -> Witness:
        """The key that verifies. Raises Refused for a seed of another length or a type that is none of a witness."""
        if self.kind not in _SIZES:
            raise Refused(f"expected a witness's key (type {ED25519} or {ML_DSA_44}), found type {self.kind}")
        if self.kind == ED25519:
            return Witness(name=self.name, kind=ED25519, material=note.ed25519_public(self.seed))
        return Witness(name=self.name, kind=self.kind, material=_ml_dsa_public(self.seed))

    @property
    def id(self) -> bytes:
        """The id of its public half."""
        return self.public.id

    @property
    def skey(self) -> str:
        """The secret key as text, without the time."""
        return note.write_skey(self.name, self.kind, self.seed, self.id)

    def sign(self, text: str) -> bytes:
        """Time and signature under a checkpoint's text. Raises Refused when it is no checkpoint or the time is out of range."""
        if not 0 <= self.time <= _LATEST:
            raise Refused("a cosignature's time is in seconds since 1970")
        message = _message(self.kind, self.name, text, self.time)
        made = Ed25519PrivateKey.from_private_bytes(self.seed).sign if self.kind == ED25519 else partial(_ml_dsa_sign, self.seed)
        return struct.pack(">Q", self.time) + made(message)

    def __repr__(self) -> str:
        return f"WitnessKey(name={self.name!r})"


def secret_key(skey: str, time: int) -> WitnessKey:
    """A witness's secret key from its text form, to sign as of `time`. Raises Refused, without repeating any of the secret."""
    name, kind, seed, found = note.read_skey(skey)
    if kind not in _SIZES:
        raise Refused(f"expected a witness's key (type {ED25519} or {ML_DSA_44}), found type {kind}")
    key = WitnessKey(name=name, kind=kind, seed=seed, time=time)
    if key.id != found:
        raise Refused("the secret key is not the one its id names")
    return key


def witness(vkey: str) -> Witness:
    """A witness's public key from its text form. Raises Refused, also for a key that signs notes."""
    name, kind, material = note.read_vkey(vkey)
    if kind not in _SIZES or len(material) != _SIZES[kind][0]:
        raise Refused(f"expected a witness's key (type {ED25519} or {ML_DSA_44}), found type {kind} with {len(material):,} bytes")
    return Witness(name=name, kind=kind, material=material)


def log_key(vkey: str) -> Verifier:
    """A log's public key from its text form: Ed25519 over the note, or an ML-DSA-44 cosignature. Raises Refused for another."""
    _, kind, _ = note.read_vkey(vkey)
    return witness(vkey) if kind == ML_DSA_44 else note.public_key(vkey)


def cosigned_at(signature: Signature) -> int:
    """The time (seconds since 1970) that a witness's signature, already verified, states."""
    (time,) = struct.unpack_from(">Q", signature.body)
    return int(time)


def _message(kind: int, name: str, text: str, time: int) -> bytes:
    """What a witness signs. Raises Refused when the text is no checkpoint."""
    head = checkpoint.parse(text)
    if kind == ED25519:
        return f"cosignature/v1\ntime {time}\n{text}".encode()
    names = name.encode(), head.origin.encode()
    if not all(1 <= len(part) <= 255 for part in names):
        raise Refused("names in an ML-DSA-44 cosignature have 1 to 255 bytes")
    cosigner, origin = (bytes([len(part)]) + part for part in names)
    return b"subtree/v1\n\0" + cosigner + struct.pack(">Q", time) + origin + struct.pack(">QQ", 0, head.size) + head.root


def _ml_dsa_holds(material: bytes, message: bytes, signature: bytes) -> bool:
    try:
        from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

        MLDSA44PublicKey.from_public_bytes(material).verify(signature, message)
    except (ImportError, UnsupportedAlgorithm):
        raise Refused(_OLD) from None
    except (InvalidSignature, ValueError):
        return False
    return True


def _ml_dsa_sign(seed: bytes, message: bytes) -> bytes:
    try:
        from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

        return MLDSA44PrivateKey.from_seed_bytes(seed).sign(message)
    except (ImportError, UnsupportedAlgorithm):
        raise Refused(_OLD) from None


def _ml_dsa_public(seed: bytes) -> bytes:
    try:
        from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

        return MLDSA44PrivateKey.from_seed_bytes(seed).public_key().public_bytes_raw()
    except (ImportError, UnsupportedAlgorithm):
        raise Refused(_OLD) from None
    except ValueError:
        raise Refused(f"an ML-DSA-44 seed has 32 bytes, found {len(seed)}") from None


_OLD: Final = "ML-DSA-44 needs a newer `cryptography` than is installed; a signature of that kind can be neither made nor checked here"
