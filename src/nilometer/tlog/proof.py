"""Portable proofs (C2SP tlog-proof@v1): one text that shows, without any network, that an entry is in a log that others watch."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from nilometer.tlog import merkle, note
from nilometer.tlog.checkpoint import Checkpoint, number
from nilometer.tlog.policy import Policy
from nilometer.tlog.refused import Refused

FIRST: Final = "c2sp.org/tlog-proof@v1"
_HIGHEST: Final = 63


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """An entry's index, the hashes from its sibling up, the signed checkpoint; `extra` is opaque, and nothing vouches for it."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def verify(self, entry: bytes, policy: Policy) -> Checkpoint:
        """Checks that `entry` is in a log that the policy believes, and gives the checkpoint it is under. Raises Refused."""
        return self.verify_leaf(merkle.leaf_hash(entry), policy)

    def verify_leaf(self, leaf: bytes, policy: Policy) -> Checkpoint:
        """The same for an entry of which only the 32-byte leaf hash is at hand. Raises Refused."""
        head, _ = policy.verify(self.checkpoint)
        merkle.verify_inclusion(self.index, head.size, leaf, self.path, head.root)
        return head


def write(index: int, path: Sequence[bytes], checkpoint: bytes, *, extra: bytes | None = None) -> bytes:
    """The proof as text. Raises Refused when the checkpoint is no signed note or the path none of a tree."""
    note.parse(checkpoint)
    if index < 0 or len(path) > _HIGHEST or any(len(value) != merkle.HASH for value in path):
        raise Refused(f"a proof has an index and at most {_HIGHEST} hashes of {merkle.HASH} bytes")
    lines = [FIRST] + ([] if extra is None else [f"extra {_coded(extra)}"]) + [f"index {index}"] + [_coded(value) for value in path]
    return ("\n".join(lines) + "\n\n").encode() + checkpoint


def parse(text: bytes) -> Proof:
    """Reads a proof without believing it. Raises Refused when it is spelled in any other way."""
    above, empty, checkpoint = text.partition(b"\n\n")
    if not empty or not above.isascii():
        raise Refused("a proof is some lines, an empty line and a signed checkpoint")
    note.parse(checkpoint)
    lines = above.decode("ascii").split("\n")
    if lines.pop(0) != FIRST:
        raise Refused(f"a proof begins with {FIRST}")
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = note.decoded(lines.pop(0).removeprefix("extra "), "a proof's extra line")
    if not lines or not lines[0].startswith("index "):
        raise Refused("a proof has a line `index N`")
    index = number(lines.pop(0).removeprefix("index "), "a proof's index")
    if len(lines) > _HIGHEST:
        raise Refused(f"a proof has at most {_HIGHEST} hashes, found {len(lines)}")
    path = tuple(note.decoded(line, "a proof's hash") for line in lines)
    if any(len(value) != merkle.HASH for value in path):
        raise Refused(f"a proof's hash has {merkle.HASH} bytes")
    return Proof(index=index, path=path, checkpoint=checkpoint, extra=extra)


def _coded(value: bytes) -> str:
    return base64.b64encode(value).decode()
