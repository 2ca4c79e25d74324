"""How much of a dump the best actor explains when the dump is somebody else's: learnt from the actors themselves.

Firms in the same trade and town have customers in common, so that the customers of a firm that is not in the ledger look as if one
that is were their source. How much so, every actor in the ledger shows: its own people are taken as a dump, it and its parts are
struck from the suspects, and the share of the dump that the best of the others then explains is the measure. A real dump must be
explained better than these (an empirical null: Efron, JASA 99(465), 2004).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import lgamma
from typing import Final

import numpy as np

from nilometer.attribution.odds import SHARE, Reals

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
        if sources > 1:
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
