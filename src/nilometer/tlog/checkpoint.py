"""Checkpoints (C2SP tlog-checkpoint v1.0.0): a log's name, size and head as the text of a signed note."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from nilometer.tlog import note
from nilometer.tlog.merkle import HASH
from nilometer.tlog.note import Note, Signer, Verifier
from nilometer.tlog.refused import Refused

_LARGEST: Final = (1 << 63) - 1
_NUMBER: Final = re.compile("0|[1-9][0-9]{0,18}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The head of a log: the log's name, its number of leaves, its 32-byte root, and lines that nothing vouches for."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The note text. Raises Refused when the checkpoint cannot be written."""
        lines = (self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.extensions)
        if not 0 <= self.size <= _LARGEST or len(self.root) != HASH or not all(lines) or any("\n" in line for line in lines):
            raise Refused("a checkpoint has an origin, a size, a root of 32 bytes, and lines that are not empty")
        return "".join(f"{line}\n" for line in lines)


def number(text: str, what: str) -> int:
    """A decimal number without signs or leading zeroes, below 2**63. Raises Refused naming `what` it was to be."""
    if not _NUMBER.fullmatch(text) or int(text) > _LARGEST:
        raise Refused(f"{what} is a number without leading zeroes, below 2**63")
    return int(text)


def parse(text: str) -> Checkpoint:
    """Reads a checkpoint from a note's text. Raises Refused when it is anything else, to the letter."""
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() != "" or not all(lines):
        raise Refused("a checkpoint is at least three lines, none of them empty")
    root = note.decoded(lines[2], "a checkpoint's root")
    if len(root) != HASH:
        raise Refused(f"a checkpoint's root has {HASH} bytes, found {len(root)}")
    return Checkpoint(origin=lines[0], size=number(lines[1], "a checkpoint's size"), root=root, extensions=tuple(lines[3:]))


def sign(head: Checkpoint, *signers: Signer) -> bytes:
    """The checkpoint as a signed note; the log's own key bears the origin as its name. Raises Refused."""
    return note.sign(head.text, *signers)


def verify(signed: bytes, logs: Iterable[Verifier], witnesses: Iterable[Verifier] = ()) -> tuple[Checkpoint, Note]:
    """Opens a signed checkpoint: a key of `logs` that bears the origin's name must have signed it. Raises Refused.

    A wrong signature of any key given refuses it; `signatures` of the note says which witnesses signed too.
    """
    keys = list(logs)
    opened = note.verify(signed, [*keys, *witnesses])
    head = parse(opened.text)
    own = {(key.name, key.id) for key in keys if key.name == head.origin}
    if not any((line.name, line.id) in own for line in opened.signatures):
        raise Refused(f"no known key of the log {head.origin!r} signed this checkpoint")
    return head, opened
