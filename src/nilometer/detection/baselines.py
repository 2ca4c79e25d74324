"""What is usual for an actor: its own past, its peers where it has too little of one, how busy everybody is."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from nilometer.detection.coding import NONE, Flags, Floats, Ints, places
from nilometer.detection.count import Measure
from nilometer.detection.detector import Before, Crowd
from nilometer.detection.memory import Memory

GROWN: Final = 10
"""Active days from which an actor's own past alone says what is usual for it."""
ENOUGH: Final = 5
"""Peers needed before they say anything."""
LOOKED_AT: Final = 20_000
"""Peers are a sample of so many actors (those with the lowest pseudonyms, which are random)."""
SIBLINGS: Final = 4
"""Children of one parent, the judged one among them, of which the middle says how the work of all has changed."""
ALIVE: Final = 14
"""Days without work after which an actor is no peer any more."""


def usual(before: Before, measure: Measure) -> Floats:
    """What each actor's count usually is, (m,); infinite where nobody can say.

    Its own past (the mean of its remembered days but the busiest tenth); never less than the middle of its peers, because
    who begins to work as everybody does has only changed duties; for newcomers the ninth decile of their peers.
    """
    memory, peers = before.memory, before.crowd(measure)
    own = np.maximum(memory.usual(measure), before.floors.get(measure, 0.0))
    if before.level == "surface":
        prior = np.where(memory.days >= GROWN, 0.0, np.inf)
    elif peers.actors < ENOUGH:
        prior = np.where(memory.days >= 2 * GROWN, 0.0, np.inf)
    else:
        prior = np.where(memory.days >= GROWN, peers.middle, peers.high)
    return np.asarray(np.maximum(own, prior) * before.pace, dtype=np.float64)


def spread(before: Before, measure: Measure, least: float) -> Floats:
    """How far the logarithm of an actor's count usually strays, (m,): from its middle to its ninth decile, at least `least`."""
    memory = before.memory
    own = np.log((memory.high(measure) + 1.0) / (memory.usual(measure) + 1.0)) / 1.2816
    return np.asarray(np.clip(own, least, 1.0), dtype=np.float64)


def weekday(memory: Memory, measure: Measure, day: int) -> Floats:
    """How this weekday usually compares with the whole week, (m,), from the remembered days; 1 with fewer than three such days.

    Medians: one sale day would else make four weeks' same weekdays look busy.
    """
    valid = memory.valid()
    same = valid & ((memory.place - day) % 7 == 0)
    values = memory.counts[measure]
    whole, mine = _medians(values, valid), _medians(values, same)
    known = (same.sum(axis=1) >= 3) & (whole > 0)
    return np.asarray(np.where(known, np.clip(mine / np.maximum(whole, 1e-9), 0.5, 2.0), 1.0), dtype=np.float64)


def _medians(values: NDArray[np.float32], chosen: Flags) -> Floats:
    """The median of each row's chosen values, (m,); 0 without any."""
    ranked = np.sort(np.where(chosen, values, np.inf), axis=1)
    held = chosen.sum(axis=1)
    low, high = (np.take_along_axis(ranked, np.maximum(at, 0)[:, None], axis=1)[:, 0] for at in ((held - 1) // 2, held // 2))
    return np.asarray(np.where(held > 0, (low + high) / 2, 0.0), dtype=np.float64)


def crowds(memory: Memory, day: int, measures: tuple[Measure, ...]) -> dict[Measure, Crowd]:
    """What is usual among the actors of a level that worked lately and have a past of at least five days."""
    keep = np.flatnonzero((memory.last >= day - ALIVE) & (memory.days >= ENOUGH))[:LOOKED_AT]
    if len(keep) < ENOUGH:
        return {}
    part = memory.of(memory.actors[keep])
    found: dict[Measure, Crowd] = {}
    for measure in measures:
        middle, high = np.quantile(part.usual(measure), (0.5, 0.9))
        found[measure] = Crowd(actors=len(keep), middle=float(middle), high=float(high))
    return found


def siblings(memory: Memory, parents: Ints, day: int) -> dict[str, Floats]:
    """For each parent key what the middle of its children does lately beside its beginning (`Before.siblings`); NaN with fewer than SIBLINGS."""
    keep = np.flatnonzero(
        (memory.last >= day - ALIVE) & np.isin(memory.parent, parents[parents != NONE]) & np.isfinite(memory.began["fresh"])
    )
    part = memory.of(memory.actors[keep])
    fresh = part.lately("fresh")
    share = fresh / np.maximum(part.lately("people"), 1.0)
    ratios = {
        "fresh": (fresh + 1.0) / (part.began["fresh"] + 1.0),
        "start_fresh": (fresh + 1.0) / (part.began["start_fresh"] + 1.0),
        "start_share": (share + 0.01) / (part.began["start_share"] + 0.01),
    }
    return {name: _middles(part.parent, values, parents) for name, values in ratios.items()}


def _middles(groups: Ints, values: Floats, wanted: Ints) -> Floats:
    """The median of each wanted group's values; NaN for NONE, for a group with fewer than SIBLINGS, and where a value is NaN."""
    order = np.lexsort((values, groups))
    keys, begin, size = np.unique(groups[order], return_index=True, return_counts=True)
    if not len(keys):
        return np.full(len(wanted), np.nan)
    ranked = values[order]
    middle = (ranked[begin + (size - 1) // 2] + ranked[begin + size // 2]) / 2
    middle[np.isnan(ranked[begin + size - 1]) | (size < SIBLINGS) | (keys == NONE)] = np.nan  # NaN sorts last
    place, known = places(keys, wanted)
    return np.asarray(np.where(known, middle[place], np.nan), dtype=np.float64)


def pace(now: Memory, people: Floats) -> float:
    """How many times its usual day the middle actor with a past has had; 1 with fewer than five of them, never below."""
    own = now.usual("people")
    keep = (now.days >= ENOUGH) & (own >= 5.0)
    if int(keep.sum()) < ENOUGH:
        return 1.0
    return max(1.0, float(np.median(people[keep] / own[keep])))
