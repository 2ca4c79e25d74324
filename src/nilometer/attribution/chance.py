"""How much of a dump the best actor explains when the dump is somebody else's: learnt from the actors themselves.

Firms in the same trade and town have customers in common, so that the customers of a firm that is not in the ledger look as if one
that is were their source. How much so, every actor in the ledger shows: its own people are taken as a dump, it and its parts are
struck from the suspects, and the share of the dump that the best of the others then explains is the measure. A real dump must be
explained better than these (an empirical null: Efron, JASA 99(465), 2004).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import lgamma
from typing import Final

import numpy as np
import numpy.typing as npt

from nilometer.attribution.mixture import by_stratum
from nilometer.attribution.odds import SHARE, Reals, best
from nilometer.attribution.strata import Strata
from nilometer.ledger.holding import Holdings
from nilometer.ledger.pairs import Ints, Places

TRIALS: Final = 24
"""So many actors are taken as if they were the source and not in the ledger."""
_SUSPECTS: Final = 10
_PLAIN: Final = 8
_FEWEST: Final = 8  # people that such a dump needs
_BEFORE: Final = (-1.5, 1.2, 4.0)  # what is believed before any is tried: middle and spread of the logit, as many trials
_TWINS: Final = (0.3, 60.0, 0.01)  # how often somebody outside has the same people as an actor inside: so many in so many trials, at most
_FREEDOM: Final = 8.0
_WIDER: Final = 1.3  # outsiders may be less like the actors than these are like each other
_CLEAN: Final = (4.0, 1.2)  # logit of the share that a source explains of a dump with next to nothing else
_STRANGERS: Final = 0.6  # how often what is mixed with a source's rows has nothing in common
SOURCES: Final = 3
"""Sources that are looked for in such a dump, one after the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chance:
    """Shares explained by one, two and more sources, in trials: (t, SOURCES). The density of their logits is a t distribution,
    beside which there may be twins.

    rest: (t,) share that the second explains of what the first leaves. left: how much the best other explains of what the
    suspect leaves of the real dump (None: too little to say); plain: (u,) how much of as many people who have nothing in common.
    common: (a,) of every other widest actor's people, the share that the suspect holds; overlap: the same of the real dump's.
    """

    shares: Reals
    rest: Reals
    plain: Reals
    left: float | None
    common: Reals
    overlap: float

    def log_evidence(self, share: float, sources: int = 1) -> float:
        """Log of how much more likely it is with its sources in the ledger than without that so many explain so large a share."""
        logits = _logit(self.shares[:, min(sources, SOURCES) - 1])
        ordinary = logits[logits < _logit(np.array([0.7]))[0]]
        center, wide = _middle(ordinary, *_BEFORE)
        wide *= _WIDER
        twins = min(_TWINS[2], (_TWINS[0] + len(logits) - len(ordinary)) / (_TWINS[1] + len(logits)))
        evidence = _ratio(share, center, wide, twins)
        if sources > 1 or evidence <= 0:
            return evidence
        # A suspect that holds much of everybody's people, or of a town's, holds much of any dump of there.
        center, wide = _middle(_logit(self.common), *_BEFORE)
        return min(evidence + self.of_the_rest(), _ratio(self.overlap, center, wide * _WIDER, twins))

    def of_the_rest(self) -> float:
        """Log evidence of what the suspect leaves: strangers have nothing in common, but an outsider's other people are of his kind, too."""
        if self.left is None or not len(self.rest):
            return 0.0
        alike, wide = _middle(_logit(self.rest), *_BEFORE)
        nothing, narrow = _middle(_logit(self.plain), float(_logit(self.plain).mean()), 0.5, 2.0)
        at = np.maximum(_logit(np.array([self.left])), nothing)  # having less in common than strangers says no more
        outside = _student((at - alike) / (wide * _WIDER)) / (wide * _WIDER)
        strangers = _student((at - nothing) / narrow) / narrow
        return float(np.log(_STRANGERS * strangers / outside + 1 - _STRANGERS)[0])


def _ratio(share: float, center: float, wide: float, twins: float) -> float:
    """Log of how much more likely a share is of a true source than of an outsider, whose logit has a middle and a deviation."""
    at = np.arange(_logit(np.array([0.0]))[0], _logit(np.array([share]))[0] + 0.05, 0.1)
    inside = _of_a_source(at)
    outside = (1 - twins) * _student((at - center) / wide) / wide + twins * inside
    ratio = np.log(inside / outside)
    if at[-1] <= center:  # less than others explain of each other's people is no evidence at all
        return min(0.0, float(ratio[-1]))
    return float(ratio.max())  # explaining more is never less evidence


def _middle(logits: Reals, middle: float, spread: float, weight: float) -> tuple[float, float]:
    """Mean and deviation, `weight` trials with `middle` and `spread` being believed before."""
    total = weight + len(logits)
    center = (weight * middle + logits.sum()) / total
    wide = np.sqrt((weight * (spread**2 + (middle - center) ** 2) + ((logits - center) ** 2).sum()) / total)
    return float(center), float(wide)


def _logit(share: Reals) -> Reals:
    s = np.clip(share, 0.002, 0.995)
    found: Reals = np.log(s / (1 - s))
    return found


def _student(x: Reals) -> Reals:
    v = _FREEDOM
    density: Reals = np.exp(lgamma((v + 1) / 2) - lgamma(v / 2)) / np.sqrt(v * np.pi) * (1 + x * x / v) ** (-(v + 1) / 2)
    return density


def _of_a_source(logit: Reals) -> Reals:
    """Density of the logit of the share that a true source explains: half of all dumps are next to nothing else, half are as SHARE says."""
    a, b = SHARE
    s = 1 / (1 + np.exp(-logit))
    mixed = np.exp(lgamma(a + b) - lgamma(a) - lgamma(b)) * s**a * (1 - s) ** b
    middle, spread = _CLEAN
    density: Reals = 0.5 * mixed + 0.5 * np.exp(-0.5 * ((logit - middle) / spread) ** 2) / (spread * np.sqrt(2 * np.pi))
    return density


def chance(holdings: Holdings, layers: Strata, size: int, suspect: Sequence[int], overlap: float) -> Chance:
    """Takes actors of about `size` people and more as sources from outside, one after the other, out of the sampled people.

    suspect: the nodes that explain the real dump best; what they leave of it is looked at, too. overlap: the share of it they hold.
    """
    nodes, sampled = holdings.nodes, holdings.sampled
    rng = np.random.default_rng(2004)
    reach = np.diff(sampled.start)
    node = np.repeat(np.arange(len(nodes), dtype=np.int32), reach)
    everybody = by_stratum(layers.of_sample, np.ones(len(layers.of_sample)), len(layers.dump))
    roots = np.flatnonzero((nodes.parent < 0) & (reach >= min(_FEWEST, max(3, size))))
    near = np.abs(np.log(reach[roots] / max(1.0, size)))
    order = roots[np.argsort(near + rng.random(len(roots)))][:TRIALS]
    trials = [_explained(holdings, layers, node, everybody, int(root), size, rng) for root in order]
    shares = np.array([trial[0] for trial in trials]).reshape(-1, SOURCES)
    rest = np.array([trial[1] for trial in trials if trial[1] is not None])

    gone = np.isin(nodes.root, nodes.root[list(suspect)])
    held = np.zeros(len(holdings.sample), bool)
    for one in suspect:
        held[sampled.who[sampled.of(one)]] = True
    others = np.flatnonzero((nodes.parent < 0) & (reach >= _FEWEST) & ~gone)
    common = np.bincount(node[held[sampled.who]], minlength=len(nodes))[others] / reach[others]
    listed = np.flatnonzero(layers.listed & ~held)
    if len(listed) < _FEWEST:
        return Chance(shares=shares, rest=rest, plain=np.zeros(0), left=None, common=common, overlap=overlap)
    left = _best_of(holdings, layers, node, everybody, listed, gone)[1] / len(listed)
    weight = (layers.dump / np.maximum(everybody, 1))[layers.of_sample]
    weight /= weight.sum()
    size = min(len(listed), int(np.count_nonzero(weight)))
    plain = [
        _best_of(holdings, layers, node, everybody, rng.choice(len(weight), size, replace=False, p=weight), gone)[1] / size
        for _ in range(_PLAIN)
    ]
    return Chance(shares=shares, rest=rest, plain=np.array(plain), left=left, common=common, overlap=overlap)


def _explained(
    holdings: Holdings, layers: Strata, node: Places, everybody: Reals, root: int, size: int, rng: np.random.Generator
) -> tuple[list[float], float | None]:
    """The shares of one actor's people that the best, the best two, ... of the others explain, each looked for in what is left;
    and the share that the second explains of what the first leaves, None when that is too little."""
    nodes, sampled = holdings.nodes, holdings.sampled
    people = sampled.who[sampled.of(root)]
    if len(people) > size:
        people = rng.choice(people, size, replace=False)
    gone = nodes.root == root
    shares: list[float] = []
    left, rest = people, None
    for turn in range(SOURCES):
        found, taken = _best_of(holdings, layers, node, everybody, left, gone) if len(left) else (None, 0.0)
        shares.append((shares[-1] if shares else 0.0) + taken / len(people))
        if turn == 1 and len(left) >= _FEWEST:
            rest = taken / len(left)
        if found is not None:
            left = np.setdiff1d(left, sampled.who[sampled.of(found)], assume_unique=True)
    return shares, rest


def _best_of(
    holdings: Holdings, layers: Strata, node: Places, everybody: Reals, people: Ints | Places, gone: npt.NDArray[np.bool_]
) -> tuple[int | None, float]:
    """Which of the actors but those `gone` explains these (sampled) people best, and how many of them."""
    sampled, size, strata = holdings.sampled, len(holdings.nodes), len(everybody)
    listed = np.zeros(len(holdings.sample), bool)
    listed[people] = True
    dump = by_stratum(layers.of_sample[people], np.ones(len(people)), strata)
    rate = dump / np.maximum(everybody, 1)
    held = np.bincount(node[listed[sampled.who]], minlength=size).astype(np.float64)
    expected = np.bincount(node, rate[layers.of_sample[sampled.who]], size)
    beyond = np.where(held > expected, held * np.log(np.maximum(held, 1) / np.maximum(expected, 1e-9)) - (held - expected), 0.0)
    beyond[gone] = 0.0
    top = np.argsort(-beyond)[:_SUSPECTS]
    top = top[beyond[top] > 0]
    if not len(top):
        return None, 0.0
    both, beside = np.zeros((len(top), strata)), np.zeros((len(top), strata))
    for place, one in enumerate(top.tolist()):
        his = sampled.who[sampled.of(one)]
        both[place] = np.bincount(layers.of_sample[his[listed[his]]], minlength=strata)
        beside[place] = np.bincount(layers.of_sample[his[~listed[his]]], minlength=strata)
    odds, _, taken = best(dump, everybody, both, beside, float(len(people)), rounds=2)
    first = int(odds.argmax())
    return int(top[first]), float(taken[first])
