"""Trust policies (C2SP tlog-policy): which logs are believed, and which witnesses must have seen a checkpoint."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from nilometer.tlog import checkpoint, cosignature
from nilometer.tlog.checkpoint import Checkpoint
from nilometer.tlog.cosignature import Witness
from nilometer.tlog.note import Note, Verifier
from nilometer.tlog.refused import Refused

NONE: Final = "none"
"""The quorum that asks for no witness."""
_MOST: Final = 1 << 20
_FORBIDDEN: Final = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group of witnesses and groups, of which `least` must have seen a checkpoint."""

    least: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Logs that are believed, witnesses and groups by name, and the name of the quorum: a witness, a group or `none`."""

    logs: tuple[Verifier, ...]
    witnesses: Mapping[str, Witness]
    groups: Mapping[str, Group]
    quorum: str

    def verify(self, signed: bytes) -> tuple[Checkpoint, Note]:
        """Opens a signed checkpoint of one of the logs that a quorum of witnesses has seen. Raises Refused naming what is missing."""
        if not self.logs:
            raise Refused("the policy names no log: nothing can be believed on it alone")
        head, opened = checkpoint.verify(signed, self.logs, self.witnesses.values())
        signers = {(line.name, line.id) for line in opened.signatures}
        seen = {name for name, key in self.witnesses.items() if (key.name, key.id) in signers}
        for name, group in self.groups.items():  # in the order of the file: members come before their groups
            if sum(member in seen for member in group.members) >= group.least:
                seen.add(name)
        if self.quorum != NONE and self.quorum not in seen:
            raise Refused(f"the quorum {self.quorum!r} of the policy has not seen this checkpoint")
        return head, opened


def parse(policy: bytes) -> Policy:
    """Reads a policy file. Raises Refused naming the line that is wrong."""
    if len(policy) > _MOST:
        raise Refused(f"a policy has at most {_MOST:,} bytes, found {len(policy):,}")
    reading = _Reading()
    lines = policy.split(b"\n")
    if lines.pop():
        raise Refused("a policy's last line ends in a newline")
    for number, line in enumerate(lines, 1):
        if _FORBIDDEN.search(line):
            raise Refused(f"line {number} of the policy holds a control character")
        # Names are octets, not letters: this spelling keeps each octet apart and is never shown to anyone but in quotes.
        words = [word.decode("utf-8", "surrogateescape") for word in re.split(rb"[ \t]+", line.strip(b" \t"))]
        if words == [""] or words[0].startswith("#"):
            continue
        try:
            reading.line(words)
        except Refused as cause:
            raise Refused(f"line {number} of the policy: {cause}") from None
    if reading.quorum is None:
        raise Refused("a policy has one line `quorum NAME`, or `quorum none`")
    return Policy(logs=tuple(reading.logs), witnesses=reading.witnesses, groups=reading.groups, quorum=reading.quorum)


def write(logs: Sequence[str], witnesses: Mapping[str, str], least: int) -> bytes:
    """A policy file: these logs' keys as text, these witnesses' by name, of which at least `least` must have seen a checkpoint.

    Raises Refused when it would not be read back as a policy.
    """
    lines = [f"log {vkey}" for vkey in logs] + [f"witness {name} {vkey}" for name, vkey in witnesses.items()]
    if least:
        lines.append(f"group witnesses {least} {' '.join(witnesses)}")
    written = "".join(f"{line}\n" for line in [*lines, f"quorum {'witnesses' if least else NONE}"]).encode("utf-8", "surrogateescape")
    parse(written)
    return written


class _Reading:
    """A policy, as far as it has been read."""

    def __init__(self) -> None:
        self.logs: list[Verifier] = []
        self.witnesses: dict[str, Witness] = {}
        self.groups: dict[str, Group] = {}
        self.quorum: str | None = None
        self._keys: set[tuple[str, bytes]] = set()
        self._grouped: set[str] = set()

    def line(self, words: list[str]) -> None:
        """Takes one line in. Raises Refused."""
        match words:
            case ["log", vkey] | ["log", vkey, _]:
                self.logs.append(cosignature.log_key(vkey))
                self._once("log", self.logs[-1])
            case ["witness", name, vkey] | ["witness", name, vkey, _]:
                self._new(name)
                self.witnesses[name] = cosignature.witness(vkey)
                self._once("witness", self.witnesses[name])
            case ["group", name, threshold, *members]:
                self._new(name)
                self.groups[name] = self._group(threshold, members)
            case ["quorum", name]:
                if self.quorum is not None:
                    raise Refused("a second quorum")
                if name != NONE and not self._known(name):
                    raise Refused(f"{name!r} is not defined above")
                self.quorum = name
            case [word, *_]:
                raise Refused(f"expected log, witness, group or quorum with what belongs to it, found {word[:20]!r}")

    def _group(self, threshold: str, members: list[str]) -> Group:
        for place, member in enumerate(members):
            if not self._known(member):
                raise Refused(f"{member!r} is not defined above")
            if member in self._grouped or member in members[:place]:
                raise Refused(f"{member!r} is in a group already")
        least = {"any": 1, "all": len(members)}.get(threshold)
        if least is None:
            least = checkpoint.number(threshold, "a group's threshold")
        if not 1 <= least <= len(members):
            raise Refused(f"a group of {len(members)} cannot ask for {least}")
        self._grouped.update(members)
        return Group(least=least, members=tuple(members))

    def _known(self, name: str) -> bool:
        return name in self.witnesses or name in self.groups

    def _new(self, name: str) -> None:
        if name == NONE or self._known(name):
            raise Refused(f"{name!r} has a meaning already")

    def _once(self, what: str, key: Verifier) -> None:
        """The same key under another name would count twice."""
        material = (what, getattr(key, "material", b""))
        if material in self._keys:
            raise Refused(f"the same {what} key a second time")
        self._keys.add(material)
