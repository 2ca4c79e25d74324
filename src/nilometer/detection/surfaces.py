"""A surface is judged beside the others: a sale day, a weekday, an ageing ledger move all of them; a swarm moves one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from nilometer.detection.claims import Found
from nilometer.detection.coding import NONE, Flags, Floats, Ints
from nilometer.detection.count import Measure
from nilometer.detection.memory import DAYS, Memory
from nilometer.detection.narrowing import CROWD, MOST, Node, accounts_of
from nilometer.detection.rows import Rows

TELLING: Final = 20.0
"""Cold people a day in its beginning from which a surface says how the day is."""
ITSELF: Final = 0.01
"""Variance of the logarithm that every surface's day has at least."""
SMALL: Final = 0.05
"""Share of a surface's size below which another is no yardstick for it."""
OTHERS: Final = 3
"""Other surfaces needed for that on a platform."""
LOOKED_AT: Final = 200
"""Surfaces that are compared one by one; where there are more, all with the same middle."""
SPAN: Final = 2 * DAYS
"""Days back within which remembered days are compared."""
SEEN: Final = 2
"""Of these, so many must have been at work on one day."""
SAME: Final = 3
"""Same weekdays needed to say how they compare."""
KNOWN: Final = 10
"""Days needed to say how restless a surface is."""


def comparable(memory: Memory, day: int) -> bool:
    """Whether enough surfaces were at work within a week to say at a day's end what kind of day it was."""
    return int(((_weights(memory) > 0) & (memory.last >= day - 7)).sum()) > OTHERS


@dataclass(frozen=True, slots=True)
class Apart:
    """How each surface's days differ from the others': `unrest`, how far their logarithm strays upwards, (m,), NaN where too little is
    known; and `like` (m,), how this weekday usually compares with the surface's other days when the others are taken out."""

    unrest: Floats
    like: Floats


def beside(now: Memory, cold: Ints, quiet: Flags) -> Floats | None:
    """How many times its beginning the middle one of the other surfaces has met cold people today, (m,); None where too few can say.

    Those that rest today (`quiet`, as partners' at a weekend) say nothing: such days of theirs are not remembered either.
    """
    weights = np.where(quiet, 0.0, _weights(now))
    if int((weights > 0).sum()) <= SEEN:
        return None
    began = np.where(weights > 0, now.began["cold"], 0.0)
    ratios = np.log((cold + 1.0) / (began + 1.0))[:, None]
    return np.asarray(np.exp(_middle_of_others(ratios, weights, began)[:, 0]), dtype=np.float64)


def apart(now: Memory, measure: Measure, day: int) -> Apart:
    """What the remembered days say of each surface beside the others.

    Unrest is the larger of two robust spreads (from the median to the 84th percentile; 1.4826 median absolute deviations), so that
    neither a sale day nor a few days of a campaign widens it. Partners work on weekdays, visitors at weekends.
    Where paths are surfaces there may be a hundred thousand: of those that never met TELLING cold people a day nothing is known.
    """
    some = np.flatnonzero(now.record(measure, day - SPAN) >= TELLING)
    found = Apart(np.full(len(now), np.nan), np.ones(len(now)))
    found.unrest[some], found.like[some] = _apart(now.part(some), measure, day)
    return found


def _apart(now: Memory, measure: Measure, day: int) -> tuple[Floats, Floats]:
    back = day - now.place
    row, column = np.nonzero(now.valid() & (back >= 1) & (back < SPAN))
    logs = np.full((len(now), SPAN), np.nan)
    logs[row, back[row, column]] = np.log(now.counts[measure][row, column] + 1.0)
    weights = _weights(now)
    if int((weights > 0).sum()) > OTHERS:
        logs = logs - _middle_of_others(_centred(logs), weights, np.nan_to_num(now.began["cold"]))
    logs = _centred(logs)
    like = np.zeros((len(now), 7))
    for weekday in range(7):
        same = logs[:, weekday::7]
        known = np.isfinite(same).sum(axis=1) >= SAME
        like[known, weekday] = [np.median(one[np.isfinite(one)]) for one in same[known]]
    like = np.clip(like, -np.log(2.0), np.log(2.0))
    left = logs - like[:, np.arange(SPAN) % 7]
    return np.array([_spread(one[np.isfinite(one)]) for one in left], dtype=np.float64), np.asarray(np.exp(like[:, 0]), dtype=np.float64)


def _centred(logs: Floats) -> Floats:
    found = logs.copy()
    for one in found:
        one -= np.median(one[np.isfinite(one)]) if np.isfinite(one).any() else 0.0
    return found


def _weights(memory: Memory) -> Floats:
    """How much each surface says about a day, (m,): the inverse of how far its logarithm strays at least, by chance and by itself."""
    began = np.nan_to_num(memory.began["cold"])
    return np.asarray(np.where(began >= TELLING, 1.0 / (1.0 / np.maximum(began, TELLING) + ITSELF), 0.0), dtype=np.float64)


def _middle_of_others(values: Floats, weights: Floats, sizes: Floats) -> Floats:
    """For each row of `values` (m, d), the weighted medians (m, d) of the other rows; where there are very many, of all.

    A row of less than SMALL of the size of another says nothing about that one: small surfaces are cheap to fill.
    """
    if len(values) > LOOKED_AT:
        return np.broadcast_to(_medians(values, weights), values.shape)
    every = np.arange(len(values))
    return np.stack([_medians(values, np.where((every == at) | (sizes < SMALL * sizes[at]), 0.0, weights)) for at in every])


def _medians(values: Floats, weights: Floats) -> Floats:
    """Weighted medians of each column of (m, d), between two values in proportion; NaN where fewer than SEEN are there."""
    held = np.where(np.isfinite(values), weights[:, None], 0.0)
    order = np.argsort(np.where(held > 0, values, np.inf), axis=0, kind="stable")
    found = np.full(values.shape[1], np.nan)
    for column in np.flatnonzero((held > 0).sum(axis=0) >= SEEN).tolist():
        ranked = order[: int((held[:, column] > 0).sum()), column]
        weight = held[ranked, column]
        found[column] = np.interp(0.5, (np.cumsum(weight) - weight / 2) / weight.sum(), values[ranked, column])
    return found


def _spread(values: Floats) -> float:
    if len(values) < KNOWN:
        return np.nan
    middle, high = np.quantile(values, (0.5, 0.84))
    return float(max(high - middle, 1.4826 * np.median(np.abs(values - middle))))


def explained_by_one(rows: Rows, one: Found, memories: Mapping[str, Memory]) -> Node | None:
    """The one actor with an identity, if any, that accounts for most of a surface's growth: then it is judged, not the surface.

    Without it, the others' count beside their usual would have grown by less than half as much.
    """
    count, usual = float(one.claim.count), max(1.0, one.claim.reasons[0].usual)
    for name in ("account", "app", "org"):
        values = rows.keys[name][one.at]
        keys, counts = np.unique(values[values != NONE], return_counts=True)
        if name not in memories or not len(keys):
            continue
        memory = memories[name].of(keys)
        before = memory.usual(one.claim.measure)
        if one.claim.measure == "cold":  # a surface is held to its beginning, so its actors are here, too
            before = np.fmin(before, memory.began["cold"])
        own = np.minimum(before, 0.95 * usual)
        others = (count - counts) / (usual - own)
        at = int(np.argmin(others))
        if others[at] - 1.0 <= MOST * (count / usual - 1.0) and accounts_of(rows, (name, int(keys[at])), one.claim.time) < CROWD:
            return name, int(keys[at])
    return None
