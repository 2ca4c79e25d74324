"""Signed notes (C2SP signed-note v1.0.0): a text, an empty line, signature lines. Ed25519 keys in the text form of Go's `note`.

Signatures of keys that are not known are kept apart and prove nothing; one of a known key that does not hold refuses the
whole note. Stricter than it must be: Base64 has one spelling, and a key signs a note once, so that nothing can be
changed in what was verified without being seen.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from nilometer.tlog.refused import Refused

ED25519: Final = 0x01
_MOST: Final = 1 << 20
"""Bytes in a note at most; signature lines have a limit of their own."""
_LINES: Final = 100
_DASH: Final = "— "
_CONTROL: Final = re.compile("[\x00-\x09\x0b-\x1f]")


class Verifier(Protocol):
    """A public key with a name: says whether a signature of its own is under a note's text."""

    @property
    def name(self) -> str:
        """The key's name."""

    @property
    def id(self) -> bytes:
        """The key's four bytes in front of each signature."""

    def holds(self, text: str, signature: bytes) -> bool:
        """Whether these bytes (without the key's id) are this key's signature under the text."""


class Signer(Protocol):
    """A secret key with a name: makes signatures."""

    @property
    def name(self) -> str:
        """The key's name."""

    @property
    def id(self) -> bytes:
        """The key's four bytes in front of each signature."""

    def sign(self, text: str) -> bytes:
        """The signature, without the key's id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One signature line: the key's name, its four-byte id, and the signature."""

    name: str
    id: bytes
    body: bytes

    @property
    def line(self) -> str:
        """The line as it stands in a note."""
        return f"{_DASH}{self.name} {base64.b64encode(self.id + self.body).decode()}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A note's text (with its last newline), the signatures that were verified and those of unknown keys, each in order."""

    text: str
    signatures: tuple[Signature, ...]
    unknown: tuple[Signature, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """An Ed25519 key that signs notes themselves (signature type 0x01)."""

    name: str
    material: bytes

    @property
    def id(self) -> bytes:
        """The first four bytes of a hash of name, type and key."""
        return key_id(self.name, ED25519, self.material)

    @property
    def vkey(self) -> str:
        """The key as text: name, id and key, joined by plus signs."""
        return write_vkey(self.name, ED25519, self.material)

    def holds(self, text: str, signature: bytes) -> bool:
        """Whether `signature` is this key's 64-byte signature under the text."""
        return ed25519_holds(self.material, text.encode(), signature)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretKey:
    """The secret half of a `PublicKey`: a name and the 32-byte seed of RFC 8032. The caller brings the randomness."""

    name: str
    seed: bytes

    @property
    def public(self) -> PublicKey:
        """The key that verifies. Raises Refused for a name or seed that cannot be one."""
        check_name(self.name)
        return PublicKey(name=self.name, material=ed25519_public(self.seed))

    @property
    def id(self) -> bytes:
        """The id of its public half."""
        return self.public.id

    @property
    def skey(self) -> str:
        """The secret key as text, as Go's `note.NewSigner` reads it."""
        return write_skey(self.name, ED25519, self.seed, self.id)

    def sign(self, text: str) -> bytes:
        """The 64-byte signature under the text."""
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(text.encode())

    def __repr__(self) -> str:
        return f"SecretKey(name={self.name!r})"


def key_id(name: str, kind: int, material: bytes) -> bytes:
    """The four bytes that name a key: of SHA-256 over name, newline, signature type and public key."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + material).digest()[:4]


def write_vkey(name: str, kind: int, material: bytes) -> str:
    """A public key of any signature type as text."""
    check_name(name)
    return f"{name}+{key_id(name, kind, material).hex()}+{base64.b64encode(bytes([kind]) + material).decode()}"


def read_vkey(text: str) -> tuple[str, int, bytes]:
    """Name, signature type and key from the text form. Raises Refused when malformed or when its id is not that of the key."""
    name, _, rest = text.partition("+")
    found_id, _, coded = rest.partition("+")
    check_name(name)
    raw = decoded(coded, "a key")
    if len(raw) < 2 or not re.fullmatch("[0-9a-f]{8}", found_id) or key_id(name, raw[0], raw[1:]).hex() != found_id:
        raise Refused("expected a key as name+id+key, with the id that belongs to it; found something else")
    return name, raw[0], raw[1:]


def write_skey(name: str, kind: int, seed: bytes, public_id: bytes) -> str:
    """A secret key of any signature type as text, with the id of its public half."""
    return f"PRIVATE+KEY+{name}+{public_id.hex()}+{base64.b64encode(bytes([kind]) + seed).decode()}"


def read_skey(text: str) -> tuple[str, int, bytes, bytes]:
    """Name, signature type, seed and the stated id of the public half. Raises Refused, without repeating any of the secret."""
    parts = text.split("+", 4)
    if len(parts) != 5 or parts[:2] != ["PRIVATE", "KEY"] or not re.fullmatch("[0-9a-f]{8}", parts[3]):
        raise Refused("expected a secret key as PRIVATE+KEY+name+id+key; found something else")
    check_name(parts[2])
    raw = decoded(parts[4], "a secret key")
    if len(raw) != 33:
        raise Refused("a secret key has a type and 32 bytes")
    return parts[2], raw[0], raw[1:], bytes.fromhex(parts[3])


def public_key(vkey: str) -> PublicKey:
    """An Ed25519 note key from its text form. Raises Refused, also for a key of another type."""
    name, kind, material = read_vkey(vkey)
    if kind != ED25519 or len(material) != 32:
        raise Refused(f"expected an Ed25519 key (type {ED25519}, 32 bytes), found type {kind} with {len(material)} bytes")
    return PublicKey(name=name, material=material)


def secret_key(skey: str) -> SecretKey:
    """An Ed25519 note key from its secret text form. Raises Refused, also when its id is not that of its public half."""
    name, kind, seed, found = read_skey(skey)
    key = SecretKey(name=name, seed=seed)
    if kind != ED25519 or key.id != found:
        raise Refused("the secret key is of another type, or not the one its id names")
    return key


def check_name(name: str) -> None:
    """Refuses what cannot be a key's name: empty, with spaces, plus signs or control characters."""
    if not name or "+" in name or any(letter.isspace() or letter < " " for letter in name) or not _encodable(name):
        raise Refused("a key's name has at least one letter and neither spaces nor plus signs")


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def decoded(text: str, what: str) -> bytes:
    """Standard Base64 in its one canonical spelling. Raises Refused naming `what` was to be decoded."""
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise Refused(f"{what} is not in Base64") from None
    if base64.b64encode(raw).decode() != text:
        raise Refused(f"{what} is in Base64 with a spelling of its own")
    return raw


def ed25519_public(seed: bytes) -> bytes:
    """The public half of a 32-byte seed (RFC 8032). Raises Refused for another length."""
    if len(seed) != 32:
        raise Refused(f"an Ed25519 seed has 32 bytes, found {len(seed)}")
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def ed25519_holds(material: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` is that of the 32-byte Ed25519 key under the message (RFC 8032)."""
    try:
        Ed25519PublicKey.from_public_bytes(material).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def sign(text: str, *signers: Signer) -> bytes:
    """A note with this text, which ends in a newline, and one signature per signer. Raises Refused for a text no note can hold."""
    if not text.endswith("\n") or _CONTROL.search(text) or not _encodable(text):
        raise Refused("a note's text ends in a newline and holds no other control characters")
    if not signers:
        raise Refused("a note has at least one signature")
    return (text + "\n" + "".join(_signed(text, signer) for signer in signers)).encode()


def add(note: bytes, *signers: Signer) -> bytes:
    """The same note with more signatures below. Raises Refused when it is no note, or when a key signed it before."""
    found = parse(note)
    have = {(line.name, line.id) for line in found.unknown}
    for signer in signers:
        if (signer.name, signer.id) in have:
            raise Refused(f"the key {signer.name!r} signed this note before")
    return note + "".join(_signed(found.text, signer) for signer in signers).encode()


def _signed(text: str, signer: Signer) -> str:
    check_name(signer.name)
    return Signature(name=signer.name, id=signer.id, body=signer.sign(text)).line


def parse(note: bytes) -> Note:
    """Takes a note apart without believing it: every signature is unknown. Raises Refused when malformed."""
    if len(note) > _MOST:
        raise Refused(f"a note has at most {_MOST:,} bytes, found {len(note):,}")
    try:
        whole = note.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("a note is UTF-8") from None
    if _CONTROL.search(whole):
        raise Refused("a note holds no control characters but newlines")
    at = whole.rfind("\n\n")
    if at < 0 or not whole.endswith("\n") or at + 2 == len(whole):
        raise Refused("a note is a text, an empty line and signature lines")
    lines = whole[at + 2 : -1].split("\n")
    if len(lines) > _LINES:
        raise Refused(f"a note has at most {_LINES} signatures, found {len(lines)}")
    return Note(text=whole[: at + 1], signatures=(), unknown=tuple(_parsed_line(line) for line in lines))


def _parsed_line(line: str) -> Signature:
    if not line.startswith(_DASH):
        raise Refused("a signature line begins with an em dash")
    name, _, coded = line.removeprefix(_DASH).partition(" ")
    check_name(name)
    raw = decoded(coded, "a signature")
    if len(raw) < 5:
        raise Refused("a signature has a key's id and at least one byte")
    return Signature(name=name, id=raw[:4], body=raw[4:])


def verify(note: bytes, keys: Iterable[Verifier]) -> Note:
    """Opens a note with known keys: at least one must have signed it. Raises Refused when malformed, unsigned, or signed wrongly."""
    found = parse(note)
    known = {(key.name, key.id): key for key in keys}
    good: dict[tuple[str, bytes], Signature] = {}
    unknown = []
    for line in found.unknown:
        key = known.get((line.name, line.id))
        if key is None:
            unknown.append(line)
        elif (line.name, line.id) in good:
            raise Refused(f"two signatures of the key {line.name!r}")
        elif not key.holds(found.text, line.body):
            raise Refused(f"the signature of {line.name!r} does not hold: the text or the signature was changed")
        else:
            good[line.name, line.id] = line
    if not good:
        raise Refused("no signature of a known key under this note")
    return Note(text=found.text, signatures=tuple(good.values()), unknown=tuple(unknown))
