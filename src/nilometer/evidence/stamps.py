"""RFC 3161 timestamps on checkpoints: what says when a log was at least so long, in the word of somebody else.

A request is made here, sent to a timestamping authority by whatever the operator uses, and its answer is kept beside the
log once it verifies. Requests and answers are those that `openssl ts` reads and writes.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """A timestamp: which checkpoint file it is on (SHA-256 of the note), when, and the policy of who made it."""

    checkpoint: str
    at: datetime
    policy: str


def request(note: bytes) -> bytes:
    """A request (RFC 3161, 2.4.1) for a timestamp on a signed checkpoint, in DER. Raises ConfigError without the extra `timestamps`."""
    try:
        from rfc3161_client import TimestampRequestBuilder
    except ImportError:
        raise ConfigError(_MISSING) from None
    return TimestampRequestBuilder().data(note).cert_request(cert_request=True).build().as_bytes()


_MISSING: Final = "Timestamps need rfc3161-client: pip install 'nilometer[timestamps]'. `openssl ts -query` makes requests, too."


def keep(folder: Path, note: bytes, answer: bytes, roots: bytes | None = None) -> Stamp:
    """Keeps an authority's answer (DER) for this checkpoint under `folder`. With `roots` (PEM) its chain is verified, too.

    Raises InputError when it is no timestamp on this checkpoint or does not verify, ConfigError without the extra.
    """
    stamp = check(note, answer, roots)
    place = folder / FOLDER
    place.mkdir(exist_ok=True, mode=0o700)
    digest = hashlib.sha256(note).hexdigest()
    files.replace(place / f"{digest}.txt", note)
    files.replace(place / f"{digest}.{hashlib.sha256(answer).hexdigest()[:12]}.tsr", answer)
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
    if roots is not None:
        _verify(found, note, roots)
    info = found.tst_info
    return Stamp(checkpoint=hashlib.sha256(note).hexdigest(), at=info.gen_time, policy=str(info.policy.dotted_string))


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


def _verify(found: TimeStampResponse, note: bytes, roots: bytes) -> None:
    import rfc3161_client
    from cryptography import x509

    builder = rfc3161_client.VerifierBuilder()
    for root in x509.load_pem_x509_certificates(roots):
        builder = builder.add_root_certificate(root)
    try:
        builder.build().verify_message(found, note)
    except (ValueError, rfc3161_client.VerificationError) as cause:
        raise InputError(f"The timestamp does not verify: {cause}.") from None


def kept(folder: Path) -> list[tuple[Path, Path]]:
    """The timestamps kept under a log's folder, as (checkpoint, answer)."""
    answers = sorted((folder / FOLDER).glob("*.tsr"))
    return [(answer.with_name(f"{answer.name.split('.')[0]}.txt"), answer) for answer in answers]


def said(folder: Path, note: bytes) -> str:
    """In words: which timestamps stand on this checkpoint, or on earlier ones; empty when there are none."""
    held = kept(folder)
    if not held:
        return ""
    mine = hashlib.sha256(note).hexdigest()
    now = sum(checkpoint.stem == mine for checkpoint, _ in held)
    return f"{len(held):,} by RFC 3161, {now:,} of them on this checkpoint; they lie in log/{FOLDER}"


def copy(folder: Path, target: Path) -> None:
    """Copies all timestamps and the checkpoints they are on. Raises EvidenceError when a checkpoint is missing."""
    for checkpoint, answer in kept(folder):
        (target / FOLDER).mkdir(exist_ok=True)
        if not checkpoint.exists():
            raise EvidenceError(f"{checkpoint} is missing: the checkpoint that {answer.name} is on. Restore it from a copy.")
        for path in (checkpoint, answer):
            shutil.copyfile(path, target / FOLDER / path.name)
