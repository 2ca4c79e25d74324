"""Reach in sliding windows: the largest number of distinct people in any window of a length. Exact, by event time.

A window of length W that ends at t holds (t - W, t]. A person counts from each showing until W has passed or the person
is shown again, so the count at any moment is showings begun less showings ended: two sorts and two bisections.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Ints = npt.NDArray[np.int64]

WINDOWS: Final = {"1h": 3600, "1d": 86_400, "7d": 7 * 86_400, "30d": 30 * 86_400, "240d": 240 * 86_400}
"""The windows in which reach is stated, in seconds."""

_MICROS: Final = 1_000_000


def largest(actors: Ints, subjects: Ints, times: Ints) -> pa.Table:
    """Per actor and window: `actor`, `window`, `people` (the most in any such window) and `until` (microseconds: the end
    of the first window that held so many). Times in microseconds; one row for each showing, in any order."""
    if len(actors) == 0:
        return pa.table({"actor": pa.array([], pa.int64()), "window": pa.array([], pa.string()), "people": pa.array([], pa.int64()), "until": pa.array([], pa.int64())})
    order = np.lexsort((times, subjects, actors))
    actors, subjects, times = actors[order], subjects[order], times[order]
    heads = np.flatnonzero(np.concatenate([[True], actors[1:] != actors[:-1]]))
    rank = np.repeat(np.arange(len(heads)), np.diff(np.append(heads, len(actors))))
    same = (actors[1:] == actors[:-1]) & (subjects[1:] == subjects[:-1])
    origin = int(times.min())
    span = int(times.max()) - origin + 1
    offset = times - origin
    again = np.concatenate([np.where(same, offset[1:], span), [span]])
    # Actors are laid one after the other on one axis, each on a stretch of its own; what is before cancels out.
    stretch = span + 1
    if len(heads) * stretch >= 1 << 62:
        raise OverflowError("too many actors for one pass; ask for fewer at a time")
    starts = np.sort(rank * stretch + offset)
    begun = np.searchsorted(starts, starts, side="right")
    tables = []
    for name, seconds in WINDOWS.items():
        ends = np.sort(rank * stretch + np.minimum(np.minimum(again, offset + seconds * _MICROS), span))
        count = begun - np.searchsorted(ends, starts, side="right")
        most = np.maximum.reduceat(count, heads)
        reached = np.flatnonzero(count == np.repeat(most, np.diff(np.append(heads, len(count)))))
        first = reached[np.searchsorted(reached, heads)]
        until = starts[first] - np.arange(len(heads)) * stretch + origin
        tables.append(pa.table({"actor": actors[heads], "window": pa.repeat(name, len(heads)), "people": most.astype(np.int64), "until": until}))
    return pa.concat_tables(tables)
