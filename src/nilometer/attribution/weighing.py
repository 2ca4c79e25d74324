"""Weighing: every candidate's log odds with its time and rate integrated out, prior odds, and how clumpy the dump is anyway."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from nilometer.attribution.candidates import Bools, Candidate, Tallies
from nilometer.attribution.odds import Reals, best
from nilometer.attribution.rates import credit
from nilometer.attribution.strata import Strata
from nilometer.ledger.holding import Holdings
from nilometer.ledger.pairs import Ints

TIMED: Final = 30
"""Candidates, the best ones, of which every window of time is weighed."""
_WHOLE: Final = 0.5  # prior of "everything up to now"; the other windows share the rest
_OWN: Final = 0.5  # prior that a wide actor took it as such, and not one of its parts
_LEAST: Final = 3.0  # people expected by chance, below which an actor says nothing about how clumpy the dump is
_MEDIAN: Final = 0.4549  # of chi-squared with one degree of freedom


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """j candidates. odds: (j,) log odds against nobody. phi: (j,) best rate. window: (j,) the most likely one (0: all of its time).

    prior: (j,) log prior of being the source. clumps: how many times more than by chance overlaps vary in this dump (1 or more).
    above: (j, j) whether the first is the second or something wider.
    """

    candidates: tuple[Candidate, ...]
    odds: Reals
    phi: Reals
    window: Ints
    prior: Reals
    clumps: float
    above: Bools


def weigh(
    holdings: Holdings,
    counted: Tallies,
    strata: Strata,
    found: Sequence[Candidate],
    rows: float,
    nobody: float,
    canaries: Mapping[int, float],
) -> Weighed:
    """Weighs candidates. rows: of the dump. nobody: prior probability that its source is not in the ledger.

    canaries: candidates' nodes to what their canaries in the dump weigh, in nats.
    """
    both, beside = np.stack([c.both[0] for c in found]), np.stack([c.beside[0] for c in found])
    odds, phi, _ = best(strata.dump, strata.everybody, both, beside, rows)
    odds = odds + np.log(_WHOLE)
    window = np.zeros(len(found), np.int64)
    for place in np.argsort(-odds)[:TIMED].tolist():
        one = found[place]
        value, rate, _ = best(strata.dump, strata.everybody, one.both, one.beside, rows)
        value = value + np.log(np.where(np.arange(len(value)) == 0, _WHOLE, (1 - _WHOLE) / (len(value) - 1)))
        window[place], odds[place] = value.argmax(), np.logaddexp.reduce(value)
        phi[place] = rate[window[place]]
    then = [(c.both[w], c.beside[w]) for c, w in zip(found, window.tolist(), strict=True)]
    odds += credit(strata.dump, strata.everybody, np.stack([one for one, _ in then]), np.stack([one for _, one in then]), phi)
    above = _above(holdings, found)
    for node, nats in canaries.items():
        here = np.array([node in one.nodes for one in found])
        related = (above[here].any(axis=0) | above[:, here].any(axis=1)) if here.any() else here
        odds = np.where(related, odds + nats, odds)
    prior = _prior(holdings, found, nobody)
    same = above & ~np.eye(len(found), dtype=bool)
    same &= np.array([[same[i, j] and _coincide(found[i], found[j]) for j in range(len(found))] for i in range(len(found))])
    narrowest = ~same.any(axis=1)
    for parent in np.flatnonzero(~narrowest).tolist():  # of sets that coincide the narrowest stand for the others
        heirs = np.flatnonzero(same[parent] & narrowest)
        prior[heirs] = np.logaddexp(prior[heirs], prior[parent] - np.log(len(heirs)))
        odds[parent] = -np.inf
    clumps = _clumps(holdings, counted, int(np.argmax(odds)), found)
    return Weighed(candidates=tuple(found), odds=odds, phi=phi, window=window, prior=prior, clumps=clumps, above=above)


def _coincide(wide: Candidate, narrow: Candidate) -> bool:
    return len(wide.who) == len(narrow.who) and abs(wide.reach - narrow.reach) < 0.5


def _above(holdings: Holdings, found: Sequence[Candidate]) -> Bools:
    """(j, j): whether candidate i is candidate j or wider."""
    parent = holdings.nodes.parent
    of: dict[int, int] = {one.nodes[0]: place for place, one in enumerate(found) if one.level != "campaign"}
    above = np.eye(len(found), dtype=bool)
    for place, one in enumerate(found):
        if one.level == "campaign":
            continue
        node = int(parent[one.nodes[0]])
        while node >= 0:
            if node in of:
                above[of[node], place] = True
            node = int(parent[node])
    for place, one in enumerate(found):
        if one.level == "campaign":
            members = [of[node] for node in one.nodes if node in of]
            above[place] |= above[members].any(axis=0)
    return above


def _prior(holdings: Holdings, found: Sequence[Candidate], nobody: float) -> Reals:
    """Every widest actor as likely as another; within, itself or one of its parts."""
    nodes = holdings.nodes
    children = np.bincount(nodes.parent[nodes.parent >= 0], minlength=len(nodes))
    each = (1 - nobody) / max(1, holdings.roots)
    prior = []
    for one in found:
        if one.level == "campaign":
            prior.append(each)
            continue
        node = one.nodes[0]
        share = _OWN if children[node] else 1.0
        while nodes.parent[node] >= 0:
            node = int(nodes.parent[node])
            share *= (1 - _OWN) / children[node]
        prior.append(each * share)
    logs: Reals = np.log(np.array(prior))
    return logs


def _clumps(holdings: Holdings, counted: Tallies, top: int, found: Sequence[Candidate]) -> float:
    """How much more overlaps vary than by chance, over the widest actors but the best one's: a dump may come in clumps of its own."""
    roots = holdings.nodes.parent < 0
    roots[holdings.nodes.root[list(found[top].nodes)]] = False
    there = np.flatnonzero(roots & (counted.expected >= _LEAST))
    if len(there) < 8:
        return 1.0
    square = (counted.held[there] - counted.expected[there]) ** 2 / np.maximum(counted.variance[there], 1e-9)
    return max(1.0, float(np.median(square)) / _MEDIAN)
