"""RFC 3161 timestamps on checkpoints: what says when a log was at least so long, in the word of somebody else.

A request is made here, sent to a timestamping authority by whatever the operator uses, and its answer is kept beside the
log, with the certificates that it was verified against. Without these it says only that somebody wrote a time down: anybody can
call themselves an authority, so it is called not verified wherever it is shown. Requests and answers are those of `openssl ts`.
"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from nilometer.errors import ConfigError, EvidenceError, InputError
from nilometer.ledger import files

if TYPE_CHECKING:
    from rfc3161_client import TimeStampResponse

FOLDER: Final = "timestamps"
_ROOTS: Final = ".pem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """A timestamp: which checkpoint file it is on (SHA-256 of the note), when, and the policy of who made it. `roots` says against which
    certificates that was verified; empty when nobody checked who made it."""

    checkpoint: str
    at: datetime
    policy: str
    roots: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Files of one timestamp: the checkpoint it is on, the authority's answer, and the certificates (PEM) it was verified against, or None."""

    checkpoint: Path
    answer: Path
    roots: Path | None

    def check(self) -> Stamp:
        """What it says, verified when certificates are there. Raises InputError when it does not hold, OSError when a file cannot be read."""
        roots = None if self.roots is None else self.roots.read_bytes()
        return check(self.checkpoint.read_bytes(), self.answer.read_bytes(), roots)


def request(note: bytes) -> bytes:
    """A request (RFC 3161, 2.4.1) for a timestamp on a signed checkpoint, in DER. Raises ConfigError without the extra `timestamps`."""
    try:
        from rfc3161_client import TimestampRequestBuilder
    except ImportError:
        raise ConfigError(_MISSING) from None
    return TimestampRequestBuilder().data(note).cert_request(cert_request=True).build().as_bytes()


_MISSING: Final = "Timestamps need rfc3161-client: pip install 'nilometer[timestamps]'. `openssl ts -query` makes requests, too."


def keep(folder: Path, note: bytes, answer: bytes, roots: bytes | None = None) -> Stamp:
    """Keeps an authority's answer (DER) for this checkpoint under `folder`. With `roots` (PEM) its chain is verified, and they are kept, too.

    Raises InputError when it is no timestamp on this checkpoint or does not verify, ConfigError without the extra.
    """
    stamp = check(note, answer, roots)
    place = folder / FOLDER
    place.mkdir(exist_ok=True, mode=0o700)
    digest = hashlib.sha256(note).hexdigest()
    files.replace(place / f"{digest}.txt", note)
    path = place / f"{digest}.{hashlib.sha256(answer).hexdigest()[:12]}.tsr"
    if roots is not None:
        files.replace(path.with_suffix(_ROOTS), roots)
    files.replace(path, answer)
    return stamp


def is_on(note: bytes, answer: bytes) -> bool:
    """Whether an answer is a timestamp on this checkpoint. Raises InputError when it is none at all, ConfigError without the extra."""
    imprint = _decoded(answer).tst_info.message_imprint.message
    return any(hashlib.new(name, note).digest() == imprint for name in ("sha256", "sha512", "sha384"))


def check(note: bytes, answer: bytes, roots: bytes | None = None) -> Stamp:
    """What an answer says, once it is about this checkpoint and (with `roots`, PEM certificates) signed by whom one trusts."""
    found = _decoded(answer)
    if not is_on(note, answer):
        raise InputError("The timestamp is on something else than this checkpoint.")
    trusted = "" if roots is None else _verify(found, note, roots)
    info = found.tst_info
    return Stamp(checkpoint=hashlib.sha256(note).hexdigest(), at=info.gen_time, policy=str(info.policy.dotted_string), roots=trusted)


def _decoded(answer: bytes) -> TimeStampResponse:
    try:
        import rfc3161_client
    except ImportError:
        raise ConfigError(_MISSING) from None
    try:
        found = rfc3161_client.decode_timestamp_response(answer)
        _ = found.tst_info
    except ValueError as cause:
        raise InputError(f"This is no RFC 3161 answer: {cause}. Expected DER, as `openssl ts -reply -out FILE` writes it.") from None
    return found


def _verify(found: TimeStampResponse, note: bytes, roots: bytes) -> str:
    """The certificates that an answer was verified against, in words."""
    import rfc3161_client
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    builder = rfc3161_client.VerifierBuilder()
    try:
        certificates = x509.load_pem_x509_certificates(roots)
        for root in certificates:
            builder = builder.add_root_certificate(root)
    except (ValueError, x509.InvalidVersion):
        raise InputError(
            "The roots hold no certificates that can be read. Expected PEM, as an authority publishes it: -----BEGIN CERTIFICATE-----."
        ) from None
    try:
        builder.build().verify_message(found, note)
    except (ValueError, rfc3161_client.VerificationError) as cause:
        raise InputError(f"The timestamp does not verify: {cause}.") from None
    return "; ".join(f"{one.subject.rfc4514_string()}, SHA-256 {one.fingerprint(hashes.SHA256()).hex()}" for one in certificates)


def kept(folder: Path) -> list[Kept]:
    """The timestamps kept under a log's folder."""
    found = []
    for answer in sorted((folder / FOLDER).glob("*.tsr")):
        roots = answer.with_suffix(_ROOTS)
        checkpoint = answer.with_name(f"{answer.name.split('.')[0]}.txt")
        found.append(Kept(checkpoint=checkpoint, answer=answer, roots=roots if roots.exists() else None))
    return found


UNVERIFIED: Final = "not verified: who made them was never checked, so they prove no time"
"""What is said of timestamps without roots, wherever they are shown."""


def said(folder: Path, note: bytes) -> str:
    """In words: which timestamps stand on this checkpoint, or on earlier ones, and which of them are verified; empty when there are none."""
    held = kept(folder)
    if not held:
        return ""
    mine = hashlib.sha256(note).hexdigest()
    now = sum(one.checkpoint.stem == mine for one in held)
    trusted = [one for one in map(_trusted, held) if one]
    words = [f"{len(trusted):,} verified against {'; '.join(dict.fromkeys(trusted))}"] if trusted else []
    words += [f"{len(held) - len(trusted):,} {UNVERIFIED}"] if len(trusted) < len(held) else []
    return f"{len(held):,} by RFC 3161, {now:,} of them on this checkpoint; {', '.join(words)}; they lie in log/{FOLDER}"


def _trusted(one: Kept) -> str:
    """Against what a timestamp verifies; empty when it does not, or that cannot be told here."""
    try:
        return one.check().roots
    except (InputError, ConfigError, OSError):
        return ""


def copy(folder: Path, target: Path) -> None:
    """Copies all timestamps, the checkpoints they are on and their roots. Raises EvidenceError when a checkpoint is missing."""
    for one in kept(folder):
        (target / FOLDER).mkdir(exist_ok=True)
        if not one.checkpoint.exists():
            raise EvidenceError(f"{one.checkpoint} is missing: the checkpoint that {one.answer.name} is on. Restore it from a copy.")
        for path in (one.checkpoint, one.answer, one.roots):
            if path is not None:
                shutil.copyfile(path, target / FOLDER / path.name)
