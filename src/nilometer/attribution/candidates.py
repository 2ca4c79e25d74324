"""Candidates: the actors (and campaigns) worth weighing, each with whom of the dump it holds, what else it holds, and since when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from nilometer.attribution.found import ALWAYS, NEVER, Found
from nilometer.attribution.strata import Reals, Strata
from nilometer.ledger.holding import Holdings
from nilometer.ledger.pairs import Ints, Places

MOST: Final = 120
"""Actors that are weighed with everything they hold; more would hold less of the dump than these beyond chance."""
MOMENTS: Final = 10
"""A candidate's time is cut at so many moments: its rows may have been taken between any two of them."""
_SMOOTH: Final = 20.0  # people that say how popular an actor's people are before its own have said so

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tallies:
    """For every node how many of the dump's people it holds, all of them, those whole and in time, and how many by chance; (m,) each.

    good: (p,) which of the pairs count: all fields shown, and shown while the dump's values were valid.
    untimely, partial: (m,) people held, but not while the values were valid, or without all the fields.
    """

    good: Bools
    held: Ints
    expected: Reals
    variance: Reals
    untimely: Ints
    partial: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One actor or campaign. `nodes` are places in the holdings: one, or a campaign's members.

    who: (k,) places of the dump's people it holds. both: (w, c) how many of them in each window and stratum, beside: (w, c) the
    others it holds; the first window is all of its time. edges: (MOMENTS + 1,) moments between which windows lie, in microseconds;
    windows: (w, 2) from which to which of them. first, last: (k,) times.
    """

    level: str
    actor: int
    nodes: tuple[int, ...]
    who: Places
    first: Ints
    last: Ints
    both: Reals
    beside: Reals
    edges: Ints
    windows: Ints

    @property
    def reach(self) -> float:
        """How many people it was shown, in time and with the fields."""
        return float(self.both[0].sum() + self.beside[0].sum())

    def within(self, window: int) -> Bools:
        """Which of `who` it was shown in a window."""
        begin, end = self.windows[window].tolist()
        inside: Bools = (self.last >= self.edges[begin]) & (self.first <= self.edges[end])
        return inside


def tallies(holdings: Holdings, found: Found, strata: Strata) -> Tallies:
    """Counts every node's part of the dump."""
    pairs, sampled = holdings.pairs, holdings.sampled
    timely: Bools | None = None
    if bool((found.after != ALWAYS).any() or (found.before != NEVER).any()):
        timely = (pairs.first <= found.before[pairs.who]) & (pairs.last >= found.after[pairs.who])
    good = pairs.whole if timely is None else pairs.whole & timely
    rate = np.append(strata.dump / np.maximum(strata.everybody, 1), 0.0)  # the last one is nobody's stratum
    inside = rate[strata.of_dump][pairs.who] * good
    outside = np.where(strata.listed, 0.0, rate[strata.of_sample])[sampled.who] * sampled.whole / holdings.rate
    none = np.zeros(len(holdings.nodes), np.int64)
    return Tallies(
        good=good,
        held=_summed(pairs.start, good.astype(np.int32)),
        expected=_summed(pairs.start, inside) + _summed(sampled.start, outside),
        variance=_summed(pairs.start, inside * (1 - inside)) + _summed(sampled.start, outside * (1 - outside * holdings.rate)),
        untimely=none if timely is None else _summed(pairs.start, (pairs.whole & ~timely).astype(np.int32)),
        partial=none if pairs.whole.all() else _summed(pairs.start, (~pairs.whole).astype(np.int32)),
    )


def _summed(start: Ints, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Sums over the pairs of each node, (m,)."""
    found = np.zeros(len(start) - 1, np.float64 if values.dtype.kind == "f" else np.int64)
    some = np.flatnonzero(start[1:] > start[:-1])
    if len(some):
        found[some] = np.add.reduceat(values, start[some], dtype=found.dtype)
    return found


def chosen(holdings: Holdings, counted: Tallies, *, most: int = MOST, besides: Sequence[int] = ()) -> list[int]:
    """The nodes that hold most beyond chance, everything wider than they, and `besides`."""
    k, e = counted.held.astype(np.float64), np.maximum(counted.expected, 1e-9)
    beyond = np.where(k > e, k * np.log(np.maximum(k, 1) / e) - (k - e), 0.0)
    order = np.lexsort((-holdings.nodes.level.astype(np.int64), -beyond))[:most]
    kept = dict.fromkeys([n for n in order.tolist() if beyond[n] > 0] + list(besides))
    for node in list(kept):
        while holdings.nodes.parent[node] >= 0:
            node = int(holdings.nodes.parent[node])
            kept[node] = None
    return sorted(kept)


def candidates(
    holdings: Holdings, counted: Tallies, strata: Strata, nodes: Sequence[int], campaigns: Mapping[int, Sequence[int]]
) -> list[Candidate]:
    """Everything that is to be known of some nodes, and of campaigns (number to nodes)."""
    asked = sorted({*nodes, *(member for members in campaigns.values() for member in members)})
    exact = holdings.exactly(asked) if holdings.rate < 1 else {}
    making = _Making(holdings, counted, strata, exact)
    found = [making.candidate(*holdings.nodes.named(node), (node,)) for node in nodes]
    return found + [making.candidate("campaign", number, tuple(members)) for number, members in campaigns.items()]


@dataclass(frozen=True, slots=True)
class _Making:
    holdings: Holdings
    counted: Tallies
    strata: Strata
    exact: Mapping[int, tuple[Ints, Ints, Ints]]

    def candidate(self, level: str, actor: int, nodes: tuple[int, ...]) -> Candidate:
        who, first, last = self._merged([self._listed(node) for node in nodes])
        code = self.strata.of_dump[who]
        size = len(self.strata.dump)
        if nodes and all(node in self.exact for node in nodes):
            subject, b_first, b_last = self._merged([self._exactly(node) for node in nodes])
            spread = self._spread(nodes, code)
            edges = _edges(first, last, b_first, b_last)
            cells = _cells(edges, b_first, b_last, np.zeros(len(subject), np.int64), 1) * spread
        else:
            other, b_first, b_last = self._merged([self._sampled(node) for node in nodes])
            edges = _edges(first, last, b_first, b_last)
            cells = _cells(edges, b_first, b_last, self.strata.of_sample[other], size) / self.holdings.rate
        windows = _windows()
        both = _cells(edges, first, last, code, size)
        return Candidate(
            level=level, actor=actor, nodes=nodes, who=who.astype(np.int32), first=first, last=last, edges=edges, windows=windows,
            both=_in_windows(both, windows), beside=_in_windows(cells, windows),
        )  # fmt: skip

    def _listed(self, node: int) -> tuple[Ints, Ints, Ints]:
        cut = self.holdings.pairs.of(node)
        good = self.counted.good[cut]
        pairs = self.holdings.pairs
        return pairs.who[cut][good].astype(np.int64), pairs.first[cut][good], pairs.last[cut][good]

    def _sampled(self, node: int) -> tuple[Ints, Ints, Ints]:
        pairs = self.holdings.sampled
        cut = pairs.of(node)
        good = pairs.whole[cut] & ~self.strata.listed[pairs.who[cut]]
        return pairs.who[cut][good].astype(np.int64), pairs.first[cut][good], pairs.last[cut][good]

    def _exactly(self, node: int) -> tuple[Ints, Ints, Ints]:
        """Those outside the dump."""
        subject, first, last = self.exact[node]
        people = self.holdings.people
        place = np.minimum(np.searchsorted(people, subject), max(0, len(people) - 1))
        outside = people[place] != subject if len(people) else np.ones(len(subject), bool)
        return subject[outside], first[outside], last[outside]

    def _merged(self, several: list[tuple[Ints, Ints, Ints]]) -> tuple[Ints, Ints, Ints]:
        if len(several) == 1:
            return several[0]
        who, first, last = (np.concatenate([one[place] for one in several]) for place in range(3))
        order = np.argsort(who, kind="stable")
        who = who[order]
        starts = np.flatnonzero(np.concatenate([[True], who[1:] != who[:-1]]))[: len(who)]
        return who[starts], np.minimum.reduceat(first[order], starts), np.maximum.reduceat(last[order], starts)

    def _spread(self, nodes: tuple[int, ...], code: Ints) -> Reals:
        """How an actor's people outside the dump spread over strata: those sampled, backed by those in the dump and by everybody."""
        size = len(self.strata.dump)
        seen = np.concatenate([self.strata.of_sample[self._sampled(node)[0]] for node in nodes])
        own = np.bincount(seen[seen >= 0], minlength=size).astype(np.float64)
        prior = self.strata.everybody + np.bincount(code[code >= 0], minlength=size)
        spread: Reals = own + _SMOOTH * prior / max(prior.sum(), 1)
        spread /= max(spread.sum(), 1e-9)
        return spread


def _edges(*times: Ints) -> Ints:
    every = np.concatenate(times)
    if not len(every):
        return np.zeros(MOMENTS + 1, np.int64)
    return np.quantile(every, np.linspace(0, 1, MOMENTS + 1), method="nearest").astype(np.int64)


def _cells(edges: Ints, first: Ints, last: Ints, code: Ints, size: int) -> Reals:
    """People by first moment, last moment and stratum: (MOMENTS, MOMENTS, size)."""
    kept = code >= 0
    begin = np.clip(np.searchsorted(edges[1:-1], first[kept], "left"), 0, MOMENTS - 1)
    end = np.clip(np.searchsorted(edges[1:-1], last[kept], "right"), 0, MOMENTS - 1)
    place = (begin * MOMENTS + end) * size + code[kept]
    cells: Reals = np.bincount(place, minlength=MOMENTS * MOMENTS * size).reshape(MOMENTS, MOMENTS, size).astype(np.float64)
    return cells


def _windows() -> Ints:
    """(w, 2) edges between which a window lies, the whole time first."""
    every = [(begin, end) for begin in range(MOMENTS) for end in range(begin + 1, MOMENTS + 1)]
    return np.array(sorted(every, key=lambda w: w != (0, MOMENTS)), np.int64)


def _in_windows(cells: Reals, windows: Ints) -> Reals:
    """People shown in each window: first before its end and last after its begin, (w, c)."""
    # up to `end` first moments (summed from below), from `begin` last moments on (summed from above)
    summed = np.cumsum(np.cumsum(cells, axis=0)[:, ::-1], axis=1)[:, ::-1]
    inside: Reals = summed[windows[:, 1] - 1, windows[:, 0]]
    return inside
