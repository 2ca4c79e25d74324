"""Merkle trees of RFC 6962: heads, proofs, and the check of a proof (RFC 9162, sections 2.1.1 to 2.1.4, with SHA-256).

A proof is a list of hashes of ranges of leaves. Which ranges, is arithmetic; where their hashes come from, is the caller's:
`over` takes them from leaf hashes held in memory, `tiles.over` from a few tiles of a log of any size.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from nilometer.tlog.refused import Refused

HASH: Final = 32
"""Bytes in a hash."""

EMPTY: Final = hashlib.sha256(b"").digest()
"""The head of a tree without leaves."""

RangeHash = Callable[[int, int], bytes]
"""Gives the head of the tree over leaves lo to hi (exclusive), 0 <= lo < hi, as it occurs in proofs."""


def leaf_hash(entry: bytes) -> bytes:
    """The 32-byte hash of one leaf: SHA-256 of 0x00 and the entry (RFC 6962, 2.1)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The 32-byte hash of an inner node: SHA-256 of 0x01 and both children (RFC 6962, 2.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def split(count: int) -> int:
    """The largest power of two below `count`, which is at least 2: how many leaves go left."""
    return 1 << (count - 1).bit_length() - 1


def root(leaves: Sequence[bytes]) -> bytes:
    """The head of a tree with these 32-byte leaf hashes, in time and memory proportional to their number."""
    if not leaves:
        return EMPTY
    level = list(leaves)
    while len(level) > 1:  # neighbours pair up, who is left over goes up as it is: the same tree as splitting at powers of two
        paired = [node_hash(level[place], level[place + 1]) for place in range(0, len(level) - 1, 2)]
        level = paired + level[len(level) & ~1 :]
    return level[0]


def over(leaves: Sequence[bytes]) -> RangeHash:
    """Heads of ranges of leaf hashes that are all in memory."""

    def head(lo: int, hi: int) -> bytes:
        return root(leaves[lo:hi])

    return head


class Frontier:
    """A tree that only grows, kept as the heads of its complete parts: at most one per bit of its size."""

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        """A tree of `size` leaves, whose complete parts, largest first, have the heads `peaks`. Raises Refused when they do not fit."""
        self.size, self.peaks = size, list(peaks)
        if size < 0 or len(self.peaks) != size.bit_count() or any(len(peak) != HASH for peak in self.peaks):
            raise Refused(f"a tree of {size} leaves has one 32-byte hash per set bit of its size; found {len(self.peaks)}")

    def append(self, leaf: bytes) -> None:
        """Adds one leaf by its 32-byte hash; amortised constant time."""
        size = self.size
        while size & 1:
            leaf = node_hash(self.peaks.pop(), leaf)
            size >>= 1
        self.peaks.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """The head of the tree as it is now."""
        if not self.peaks:
            return EMPTY
        head = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            head = node_hash(peak, head)
        return head


def peak_ranges(size: int) -> list[tuple[int, int]]:
    """The complete parts of a tree of `size` leaves, largest first: what `Frontier` holds."""
    found, lo = [], 0
    for bit in reversed(range(size.bit_length())):
        if size >> bit & 1:
            found.append((lo, lo + (1 << bit)))
            lo += 1 << bit
    return found


def inclusion_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """The ranges whose heads prove leaf `index` of `size`, from the leaf's sibling up (RFC 9162, 2.1.3.1). Raises Refused outside."""
    if not 0 <= index < size:
        raise Refused(f"a tree of {size} leaves has no leaf {index}")
    found: list[tuple[int, int]] = []
    lo, hi = 0, size
    while hi - lo > 1:
        middle = lo + split(hi - lo)
        if index < middle:
            found.append((middle, hi))
            hi = middle
        else:
            found.append((lo, middle))
            lo = middle
    return found[::-1]


def is_subtree(start: int, end: int) -> bool:
    """Whether leaves start to end form a subtree: `start` is a multiple of the least power of two that holds them.

    (Merkle Tree Certificates, draft-ietf-plants-merkle-tree-certs, section 4.1; there an empty one counts too.)
    """
    return 0 <= start <= end and start % (1 << max(end - start - 1, 0).bit_length()) == 0


def consistency_ranges(start: int, end: int, size: int) -> list[tuple[int, int]]:
    """The ranges whose heads prove that leaves start to end are a subtree of a tree of `size` leaves (draft, section 4.4.1).

    With start 0 this is the consistency proof of RFC 9162, 2.1.4.1, from a tree of `end` leaves. Raises Refused for no subtree.
    """
    if not is_subtree(start, end) or not start < end <= size:
        raise Refused(f"leaves {start} to {end} are no subtree of a tree of {size} leaves")
    found: list[tuple[int, int]] = []
    lo, hi, whole = 0, size, True
    while not (lo == start and hi == end):
        middle = lo + split(hi - lo)
        if end <= middle:
            found.append((middle, hi))
            hi = middle
        elif start >= middle:
            found.append((lo, middle))
            lo = middle
        else:  # it ends inside the right part and begins where the left part does
            found.append((lo, middle))
            lo = start = middle
            whole = False
    if not whole:
        found.append((lo, hi))
    return found[::-1]


def inclusion_proof(index: int, size: int, head: RangeHash) -> list[bytes]:
    """The hashes that prove leaf `index` in the tree of `size` leaves. Raises Refused when there is no such leaf."""
    return [head(lo, hi) for lo, hi in inclusion_ranges(index, size)]


def consistency_proof(old: int, new: int, head: RangeHash) -> list[bytes]:
    """The hashes that prove that the tree of `old` >= 1 leaves begins the tree of `new` leaves. Raises Refused when it cannot."""
    return [head(lo, hi) for lo, hi in consistency_ranges(0, old, new)]


def subtree_proof(start: int, end: int, size: int, head: RangeHash) -> list[bytes]:
    """The hashes that prove that leaves start to end are a subtree of the tree of `size` leaves. Raises Refused when they are not."""
    return [head(lo, hi) for lo, hi in consistency_ranges(start, end, size)]


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], expected: bytes) -> None:
    """Checks that `leaf` (32-byte hash) is leaf `index` of the tree of `size` leaves with this head (RFC 9162, 2.1.3.2). Raises Refused."""
    if not 0 <= index < size:
        raise Refused(f"a tree of {size} leaves has no leaf {index}")
    _hashes(leaf, expected, *proof)
    place, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise Refused("the inclusion proof is longer than the tree is high")
        if place & 1 or place == last:
            found = node_hash(sibling, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        place, last = place >> 1, last >> 1
    if last != 0:
        raise Refused("the inclusion proof is shorter than the tree is high")
    if found != expected:
        raise Refused(f"the inclusion proof of leaf {index} leads to another head than that of the tree of {size} leaves")


def verify_subtree_inclusion(index: int, start: int, end: int, leaf: bytes, proof: Sequence[bytes], expected: bytes) -> None:
    """Checks that `leaf` is leaf `index` of the whole tree, within the subtree of leaves start to end with this head. Raises Refused."""
    if not is_subtree(start, end):
        raise Refused(f"leaves {start} to {end} are no subtree")
    verify_inclusion(index - start, end - start, leaf, proof, expected)


def verify_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Checks that the tree of `old` leaves begins the tree of `new` leaves (RFC 9162, 2.1.4.2). Raises Refused; an empty one proves nothing."""
    if not 1 <= old <= new:
        raise Refused(f"consistency from {old} to {new} leaves: expected at least one leaf, and no fewer later than before")
    verify_subtree_consistency(0, old, new, proof, old_root, new_root)


def verify_subtree_consistency(start: int, end: int, size: int, proof: Sequence[bytes], part: bytes, whole: bytes) -> None:
    """Checks that leaves start to end of the tree of `size` leaves and head `whole` are the subtree with head `part`. Raises Refused.

    (draft-ietf-plants-merkle-tree-certs, section 4.4.3. An empty subtree is in every tree: its head must be that of no leaves.)
    """
    if not is_subtree(start, end) or end > size:
        raise Refused(f"leaves {start} to {end} are no subtree of a tree of {size} leaves")
    if proof:  # without one nothing is hashed: published vectors compare what is no hash at all, and equal is equal
        _hashes(part, whole, *proof)
    if start == end:
        if proof or part != EMPTY:
            raise Refused("an empty subtree has the head of an empty tree, and an empty proof")
        return
    first, place, last = start, end - 1, size - 1
    while first != place and (place == last or place & 1):  # up to the largest complete part that ends the subtree
        first, place, last = first >> 1, place >> 1, last >> 1
    rest = list(proof)
    if first == place:
        found_part = found_whole = part
    elif rest:
        found_part = found_whole = rest.pop(0)
    else:
        raise Refused("the consistency proof is empty")
    for sibling in rest:
        if last == 0:
            raise Refused("the consistency proof is longer than the tree is high")
        if place & 1 or place == last:
            if first < place:
                found_part = node_hash(sibling, found_part)
            found_whole = node_hash(sibling, found_whole)
            while not place & 1 and place:
                first, place, last = first >> 1, place >> 1, last >> 1
        else:
            found_whole = node_hash(found_whole, sibling)
        first, place, last = first >> 1, place >> 1, last >> 1
    if last != 0:
        raise Refused("the consistency proof is shorter than the tree is high")
    if found_part != part:
        raise Refused(f"the consistency proof leads to another head than that of leaves {start} to {end}")
    if found_whole != whole:
        raise Refused(f"the consistency proof leads to another head than that of the tree of {size} leaves")


def _hashes(*found: bytes) -> None:
    """Refuses what is not 32 bytes long."""
    for value in found:
        if len(value) != HASH:
            raise Refused(f"a hash has {HASH} bytes, found {len(value)}")
