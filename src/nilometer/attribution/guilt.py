"""How likely each candidate is the source: one source or several mixed, with the range that a dump's own chance leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from nilometer.attribution.chance import Chance
from nilometer.attribution.found import Found
from nilometer.attribution.mixture import Fit, Patterns, by_stratum, fit, gains, patterns, told_apart
from nilometer.attribution.odds import Reals, best
from nilometer.attribution.outsiders import chance
from nilometer.attribution.strata import Strata
from nilometer.attribution.weighing import Weighed
from nilometer.ledger.holding import Holdings
from nilometer.ledger.pairs import Ints

_APART: Final = 40  # candidates among which several sources are looked for
_SECOND: Final = 0.1  # prior of one more source
_DRAWS: Final = 24
_DRAWN: Final = 12  # candidates weighed again for each draw
_RANGE: Final = (0.05, 0.95)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Probabilities of j candidates (itself or a part of it), their range, rows that come from each, and of nobody.

    main: (j,) the probabilities for the main source alone. sources: places of the candidates that together explain it best.
    share: of the dump's people ever shown to anybody, how many the sources explain.
    """

    probability: Reals
    low: Reals
    high: Reals
    taken: Reals
    main: Reals
    nobody: float
    sources: tuple[int, ...]
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Doubt:
    """What speaks for nobody in the ledger. prior: before looking. clumps: see `Weighed`. chance: what others' people look like."""

    prior: float
    clumps: float
    chance: Chance
    caught: bool

    def spread(self, odds: Reals, log_prior: Reals, share: float | None, sources: int = 1, prior: float | None = None) -> Reals:
        """(j + 1,) probabilities, nobody's last. share: how much of the dump the sources explain, None: that speaks for nothing."""
        prior = self.prior if prior is None else prior
        weight = log_prior + odds + np.log((1 - prior) / (1 - self.prior))
        whole, top = float(np.logaddexp.reduce(weight)), max(0.0, float(odds.max()))
        clumps = 1.0 if self.caught else self.clumps
        against = whole - top + top / clumps - np.log(prior)  # a clumpy dump's overlaps say less
        if share is not None and not self.caught:
            against = min(against, self.chance.log_evidence(share, sources) + np.log((1 - prior) / prior))
        nobody = 1 / (1 + np.exp(min(against, 700.0)))
        return np.append(np.exp(weight - whole) * (1 - nobody), nobody)


def probabilities(holdings: Holdings, weighed: Weighed, layers: Strata, found: Found, nobody: float, *, caught: bool = False) -> Judged:
    """One source or several, and how likely each candidate is one.

    nobody: prior probability that the source is not in the ledger. caught: whether canaries say that it is.
    """
    odds, prior = weighed.odds, weighed.prior
    order = np.argsort(-(odds + prior))[:_APART]
    order = order[np.isfinite(odds[order])]
    seen = _patterns(weighed, layers, found, order)
    size = float(seen.count.sum())
    overlap = float(seen.count @ seen.holds[:, 0]) / max(1.0, size)
    others = chance(holdings, layers, max(1, int(size)), weighed.candidates[int(order[0])].nodes, overlap)
    doubt = _Doubt(prior=nobody, clumps=weighed.clumps, chance=others, caught=caught)
    single = fit(seen, (0,))
    alone = doubt.spread(odds, prior, None)
    if alone[-1] < 0.5 and len(order) > 1:
        bar = weighed.clumps * (-prior[order] - np.log(_SECOND))
        related = weighed.above[np.ix_(order, order)]
        apart = told_apart(seen, 0, bar, related | related.T)
        if len(apart.sources) > 1:
            return _several(weighed, seen, order, apart, single, doubt)
    return _one(weighed, seen, order, single, doubt, float(found.rows))


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
    if not total:
        return []
    return [seen.recounted(rng.multinomial(total, seen.count / total).astype(np.float64)) for _ in range(_DRAWS)]


def _one(weighed: Weighed, seen: Patterns, order: Ints, single: Fit, doubt: _Doubt, rows: float) -> Judged:
    """One source: what varies is which people the dump happens to hold, and how readily one believes in somebody unknown."""
    above, odds, prior = weighed.above, weighed.odds, weighed.prior
    size = float(seen.count.sum())
    share = single.explained / max(1.0, size)
    alone = doubt.spread(odds, prior, share)
    probability = np.minimum(above @ alone[:-1], 1.0)
    first = order[:_DRAWN]
    spread = np.stack([weighed.candidates[p].beside[int(weighed.window[p])] for p in first.tolist()])
    before, _, _ = best(*_counted(seen, len(first)), spread, rows)
    ranges = [probability]
    for draw in _draws(seen):
        value, _, taken = best(*_counted(draw, len(first)), spread, rows)
        drawn = odds.copy()
        drawn[first] += value - before
        for unknown in (doubt.prior / 2, (1 + doubt.prior) / 2):
            now = doubt.spread(drawn, prior, float(taken[0]) / max(1.0, size), prior=unknown)
            ranges.append(np.minimum(above @ now[:-1], 1.0))
    low, high = np.quantile(np.stack(ranges), _RANGE, axis=0)
    taken = np.zeros(len(probability))
    taken[order[0]] = single.taken[0]
    return Judged(
        probability=probability, low=np.minimum(low, probability), high=np.maximum(high, probability), taken=taken, main=probability,
        nobody=float(alone[-1]), sources=(int(order[0]),) if alone[-1] < 0.5 else (), share=share,
    )  # fmt: skip


def _counted(seen: Patterns, first: int) -> tuple[Reals, Reals, Reals]:
    """The dump's people by stratum, everybody, and whom each of the first candidates holds of the dump."""
    size = len(seen.everybody)
    dump = by_stratum(seen.code, seen.count, size)
    both = np.stack([by_stratum(seen.code, seen.count * seen.holds[:, j], size) for j in range(first)])
    return dump, np.maximum(seen.everybody, dump), both


def _several(weighed: Weighed, seen: Patterns, order: Ints, apart: Fit, single: Fit, doubt: _Doubt) -> Judged:
    """Several sources: each told by what it explains beside the others; an actor is guilty unless it is none of them."""
    above, prior = weighed.above[:, order], weighed.prior[order]  # (all, j): what is wider than one of them is guilty with it
    size = max(1.0, float(seen.count.sum()))
    share, many = apart.explained / size, len(apart.sources)
    if doubt.chance.log_evidence(single.explained / size) > doubt.chance.log_evidence(share, many):
        share, many = single.explained / size, 1
    biggest = int(np.argmax(apart.taken))
    draws = [seen, *_draws(seen)]
    parts, nobody = [], 1.0
    for place, source in enumerate(apart.sources):
        others = fit(seen, [s for s in apart.sources if s != source])
        each = []
        for draw in draws:
            gain, _ = gains(draw, others)
            chances = doubt.spread(gain, prior, share, many)
            if draw is seen and place == biggest:
                nobody = float(chances[-1])
            each.append(np.minimum(above @ chances[:-1], 1.0))
        parts.append(np.stack(each))
    guilty = np.minimum(1 - np.prod([1 - part for part in parts], axis=0), 1 - nobody)  # (draws, all)

    taken = np.zeros(len(weighed.odds))
    taken[order[list(apart.sources)]] = apart.taken
    return Judged(
        probability=guilty[0],
        low=np.minimum(np.quantile(guilty, _RANGE[0], axis=0), guilty[0]),
        high=np.maximum(np.quantile(guilty, _RANGE[1], axis=0), guilty[0]),
        taken=taken,
        main=parts[biggest][0],
        nobody=nobody,
        sources=tuple(int(order[apart.sources[place]]) for place in np.argsort(-apart.taken).tolist()),
        share=share,
    )
