"""How much more likely a dump is when an actor is its source than when nobody is.

The guilt model of Papadimitriou and Garcia-Molina (Data Leakage Detection, IEEE TKDE 23(1), 2011), with rates instead of a
given p. A person i who is in a stratum c comes into the dump

    from elsewhere      with probability pi(c)            every stratum its own: popular people are in every list
    from the source     with probability phi              if the source was shown this person: a dump may be a part
    so in all           1 - (1 - pi(c)) (1 - phi)         each way can fail by itself

and all people count: those in the dump and, as much, those whom the actor was shown and the dump lacks. pi is what fits best
for each phi (it solves a quadratic equation), phi what fits best; both are estimated from the dump itself, the null hypothesis
being phi = 0. So an overlap that popularity explains is no evidence, however large.
"""

from __future__ import annotations

from math import lgamma
from typing import Final

import numpy as np
import numpy.typing as npt

Reals = npt.NDArray[np.float64]

SHARE: Final = (4.0, 1.3)
"""Beta density of the share of a dump's rows that comes from its source: mostly more than half, and seldom next to nothing."""
_LOGITS: Final = np.linspace(-9.0, 13.0, 30)
_ROUNDS: Final = 6
_ZOOM: Final = 9
_RANGE: Final = 8.0  # width of the prior of log phi


def _xlogy(x: Reals, y: Reals) -> Reals:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(x > 0, x * np.log(np.maximum(y, 1e-300)), 0.0)


def elsewhere(dump: Reals, everybody: Reals, both: Reals, phi: Reals) -> Reals:
    """The best rate of coming from elsewhere, for each stratum, given `phi`; all broadcast against each other.

    dump, everybody: people of the stratum in the dump and in all; both: those in the dump that the actor holds.
    The root between 0 and 1 of g N x^2 - (g n - phi (N - k)) x - (n - k) phi = 0 with g = 1 - phi.
    """
    g, other = 1 - phi, dump - both
    a, b, c = g * everybody, g * dump - phi * (everybody - both), other * phi
    root = np.sqrt(b * b + 4 * a * c)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.where(b > 0, (b + root) / (2 * a), 2 * c / (root - b))
    rate: Reals = np.clip(np.nan_to_num(found), 0.0, 1.0)
    return rate


def log_odds(dump: Reals, everybody: Reals, both: Reals, beside: Reals, phi: Reals, lacking: Reals | None = None) -> tuple[Reals, Reals]:
    """Log-likelihood against nobody being the source, and how many rows come from the source: (..., f) each.

    dump, everybody: (c,). both, beside: (..., c) people whom the actor holds in and outside the dump. phi: (..., f).
    lacking: (...) all whom the actor holds outside the dump, where some strata were left out: those without anybody in the dump
    say no more than that.
    """
    n, total = dump, np.maximum(everybody, dump + beside)  # a sample may say less than there are
    null = _xlogy(n, n / np.maximum(total, 1)) + _xlogy(total - n, 1 - n / np.maximum(total, 1))
    p, k, total = phi[..., None], both[..., None, :], total[..., None, :]
    pi = elsewhere(n, total, k, p)
    q = p + pi * (1 - p)
    value = _xlogy(k, q) + _xlogy(n - k, pi) + _xlogy(total - n, 1 - pi)
    missing = (beside.sum(axis=-1) if lacking is None else lacking)[..., None]
    with np.errstate(divide="ignore", invalid="ignore"):
        taken = np.where(k > 0, k * p / np.maximum(q, 1e-300), 0.0).sum(axis=-1)
        absent = np.where(missing > 0, missing * np.log1p(-phi), 0.0)
    return value.sum(axis=-1) - null.sum(axis=-1)[..., None] + absent, taken


def log_share(taken: Reals, rows: float) -> Reals:
    """Log density of so many of the dump's `rows` coming from a source (SHARE, normalised)."""
    a, b = SHARE
    share = np.clip(taken / max(rows, 1.0), 1e-6, 1 - 1e-3)
    density: Reals = lgamma(a + b) - lgamma(a) - lgamma(b) + (a - 1) * np.log(share) + (b - 1) * np.log1p(-share)
    return density


def best(dump: Reals, everybody: Reals, both: Reals, beside: Reals, rows: float, *, rounds: int = _ROUNDS) -> tuple[Reals, Reals, Reals]:
    """For each actor (or window of one): log odds with phi integrated out, the best phi, the rows that come from it; (...,) each.

    rounds: how often the search for phi looks closer; each makes it four times as exact.
    """
    lacking, told = beside.sum(axis=-1), dump > 0
    dump, everybody, both, beside = dump[told], everybody[told], both[..., told], beside[..., told]

    def worth(logit: Reals) -> tuple[Reals, Reals]:
        value, taken = log_odds(dump, everybody, both, beside, 1 / (1 + np.exp(-logit)), lacking)
        return value + log_share(taken, rows), taken

    logits = np.broadcast_to(_LOGITS, (*both.shape[:-1], len(_LOGITS)))
    step = float(_LOGITS[1] - _LOGITS[0])
    for _ in range(rounds):
        value, _taken = worth(logits)
        top = np.take_along_axis(logits, value.argmax(axis=-1)[..., None], -1)
        logits = top + np.linspace(-step, step, _ZOOM)
        step *= 2 / (_ZOOM - 1)
    value, taken = worth(logits)
    at = value.argmax(axis=-1)[..., None]
    top, most, rows_of = (np.take_along_axis(x, at, -1)[..., 0] for x in (logits, value, taken))
    width = 0.5 * np.log(2 * np.pi / (rows_of + 1)) - np.log(_RANGE)  # Laplace: log phi is known to about 1 / sqrt(rows)
    return most + np.minimum(width, 0.0), 1 / (1 + np.exp(-top)), rows_of


def posterior(log_prior: Reals, log_likelihood: Reals) -> Reals:
    """Probabilities that sum to 1 over the last axis."""
    weight = log_prior + log_likelihood
    weight = weight - weight.max(axis=-1, keepdims=True)
    found = np.exp(weight)
    result: Reals = found / found.sum(axis=-1, keepdims=True)
    return result
