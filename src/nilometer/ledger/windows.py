"""Reach in sliding windows: the largest number of distinct people in any window of a length. Exact, by event time.

A window of length W that ends at t holds (t - W, t]. A person counts from each showing until W has passed or the person
is shown again, so the count at any moment is showings begun less showings ended: two sorts and two bisections.
"""

from __future__ import annotations

import itertools
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Ints = npt.NDArray[np.int64]

WINDOWS: Final = {"1h": 3600, "1d": 86_400, "7d": 7 * 86_400, "30d": 30 * 86_400, "240d": 240 * 86_400}
"""The windows in which reach is stated, in seconds."""

_MICROS: Final = 1_000_000


def largest(actors: Ints, subjects: Ints, times: Ints, *, axis: int = 1 << 62) -> pa.Table:
    """Per actor and window: `actor`, `window`, `people` (the most in any such window) and `until` (microseconds: the end
    of the first window that held so many). Times in microseconds; one row for each showing, in any order."""
    if len(actors) == 0:
        return pa.table(
            {
                "actor": pa.array([], pa.int64()),
                "window": pa.array([], pa.string()),
                "people": pa.array([], pa.int64()),
                "until": pa.array([], pa.int64()),
            }
        )
    order = np.lexsort((times, subjects, actors))
    actors, subjects, times = actors[order], subjects[order], times[order]
    heads = np.flatnonzero(np.concatenate([[True], actors[1:] != actors[:-1]]))
    # Actors are laid one after the other on one axis, each on a stretch of its own: as many at once as 62 bits hold.
    stretch = int(times.max()) - int(times.min()) + 2
    most = max(1, axis // stretch)
    bounds = [*heads[::most].tolist(), len(actors)]
    return pa.concat_tables(_counted(actors[a:b], subjects[a:b], times[a:b], stretch) for a, b in itertools.pairwise(bounds))


def _counted(actors: Ints, subjects: Ints, times: Ints, stretch: int) -> pa.Table:
    """The same for rows sorted by actor, subject and time, in one pass; what lies before an actor's stretch cancels out."""
    heads = np.flatnonzero(np.concatenate([[True], actors[1:] != actors[:-1]]))
    sizes = np.diff(np.append(heads, len(actors)))
    rank = np.repeat(np.arange(len(heads)), sizes)
    same = (actors[1:] == actors[:-1]) & (subjects[1:] == subjects[:-1])
    origin, span = int(times.min()), stretch - 1
    offset = times - origin
    again = np.concatenate([np.where(same, offset[1:], span), [span]])
    starts = np.sort(rank * stretch + offset)
    begun = np.searchsorted(starts, starts, side="right")
    tables = []
    for name, seconds in WINDOWS.items():
        ends = np.sort(rank * stretch + np.minimum(np.minimum(again, offset + seconds * _MICROS), span))
        count = begun - np.searchsorted(ends, starts, side="right")
        most = np.maximum.reduceat(count, heads)
        reached = np.flatnonzero(count == np.repeat(most, sizes))
        first = reached[np.searchsorted(reached, heads)]
        until = starts[first] - np.arange(len(heads)) * stretch + origin
        tables.append(
            pa.table({"actor": actors[heads], "window": pa.repeat(name, len(heads)), "people": most.astype(np.int64), "until": until})
        )
    return pa.concat_tables(tables)
