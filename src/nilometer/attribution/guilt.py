"""How likely each candidate is the source: one source or several mixed, with the range that a dump's own chance leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from nilometer.attribution.found import Found
from nilometer.attribution.mixture import Fit, Patterns, by_stratum, fit, gains, patterns, told_apart
from nilometer.attribution.odds import Reals, best, posterior
from nilometer.attribution.strata import Strata
from nilometer.attribution.weighing import Weighed
from nilometer.ledger.pairs import Ints

_APART: Final = 40  # candidates among which several sources are looked for
_SECOND: Final = 0.1  # prior of one more source
_DRAWS: Final = 24
_RANGE: Final = (0.05, 0.95)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Probabilities of j candidates (itself or a part of it), their range, rows that come from each, and of nobody.

    main: (j,) the probabilities for the main source alone. sources: places of the candidates that together explain it best.
    """

    probability: Reals
    low: Reals
    high: Reals
    taken: Reals
    main: Reals
    nobody: float
    sources: tuple[int, ...]


def probabilities(weighed: Weighed, layers: Strata, found: Found, nobody: float) -> Judged:
    """One source or several, and how likely each candidate is one. nobody: prior probability that the source is not in the ledger."""
    odds, prior = weighed.odds, weighed.prior
    alone = _with_nobody(odds, prior, weighed.clumps, nobody)
    order = np.argsort(-(odds + prior))[:_APART]
    order = order[np.isfinite(odds[order])]
    seen = _patterns(weighed, layers, found, order)
    apart: Fit | None = None
    if alone[-1] < 0.5 and len(order) > 1:
        bar = weighed.clumps * (-prior[order] - np.log(_SECOND))
        related = weighed.above[np.ix_(order, order)] | weighed.above[np.ix_(order, order)].T
        apart = told_apart(seen, 0, bar, related)
    if apart is None or len(apart.sources) < 2:
        return _one(weighed, seen, order, alone, nobody, float(found.rows))
    return _several(weighed, seen, order, apart, nobody)


def _with_nobody(odds: Reals, prior: Reals, clumps: float, nobody: float) -> Reals:
    """(j + 1,) probabilities, nobody's last. Against nobody, evidence counts only in so far as the dump is not clumpy anyway."""
    top = float(odds.max())
    null = max(0.0, top) * (1 - 1 / clumps)
    return posterior(np.append(prior, np.log(nobody)), np.append(odds, null))


def _patterns(weighed: Weighed, layers: Strata, found: Found, order: Ints) -> Patterns:
    held, beside = [], []
    for place in order.tolist():
        one, window = weighed.candidates[place], int(weighed.window[place])
        held.append(one.who[one.within(window)].astype(np.int64))
        beside.append(one.beside[window].sum())
    return patterns(layers.of_dump, held, layers.everybody, np.array(beside), float(found.rows))


def _draws(seen: Patterns) -> list[Patterns]:
    """Other dumps of the same kind: as many people, drawn again (Efron's bootstrap), the same each time."""
    rng = np.random.default_rng(2011)
    total = int(seen.count.sum())
    return [seen.recounted(rng.multinomial(total, seen.count / total).astype(np.float64)) for _ in range(_DRAWS)]


def _one(weighed: Weighed, seen: Patterns, order: Ints, alone: Reals, nobody: float, rows: float) -> Judged:
    """One source: what varies is which people the dump happens to hold, and how readily one believes in somebody unknown."""
    above = weighed.above
    probability = np.minimum(above @ alone[:-1], 1.0)
    first = order[:12]
    size = len(seen.everybody)
    ranges = [probability]
    for draw in _draws(seen):
        dump = by_stratum(draw.code, draw.count, size)
        both = np.stack([by_stratum(draw.code, draw.count * draw.holds[:, j], size) for j in range(len(first))])
        spread = _beside(weighed, first)
        value, _, _ = best(dump, np.maximum(seen.everybody, dump), both, spread, rows)
        odds = weighed.odds.copy()
        base, _, _ = best(*_as_seen(seen, first, spread), rows)
        odds[first] += value - base
        for unknown in (nobody / 2, (1 + nobody) / 2):
            prior = weighed.prior + np.log((1 - unknown) / (1 - nobody))
            ranges.append(np.minimum(above @ _with_nobody(odds, prior, weighed.clumps, unknown)[:-1], 1.0))
    low, high = np.quantile(np.stack(ranges), _RANGE, axis=0)
    taken = np.zeros(len(probability))
    covered = fit(seen, (0,)) if len(order) else None
    if covered is not None:
        taken[order[0]] = covered.taken[0]
    top = (int(order[0]),) if alone[-1] < 0.5 else ()
    return Judged(
        probability=probability, low=np.minimum(low, probability), high=np.maximum(high, probability), taken=taken, main=probability,
        nobody=float(alone[-1]), sources=top,
    )  # fmt: skip


def _beside(weighed: Weighed, places: Ints) -> Reals:
    """What some candidates hold outside the dump in their most likely window, (j, c)."""
    return np.stack([weighed.candidates[p].beside[int(weighed.window[p])] for p in places.tolist()])


def _as_seen(seen: Patterns, first: Ints, spread: Reals) -> tuple[Reals, Reals, Reals, Reals]:
    size = len(seen.everybody)
    both = np.stack([by_stratum(seen.code, seen.count * seen.holds[:, j], size) for j in range(len(first))])
    return by_stratum(seen.code, seen.count, size), seen.everybody, both, spread


def _several(weighed: Weighed, seen: Patterns, order: Ints, apart: Fit, nobody: float) -> Judged:
    """Several sources: each told by what it explains beside the others; an actor is guilty unless it is none of them."""
    above = weighed.above[np.ix_(order, order)]
    parts = []
    draws = [seen, *_draws(seen)]
    spare = []
    for source in apart.sources:
        others = [s for s in apart.sources if s != source]
        base = fit(seen, others)
        each = []
        for draw in draws:
            gain, _ = gains(draw, base)
            chance = _with_nobody(gain, weighed.prior[order], weighed.clumps, nobody)
            each.append(np.minimum(above @ chance[:-1], 1.0))
            if draw is seen:
                spare.append(float(chance[-1]))
        parts.append(np.stack(each))
    guilty = 1 - np.prod([1 - part for part in parts], axis=0)  # (draws, j)
    probability, taken = np.zeros(len(weighed.odds)), np.zeros(len(weighed.odds))
    low, high = np.zeros(len(weighed.odds)), np.zeros(len(weighed.odds))
    probability[order], taken[order[list(apart.sources)]] = guilty[0], apart.taken
    low[order], high[order] = (
        np.minimum(np.quantile(guilty, _RANGE[0], axis=0), guilty[0]),
        np.maximum(np.quantile(guilty, _RANGE[1], axis=0), guilty[0]),
    )
    main = np.zeros(len(weighed.odds))
    biggest = int(np.argmax(apart.taken))
    main[order] = parts[biggest][0]
    ranked = np.argsort(-apart.taken)
    return Judged(
        probability=probability, low=low, high=high, taken=taken, main=main, nobody=min(spare),
        sources=tuple(int(order[apart.sources[place]]) for place in ranked.tolist()),
    )  # fmt: skip
