"""Trials of outsiders: an actor's own people as a dump, with itself struck from the suspects; out of the sampled people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from nilometer.attribution.chance import SOURCES, Chance
from nilometer.attribution.mixture import by_stratum
from nilometer.attribution.odds import Reals, best
from nilometer.attribution.strata import Strata
from nilometer.ledger.holding import Holdings, Nodes
from nilometer.ledger.pairs import Ints, Places

TRIALS: Final = 24
"""So many actors are taken as if they were the source and not in the ledger."""
PAIRS: Final = 1_000_000
"""Sampled pairs that are looked at, about; each trial goes through all of them several times."""
_SUSPECTS: Final = 10
_PLAIN: Final = 8  # trials of people who have nothing in common
_FEWEST: Final = 8  # people that a trial needs

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Town:
    """Some of the sampled people: s strata and whether each is in the real dump; p pairs of node and person, node by node."""

    nodes: Nodes
    code: Ints
    listed: Bools
    everybody: Reals
    node: Places
    who: Places
    start: Ints

    def of(self, node: int) -> Places:
        """People of one node."""
        return self.who[int(self.start[node]) : int(self.start[node + 1])]

    def held(self, nodes: Sequence[int]) -> Bools:
        """(s,) who is held by any of some nodes."""
        found = np.zeros(len(self.code), bool)
        for one in nodes:
            found[self.of(one)] = True
        return found

    def best(self, people: Ints | Places, gone: Bools) -> tuple[int | None, float]:
        """Which of the actors but those `gone` explains these people best, and how many of them."""
        size, strata = len(self.nodes), len(self.everybody)
        listed = np.zeros(len(self.code), bool)
        listed[people] = True
        dump = by_stratum(self.code[people], np.ones(len(people)), strata)
        rate = dump / np.maximum(self.everybody, 1)
        held = np.bincount(self.node[listed[self.who]], minlength=size).astype(np.float64)
        expected = np.bincount(self.node, rate[self.code][self.who], size)
        beyond = np.where(held > expected, held * np.log(np.maximum(held, 1) / np.maximum(expected, 1e-9)) - (held - expected), 0.0)
        beyond[gone] = 0.0
        top = np.argsort(-beyond)[:_SUSPECTS]
        top = top[beyond[top] > 0]
        if not len(top):
            return None, 0.0
        both, beside = np.zeros((len(top), strata)), np.zeros((len(top), strata))
        for place, one in enumerate(top.tolist()):
            his = self.of(one)
            both[place] = np.bincount(self.code[his[listed[his]]], minlength=strata)
            beside[place] = np.bincount(self.code[his[~listed[his]]], minlength=strata)
        odds, _, taken = best(dump, self.everybody, both, beside, float(len(people)), rounds=2)
        first = int(odds.argmax())
        return int(top[first]), float(taken[first])

    def explained(self, root: int, size: int, rng: np.random.Generator) -> tuple[list[float], float | None]:
        """The shares of one actor's people that the best, the best two, ... of the others explain, each looked for in what is left;
        and the share that the second explains of what the first leaves, None when that is too little."""
        people = self.of(root)
        if len(people) > size:
            people = rng.choice(people, size, replace=False)
        gone = self.nodes.root == root
        shares: list[float] = []
        left, rest = people, None
        for turn in range(SOURCES):
            found, taken = self.best(left, gone) if len(left) else (None, 0.0)
            shares.append((shares[-1] if shares else 0.0) + taken / len(people))
            if turn == 1 and len(left) >= _FEWEST:
                rest = taken / len(left)
            if found is not None:
                left = np.setdiff1d(left, self.of(found), assume_unique=True)
        return shares, rest


def _town(holdings: Holdings, layers: Strata) -> _Town:
    """The sampled people, or so many of them that their pairs are about PAIRS: pseudonyms are in random order already."""
    sampled, size = holdings.sampled, len(holdings.sample)
    node = np.repeat(np.arange(len(holdings.nodes), dtype=np.int32), np.diff(sampled.start))
    who, start = sampled.who, sampled.start
    if len(who) > PAIRS:
        size = max(1, size * PAIRS // len(who))
        kept = who < size
        node, who = node[kept], who[kept]
        start = np.concatenate([[0], np.cumsum(np.bincount(node, minlength=len(holdings.nodes)))])
    code = layers.of_sample[:size]
    everybody = by_stratum(code, np.ones(size), len(layers.dump))
    return _Town(nodes=holdings.nodes, code=code, listed=layers.listed[:size], everybody=everybody, node=node, who=who, start=start)


def chance(holdings: Holdings, layers: Strata, size: int, suspect: Sequence[int], overlap: float) -> Chance:
    """Takes actors of about `size` people and more as sources from outside, one after the other.

    suspect: the nodes that explain the real dump best; what they leave of it is looked at, too. overlap: the share of it they hold.
    """
    town, nodes = _town(holdings, layers), holdings.nodes
    rng = np.random.default_rng(2004)
    reach = np.diff(town.start)
    roots = np.flatnonzero((nodes.parent < 0) & (reach >= min(_FEWEST, max(3, size))))
    near = np.abs(np.log(reach[roots] / max(1.0, size)))
    order = roots[np.argsort(near + rng.random(len(roots)))][:TRIALS]
    trials = [town.explained(int(root), size, rng) for root in order]
    shares = np.array([trial[0] for trial in trials]).reshape(-1, SOURCES)
    rest = np.array([trial[1] for trial in trials if trial[1] is not None])

    gone = np.isin(nodes.root, nodes.root[list(suspect)])
    held = town.held(suspect)
    others = np.flatnonzero((nodes.parent < 0) & (reach >= _FEWEST) & ~gone)
    common = np.bincount(town.node[held[town.who]], minlength=len(nodes))[others] / reach[others]
    listed = np.flatnonzero(town.listed & ~held)
    if len(listed) < _FEWEST:
        return Chance(shares=shares, rest=rest, plain=np.zeros(0), left=None, common=common, overlap=overlap)
    left = town.best(listed, gone)[1] / len(listed)
    weight = (layers.dump / np.maximum(town.everybody, 1))[town.code]
    weight /= weight.sum()
    many = min(len(listed), int(np.count_nonzero(weight)))
    plain = [town.best(rng.choice(len(weight), many, replace=False, p=weight), gone)[1] / many for _ in range(_PLAIN)]
    return Chance(shares=shares, rest=rest, plain=np.array(plain), left=left, common=common, overlap=overlap)
