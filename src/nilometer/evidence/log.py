"""The tamper-evident log of one home: C2SP tlog-tiles as plain files, and checkpoints signed with Ed25519.

`folder/checkpoint` and `folder/tile/` may be copied to any web server. Leaves come from the journal, which is on the disk
before anything is signed. What was signed last is kept in a second place, too, and signing refuses to go backwards: a disk
that was rolled back, or a log that was rewritten, is found before the key shows two histories. When the second place moves away
from the account's own one, what is left there says where to: a home from before the move is found by it.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from nilometer.errors import ConfigError, EvidenceError
from nilometer.ledger import files
from nilometer.tlog import checkpoint, merkle, tiles
from nilometer.tlog.checkpoint import Checkpoint
from nilometer.tlog.note import PublicKey, SecretKey
from nilometer.tlog.refused import Refused
from nilometer.tlog.tiles import Tile

DAYS: Final = "checkpoints"
"""The folder of the last checkpoint of each day (UTC)."""


_MOVED: Final = "nilometer/second-place-moved-to "
"""How an extension line of a checkpoint begins that says, as JSON text, where the second place moved to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A checkpoint, and the signed note it stands in."""

    head: Checkpoint
    note: bytes

    @property
    def moved(self) -> str | None:
        """Where what is signed later is kept, as the settings call it; None for a checkpoint that says nothing of that."""
        said = next((line for line in self.head.extensions if line.startswith(_MOVED)), None)
        return None if said is None else str(json.loads(said.removeprefix(_MOVED)))


class Log:
    """The log under `folder`, whose key bears the log's origin as its name. `second` is a file on another disk, or None.

    `own` is where the account keeps what nothing else is said of; when `second` is another file, which the settings call `called`, it is
    left there that the second place is `called` now. The caller holds the lock to change it.
    """

    def __init__(self, folder: Path, key: PublicKey, second: Path | None, own: Path | None = None, called: str = "") -> None:
        self.folder, self.key, self.second = folder, key, second
        self.own = None if own == second else own
        self.called = called if self.own is not None else ""

    def head(self) -> Signed | None:
        """The last checkpoint that was published; None when there is none. Raises EvidenceError when it does not verify."""
        return self.opened(self.folder / "checkpoint")

    def kept(self) -> Signed | None:
        """The last checkpoint in the second place; None when there is none. Raises EvidenceError when it does not verify."""
        return None if self.second is None else self.opened(self.second)

    def left(self) -> Signed | None:
        """What was left in the account's own place, where that is not the second one. Raises EvidenceError when it does not verify."""
        return None if self.own is None else self.opened(self.own)

    def elsewhere(self) -> str:
        """In words, that the second place was moved to another file than the one looked at; empty when it was not. Raises EvidenceError."""
        kept, left = self.kept(), self.left()
        for place, signed in ((self.second, kept), (self.own, left)):
            if signed is not None and signed.moved not in (None, self.called):
                return (
                    f"The second place was moved: {place} says that what is signed is kept in {signed.moved} since {signed.head.size:,} entries, "
                    f"and the settings name {self.called or 'none'}. This is a copy of the home from before, or the settings were changed. "
                    "Name that file under [evidence] second_place again; if it was moved on purpose, say so with `nilometer evidence renew --why ...`."
                )
        return ""

    def opened(self, path: Path) -> Signed | None:
        """A signed checkpoint from a file; None when there is no file."""
        try:
            text = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as cause:
            raise ConfigError(f"{path} cannot be read: {cause.strerror or cause}.") from None
        try:
            head, _ = checkpoint.verify(text, [self.key])
        except Refused as cause:
            raise EvidenceError(f"{path} is no checkpoint of this home's log: {cause}.") from None
        if head.origin != self.key.name:
            raise EvidenceError(f"{path} is the checkpoint of another log ({head.origin}); expected {self.key.name}.")
        return Signed(head=head, note=text)

    def read(self, level: int, index: int, width: int) -> bytes:
        """The bytes of a hash tile of at least that width. Raises EvidenceError when it is missing."""
        return self._tile(Tile(level=level, index=index, width=width))

    def _tile(self, tile: Tile) -> bytes:
        exact = self.folder / tile.path
        with contextlib.suppress(FileNotFoundError):
            return exact.read_bytes()
        whole = self.folder / Tile(level=tile.level, index=tile.index).path
        wider = sorted(whole.with_name(f"{whole.name}.p").glob("*"), key=lambda one: int(one.name) if one.name.isdigit() else 0)
        for path in (whole, *(one for one in wider if one.name.isdigit() and int(one.name) >= tile.width)):
            with contextlib.suppress(FileNotFoundError):
                return path.read_bytes()
        raise EvidenceError(f"{exact} is missing: the log is not whole. Restore it from a copy.")

    def bundle(self, index: int, size: int) -> list[bytes]:
        """The entries of one bundle of a log of `size` entries. Raises EvidenceError when it is missing or damaged."""
        width = tiles.width(-1, index, size)
        path = self.folder / Tile(level=-1, index=index, width=width).path
        try:
            return tiles.unpack(path.read_bytes(), width)
        except FileNotFoundError:
            raise EvidenceError(f"{path} is missing: the log is not whole. Restore it from a copy.") from None
        except Refused as cause:
            raise EvidenceError(f"{path} was changed: {cause}.") from None

    def extend(self, leaves: Sequence[bytes], secret: SecretKey, at: datetime) -> Signed:
        """Signs a checkpoint over `leaves` (all of the log's, from its first on) and publishes it; durable when it returns.

        Order on the disk: entries and tiles, the second place, the checkpoint; after a crash in between, the next call
        goes on from there. Raises EvidenceError, and signs nothing, when what was signed before is not a beginning of `leaves`.
        """
        held = self.head()
        size = held.head.size if held else 0
        hashes = self._beginning(leaves, held)
        if held is not None and len(leaves) == size:
            return held
        grown = tiles.grown(size, hashes, self.read)
        for bundle in tiles.bundles(len(leaves), since=size):
            begin = bundle.index * tiles.WIDTH
            self._put(bundle, tiles.pack(leaves[begin : begin + bundle.width]))
        for tile, data in grown.items():
            self._put(tile, data)
        head = Checkpoint(origin=self.key.name, size=len(leaves), root=self._frontier(len(leaves)))
        signed = Signed(head=head, note=checkpoint.sign(head, secret))
        self._remember(signed)
        left = self.left()
        if left is not None and left.moved is None:
            self._leave(head, secret)
        (self.folder / DAYS).mkdir(exist_ok=True, mode=0o700)
        files.replace(self.folder / DAYS / f"{at.date().isoformat()}.txt", signed.note)
        files.replace(self.folder / "checkpoint", signed.note)
        self._sweep(grown, len(leaves))
        return signed

    def _beginning(self, leaves: Sequence[bytes], held: Signed | None) -> list[bytes]:
        """The hashes of the leaves that no checkpoint covers yet, once all that was ever signed is found at the beginning of `leaves`."""
        size = held.head.size if held else 0
        last, left = self.kept(), self.left()
        if moved := self.elsewhere():
            raise EvidenceError(moved)
        if held is not None and last is None and self.second is not None:
            raise EvidenceError(
                f"{self.second} is missing: it holds what was signed last, and without it a rolled-back disk would not be seen. "
                "Restore it; if it was moved on purpose, say so with `nilometer evidence renew --why ...`."
            )
        most = max(size, *(one.head.size for one in (last, left) if one is not None), 0)
        if most > len(leaves):
            raise EvidenceError(
                f"The log was rolled back: {most:,} entries were signed, {len(leaves):,} are here. "
                "Restore the newest copy of the home; nothing is signed until then."
            )
        if held is not None and self._frontier(size) != held.head.root:
            raise EvidenceError(f"The tiles under {self.folder} are not those that were signed ({size:,} entries).")
        hashes = [merkle.leaf_hash(leaf) for leaf in leaves[size:]]
        for place, one in ((self.second, last), (self.own, left)):
            if one is not None and (held is None or one.head != held.head) and not self._continues(one, held, leaves, hashes):
                raise EvidenceError(
                    f"The log was forked: {place} holds a signed checkpoint of {one.head.size:,} entries that this log does not continue."
                )
        return hashes

    def _continues(self, one: Signed, held: Signed | None, leaves: Sequence[bytes], hashes: Sequence[bytes]) -> bool:
        """Whether a signed checkpoint is a beginning of `leaves`, whose hashes from the last head on are `hashes`."""
        size = held.head.size if held else 0
        if one.head.size <= size:
            return merkle.root([merkle.leaf_hash(leaf) for leaf in leaves[: one.head.size]]) == one.head.root
        frontier = tiles.frontier(size, self.read)  # a crash came between the second place and the checkpoint
        for fresh in hashes[: one.head.size - size]:
            frontier.append(fresh)
        return frontier.root() == one.head.root

    def begin(self, head: Signed, secret: SecretKey) -> None:
        """Begins the second place anew with the last checkpoint, having said in the account's own place that it moved. Raises ConfigError."""
        if self.own is not None:
            self._leave(head.head, secret)
        self._remember(head)

    def _leave(self, head: Checkpoint, secret: SecretKey) -> None:
        """Leaves word in the account's own place that the second one is another now."""
        assert self.own is not None
        said = Checkpoint(origin=head.origin, size=head.size, root=head.root, extensions=(_MOVED + json.dumps(self.called),))
        _kept(self.own, checkpoint.sign(said, secret))

    def _frontier(self, size: int) -> bytes:
        try:
            return tiles.frontier(size, self.read).root()
        except Refused as cause:
            raise EvidenceError(f"The tiles under {self.folder} are damaged: {cause}.") from None

    def _put(self, tile: Tile, data: bytes) -> None:
        path = self.folder / tile.path
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        files.replace(path, data)

    def _remember(self, signed: Signed) -> None:
        """Keeps the checkpoint in the second place, before anybody can see it."""
        if self.second is not None:
            _kept(self.second, signed.note)

    def _sweep(self, grown: dict[Tile, bytes], size: int) -> None:
        """Removes partial tiles and bundles that a wider one has replaced."""
        wide = {(tile.level, tile.index): tile.width for tile in (*grown, *tiles.bundles(size, since=max(0, size - tiles.WIDTH)))}
        for (level, index), width in wide.items():
            whole = self.folder / Tile(level=level, index=index).path
            for path in whole.with_name(f"{whole.name}.p").glob("*"):
                if path.name.isdigit() and int(path.name) < width:
                    path.unlink(missing_ok=True)

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """The proof that entry `index` is in the log of `size` entries. Raises EvidenceError when tiles are missing or damaged."""
        try:
            return merkle.inclusion_proof(index, size, tiles.over(size, self.read))
        except Refused as cause:
            raise EvidenceError(f"No proof of entry {index}: {cause}.") from None

    def consistency(self, old: int, new: int) -> list[bytes]:
        """The proof that the log of `new` entries continues that of `old` >= 1. Raises EvidenceError as `inclusion` does."""
        try:
            return merkle.consistency_proof(old, new, tiles.over(new, self.read))
        except Refused as cause:
            raise EvidenceError(f"No proof from {old} to {new} entries: {cause}.") from None

    def days(self) -> dict[str, Signed]:
        """The last checkpoint of each day on which anything was sealed, by date. Raises EvidenceError for one that does not verify."""
        found = {}
        for path in sorted((self.folder / DAYS).glob("*.txt")):
            signed = self.opened(path)
            if signed is not None:
                found[path.stem] = signed
        return found


def _kept(path: Path, text: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        files.replace(path, text)
    except OSError as cause:
        raise ConfigError(
            f"{path} cannot be written: {cause.strerror or cause}. Name another file, best on another disk, under [evidence] second_place."
        ) from None
