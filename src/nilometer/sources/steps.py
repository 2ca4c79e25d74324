"""Order-dependent evidence of enumeration, taken at the edge while the raw ids are still there.

For each row: how its numeric id stands to the one the same actor asked for just before in the same source. What is
kept is a small class of that difference, never the ids. The chain runs through chunks, so chunk sizes do not matter.
Misses: an id space walked by several actors in turn shows larger gaps, and ids without a number show nothing.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from nilometer.disclosures.actor import first_present
from nilometer.disclosures.schema import NEAR

_BY = ("account", "app", "org", "session", "ip", "user_agent")


def _grouped(actors: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """An order that brings each actor's rows together and keeps their order: two radix passes over 32 bits of the
    pseudonym, a third of the time of a full sort; that is taken when two actors agree in those bits."""
    low, high = (actors & 0xFFFF).astype(np.uint16), (actors >> 16 & 0xFFFF).astype(np.uint16)
    order = np.argsort(low, kind="stable")
    order = order[np.argsort(high[order], kind="stable")]
    sorted_actors = actors[order]
    heads = sorted_actors[np.concatenate([[True], sorted_actors[1:] != sorted_actors[:-1]])]
    if len(np.unique(heads)) != len(heads):
        return np.argsort(actors, kind="stable")
    return order


class Steps:
    """Follows one source in its order."""

    def __init__(self) -> None:
        self._actors = np.zeros(0, np.int64)
        self._last = np.zeros(0, np.int64)

    def take(self, rows: pa.Table, ordinals: pa.ChunkedArray) -> npt.NDArray[np.int8]:
        """The step of each row: 0 unknown or the same id, 1/-1 up/down by at most NEAR, 2/-2 up/down by more.

        `rows` has the pseudonyms of the actor levels; `ordinals` the numbers in the ids, null where there is none.
        """
        steps = np.zeros(rows.num_rows, np.int8)
        numeric = np.flatnonzero(np.asarray(ordinals.is_valid()))
        if len(numeric) == 0:
            return steps
        actors = first_present(rows, _BY)[numeric]
        ids = np.asarray(ordinals.fill_null(0))[numeric]
        order = _grouped(actors)
        actors, ids = actors[order], ids[order]
        begins = np.concatenate([[True], actors[1:] != actors[:-1]])
        before = np.concatenate([ids[:1], ids[:-1]])
        before[begins] = self._before(actors[begins], ids[begins])
        # Compared as floats first: two 64-bit ids may lie further apart than a 64-bit difference can say.
        far = np.abs(ids.astype(np.float64) - before.astype(np.float64)) > NEAR
        kind = np.sign(np.where(ids == before, 0, np.where(ids > before, 1, -1))).astype(np.int8)
        steps[numeric[order]] = np.where(far, 2 * kind, kind)
        self._remember(actors, ids)
        return steps

    def _before(self, actors: npt.NDArray[np.int64], ids: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The last id each of these (sorted) actors asked for in earlier chunks; its own id where there was none."""
        if len(self._actors) == 0:
            return ids
        place = np.minimum(np.searchsorted(self._actors, actors), len(self._actors) - 1)
        return np.where(self._actors[place] == actors, self._last[place], ids)

    def _remember(self, actors: npt.NDArray[np.int64], ids: npt.NDArray[np.int64]) -> None:
        ends = np.concatenate([actors[1:] != actors[:-1], [True]])
        fresh = ~np.isin(self._actors, actors[ends], assume_unique=True)
        merged = np.concatenate([self._actors[fresh], actors[ends]])
        last = np.concatenate([self._last[fresh], ids[ends]])
        order = np.argsort(merged)
        self._actors, self._last = merged[order], last[order]
