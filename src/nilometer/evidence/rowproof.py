"""Rows of a segment proved from its digest: an excerpt of chunks, and the way from them to what the journal sealed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from nilometer.errors import EvidenceError
from nilometer.ledger import rowseal
from nilometer.tlog import chunks


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """Chunks of eight rows as ranges (first, how many), their bytes one after the other, and the values beside their ways to the root."""

    ranges: list[tuple[int, int]]
    bodies: bytes
    path: bytes


def tree(segment: pa.Table, salt: bytes, sealed: str) -> chunks.Tree:
    """The tree over all rows of a segment. Raises EvidenceError when its root is not the digest that was `sealed`."""
    data = np.concatenate([part.view(np.uint8).copy() for part in rowseal.encoded(segment, salt)])
    found = chunks.Tree(data)
    if found.root().hex() != sealed:
        raise EvidenceError("The rows of a segment are not those that were sealed. `nilometer evidence verify` names it.")
    return found


def excerpt(held: chunks.Tree, places: npt.NDArray[np.int64]) -> Excerpt:
    """The chunks that hold the rows at these places (ascending), with one path for all of them."""
    wanted = np.unique(places // chunks.ROWS)
    bodies, path = held.excerpt(wanted.tolist())
    starts = np.flatnonzero(np.concatenate([[True], np.diff(wanted) > 1]))
    lengths = np.diff(np.concatenate([starts, [len(wanted)]]))
    ranges = [(int(wanted[at]), int(many)) for at, many in zip(starts, lengths, strict=True)]
    return Excerpt(ranges=ranges, bodies=bodies, path=path)
