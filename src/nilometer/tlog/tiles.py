"""The C2SP tlog-tiles layout: a log's hashes as files of 256, its entries as bundles of 256, and proofs that read few of them."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from nilometer.tlog import merkle
from nilometer.tlog.merkle import HASH, Frontier, RangeHash
from nilometer.tlog.refused import Refused

WIDTH: Final = 256
"""Hashes in a full tile, entries in a full bundle."""
LARGEST_ENTRY: Final = 0xFFFF
"""Bytes in an entry at most: its length is a uint16."""

ReadTile = Callable[[int, int, int], bytes]
"""Gives the bytes of tile (level, index, width); longer ones, of the same tile once it has grown, will do."""

_PATH: Final = re.compile(r"tile/(entries|0|[1-9]\d?)/((?:x\d{3}/)*)(\d{3})(?:\.p/([1-9]\d{0,2}))?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Tile:
    """One file: `level` 0 to 7 of hashes, or -1 for entries; the `index` within its level; 1 to 256 hashes or entries."""

    level: int
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Where it lies, below the log's folder or address."""
        parts, rest = [f"{self.index % 1000:03}"], self.index // 1000
        while rest:
            parts.insert(0, f"x{rest % 1000:03}")
            rest //= 1000
        name = "/".join(parts)
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{'entries' if self.level < 0 else self.level}/{name}{partial}"


def parse_path(path: str) -> Tile:
    """The tile that lies at a path. Raises Refused for one that is spelled in any other way."""
    found = _PATH.fullmatch(path)
    if found:
        level, folders, last, width = found.groups()
        digits = folders.replace("x", "").replace("/", "") + last
        tile = Tile(level=-1 if level == "entries" else int(level), index=int(digits), width=int(width or WIDTH))
        if tile.level < 64 and tile.path == path:
            return tile
    raise Refused("expected the path of a tile, as tile/0/x001/234.p/5; found something else")


def width(level: int, index: int, size: int) -> int:
    """How many hashes a tile has in a log of `size` leaves: 0 when it is not there."""
    return min(max((size >> 8 * max(level, 0)) - index * WIDTH, 0), WIDTH)


def tiles(size: int, *, since: int = 0) -> Iterator[Tile]:
    """The hash tiles of a log of `size` leaves that are new, or wider, than those of `since` leaves: level by level, in order."""
    level = 0
    while size >> 8 * level:
        before, now = since >> 8 * level, size >> 8 * level
        if now > before:
            for index in range(before // WIDTH, -(-now // WIDTH)):
                yield Tile(level=level, index=index, width=width(level, index, size))
        level += 1


def bundles(size: int, *, since: int = 0) -> Iterator[Tile]:
    """The entry bundles of a log of `size` leaves that are new, or fuller, than those of `since` leaves, in order."""
    for index in range(since // WIDTH, -(-size // WIDTH)) if size > since else ():
        yield Tile(level=-1, index=index, width=width(-1, index, size))


def pack(entries: Sequence[bytes]) -> bytes:
    """An entry bundle: each entry behind its length as a big-endian uint16. Raises Refused for one that is too long."""
    if any(len(entry) > LARGEST_ENTRY for entry in entries):
        raise Refused(f"an entry has at most {LARGEST_ENTRY:,} bytes")
    return b"".join(struct.pack(">H", len(entry)) + entry for entry in entries)


def unpack(bundle: bytes, count: int) -> list[bytes]:
    """The `count` entries of a bundle. Raises Refused when it holds more, fewer, or is cut off."""
    found: list[bytes] = []
    at = 0
    while at < len(bundle) and len(found) < count:
        if at + 2 > len(bundle):
            raise Refused("an entry bundle ends within a length")
        (length,) = struct.unpack_from(">H", bundle, at)
        if at + 2 + length > len(bundle):
            raise Refused("an entry bundle ends within an entry")
        found.append(bundle[at + 2 : at + 2 + length])
        at += 2 + length
    if len(found) != count or at != len(bundle):
        raise Refused(f"expected an entry bundle of exactly {count} entries")
    return found


def over(size: int, read_tile: ReadTile) -> RangeHash:
    """Heads of the ranges that proofs in a log of `size` leaves need, from its tiles; the last 64 tiles read are kept.

    What is computed is only as good as the tiles: check the proof against a signed head before giving it away. The head of
    a range raises Refused when a tile has not the bytes it must have, or when the range is none that a proof can ask for.
    """

    @lru_cache(maxsize=64)
    def tile(level: int, index: int) -> bytes:
        wanted = width(level, index, size)
        found = read_tile(level, index, wanted)
        if len(found) < wanted * HASH or len(found) % HASH or len(found) > WIDTH * HASH:
            where = Tile(level=level, index=index, width=wanted).path
            raise Refused(f"expected {wanted} hashes in {where}, found {len(found):,} bytes")
        return found[: wanted * HASH]

    def head(lo: int, hi: int) -> bytes:
        if not 0 <= lo < hi <= size:
            raise Refused(f"leaves {lo} to {hi} are no part of a log of {size}")
        count = hi - lo
        if count & (count - 1):
            middle = lo + merkle.split(count)
            return merkle.node_hash(head(lo, middle), head(middle, hi))
        if lo % count:
            raise Refused(f"leaves {lo} to {hi} are no complete part of a tree")
        level = (count.bit_length() - 1) // 8
        first, many = lo >> 8 * level, count >> 8 * level
        index, begin = divmod(first, WIDTH)
        hashes = tile(level, index)
        return merkle.root([hashes[at * HASH : (at + 1) * HASH] for at in range(begin, begin + many)])

    return head


def frontier(size: int, read_tile: ReadTile) -> Frontier:
    """The growing end of a log of `size` leaves, from a few tiles. Raises Refused as `over` does."""
    head = over(size, read_tile)
    return Frontier(size, [head(lo, hi) for lo, hi in merkle.peak_ranges(size)])


def grown(size: int, leaves: Sequence[bytes], read_tile: ReadTile) -> dict[Tile, bytes]:
    """The tiles to write when leaf hashes are added to a log of `size` leaves, by level and index; old ones are read where they grow.

    Work and tiles read are proportional to the leaves added. Raises Refused when a tile that is there has the wrong length.
    """
    found: dict[Tile, bytes] = {}
    added = list(leaves)
    level, before, total = 0, size, size + len(leaves)
    while added:
        index, inside = divmod(before, WIDTH)
        held = b""
        if inside:
            held = read_tile(level, index, inside)[: inside * HASH]
            if len(held) != inside * HASH:
                raise Refused(f"expected {inside} hashes in {Tile(level=level, index=index, width=inside).path}")
        stream = held + b"".join(added)
        added = []
        for at in range(0, len(stream), WIDTH * HASH):
            part = stream[at : at + WIDTH * HASH]
            tile = Tile(level=level, index=index + at // (WIDTH * HASH), width=len(part) // HASH)
            found[tile] = part
            if tile.width == WIDTH:
                added.append(merkle.root([part[h : h + HASH] for h in range(0, len(part), HASH)]))
        level += 1
        before = size >> 8 * level
    assert sorted(found) == list(tiles(total, since=size))
    return found
