"""How much the rates of coming from elsewhere flatter "elsewhere" for being fitted to the dump, stratum by stratum.

Whoever fits a rate to each stratum after having seen who is in the dump finds a single person as likely as one can be in its stratum,
and two persons of different strata as if a list of just these strata had been expected. Of a dump of two or three people that is most
of what there is to know, so that no source could be believed. What should be compared is how likely these strata were before the dump
was seen: a Dirichlet-multinomial (Minka, "Estimating a Dirichlet distribution", 2000), about lists of anybody and about lists that
prefer people in proportion to how many actors hold them, half each. What is left for elsewhere beside a source is judged by the same.
"""

from __future__ import annotations

from math import log
from typing import Final

import numpy as np
import numpy.typing as npt

from nilometer.attribution.odds import elsewhere
from nilometer.attribution.strata import AGES, POPULAR

Reals = npt.NDArray[np.float64]
_WEIGHT: Final = 10.0
"""As many people say what a list prefers before it has said so itself."""
_LEAST: Final = 1e-4  # share of a stratum that hardly has anybody


def flattery(people: Reals, everybody: Reals) -> Reals:
    """Log of how much more likely the strata of some people are by rates fitted to them than they were beforehand, (...,) at least 0.

    people: (..., c) of each stratum, also parts of people; everybody: (c,) how many there are. Of strata the first c.
    """
    people = np.where(everybody > 0, people, 0.0)
    size = people.sum(axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        fitted = np.where(people > 0, people * np.log(people / size), 0.0).sum(axis=-1)
    before = np.logaddexp(
        *(_beforehand(people, _shares(weight)) for weight in (everybody, everybody * np.repeat(POPULAR, AGES)[: len(everybody)]))
    )
    found: Reals = np.maximum(fitted - before + log(2), 0.0)
    return found


def credit(dump: Reals, everybody: Reals, both: Reals, beside: Reals, phi: Reals) -> Reals:
    """What sources are owed because fitted rates flatter "elsewhere" less when a source explains part of the dump, in nats: (j,).

    dump, everybody: (c,). both, beside: (j, c) people whom each holds in and outside the dump; phi: (j,) its rate.
    """
    rate = phi[:, None]
    pi = elsewhere(dump, np.maximum(everybody, dump + beside), both, rate)
    covered = np.maximum(rate + pi * (1 - rate), 1e-300)
    found: Reals = flattery(dump, everybody) - flattery(np.maximum(dump - both * rate / covered, 0.0), everybody)
    return found


def _shares(weight: Reals) -> Reals:
    share = np.maximum(weight / max(float(weight.sum()), 1e-9), _LEAST)
    found: Reals = share / share.sum()
    return found


def _beforehand(people: Reals, share: Reals) -> Reals:
    """Log probability of a sequence of people of these strata when none has been seen."""
    size, alpha = people.sum(axis=-1), _WEIGHT * share
    each = np.where(people > 0, _lgamma(alpha + people) - _lgamma(alpha), 0.0).sum(axis=-1)
    found: Reals = each - (_lgamma(size + _WEIGHT) - _lgamma(np.array(_WEIGHT)))
    return found


def _lgamma(x: Reals) -> Reals:
    """Log of the gamma function of positive numbers, by Stirling's series from 8 on (exact to 1e-9)."""
    shift = np.zeros_like(x)
    for step in range(8):
        shift = shift + np.log(x + step)
    y = x + 8
    series = 1 / (12 * y) - 1 / (360 * y**3) + 1 / (1260 * y**5)
    found: Reals = (y - 0.5) * np.log(y) - y + 0.5 * np.log(2 * np.pi) + series - shift
    return found
