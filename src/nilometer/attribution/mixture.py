"""Several sources in one dump: each person comes in through any of them, or from elsewhere, and each way can fail by itself.

The noisy-or of Papadimitriou and Garcia-Molina's guilt model for a set of sources, fitted by expectation maximisation
(Dempster, Laird and Rubin, JRSS B 39(1), 1977). People who are held by the same of the sources and are in the same stratum
are alike, so they are counted together: five million rows become some thousands of patterns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from nilometer.attribution.odds import Reals, log_share
from nilometer.attribution.rates import flattery
from nilometer.ledger.pairs import Ints

_ROUNDS: Final = 400
_LOGITS: Final = np.linspace(-9.0, 13.0, 45)
_OCCAM: Final = 3.0
"""What one more rate to be fitted costs at least, in nats."""
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Patterns:
    """The dump's people, those alike together: stratum (p,), how many (p,), and which of j candidates hold them (p, j).

    everybody: (c,) people of each stratum. beside: (j,) people whom each candidate holds outside the dump. rows: of the whole dump.
    """

    code: Ints
    count: Reals
    holds: Bools
    everybody: Reals
    beside: Reals
    rows: float

    def recounted(self, count: Reals) -> Patterns:
        """The same with other counts: another dump of the same kind."""
        return Patterns(code=self.code, count=count, holds=self.holds, everybody=self.everybody, beside=self.beside, rows=self.rows)


def patterns(of_dump: Ints, held_by: Sequence[Ints], everybody: Reals, beside: Reals, rows: float) -> Patterns:
    """Patterns of people: `of_dump` (n,) strata (below 0: nobody was shown that person), `held_by` places of people of each of up to 57 candidates."""
    if len(held_by) > 57:
        raise ValueError(f"at most 57 candidates fit into one pattern, found {len(held_by)}")
    bits = np.zeros(len(of_dump), np.uint64)
    for place, who in enumerate(held_by):
        bits[who] |= np.uint64(1 << place)
    kept = of_dump >= 0
    known, which_bits = _distinct(bits[kept])
    packed, count = np.unique(which_bits * len(everybody) + of_dump[kept], return_counts=True)
    code, which = packed % len(everybody), known[packed // len(everybody)]
    holds = ((which[:, None] >> np.arange(len(held_by), dtype=np.uint64)[None, :]) & np.uint64(1)).astype(bool)
    return Patterns(code=code, count=count.astype(np.float64), holds=holds, everybody=everybody, beside=beside, rows=rows)


def by_stratum(code: Ints, count: Reals, size: int) -> Reals:
    """Sums of `count` by stratum, (size,)."""
    summed: Reals = np.bincount(code, count, size).astype(np.float64)
    return summed


def _distinct(bits: npt.NDArray[np.uint64]) -> tuple[npt.NDArray[np.uint64], Ints]:
    """The different ones, and which each is: by hashing, as they are few among millions."""
    encoded = pa.array(bits).dictionary_encode()
    return np.asarray(encoded.dictionary), np.asarray(encoded.indices).astype(np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """Sources (places of candidates) with their rates `phi`, (s,); `pi` (c,) from elsewhere; log-likelihood with the prior of the share, less
    what fitted rates from elsewhere flatter it (`rates.py`).

    taken: (s,) rows that come from each, explained: from any; covered: (p,) the chance of each pattern to be in the dump; left: (p,)
    people of each who come from elsewhere.
    """

    sources: tuple[int, ...]
    phi: Reals
    pi: Reals
    value: float
    taken: Reals
    explained: float
    covered: Reals
    left: Reals


def fit(seen: Patterns, sources: Sequence[int], begin: Sequence[float] | None = None) -> Fit:
    """The best rates for these sources. `begin`: rates to begin with."""
    holds = seen.holds[:, list(sources)]
    total = np.maximum(seen.everybody, np.bincount(seen.code, seen.count, len(seen.everybody)))
    dump = by_stratum(seen.code, seen.count, len(total))
    inside = seen.count @ holds
    of = inside + seen.beside[list(sources)]
    phi = np.clip(np.array(begin) if begin is not None else inside / np.maximum(of, 1), 1e-6, 1 - 1e-6)
    pi = dump / np.maximum(total, 1) / 2
    previous = -np.inf
    for turn in range(_ROUNDS):
        q = _covered(holds, phi, pi[seen.code])
        weight = seen.count / np.maximum(q, 1e-300)
        phi = np.clip(phi * (weight @ holds) / np.maximum(of, 1e-9), 0, 1 - 1e-9)
        pi = np.clip(pi * np.bincount(seen.code, weight, len(total)) / np.maximum(total, 1e-9), 0, 1 - 1e-9)
        if turn % 20 == 19:
            value = _value(seen, sources, phi, pi, total, dump)
            if value - previous < 1e-4 * max(1.0, abs(value) * 1e-9):
                break
            previous = value
    q = _covered(holds, phi, pi[seen.code])
    share = seen.count / np.maximum(q, 1e-300)
    value = _value(seen, sources, phi, pi, total, dump)
    left = share * pi[seen.code]
    explained = float(seen.count.sum() - left.sum())
    value -= float(flattery(by_stratum(seen.code, left, len(total)), seen.everybody))
    if len(sources):
        value += float(log_share(np.array(explained), seen.rows)) - _OCCAM * len(sources)
    taken = phi * (share @ holds)
    return Fit(sources=tuple(sources), phi=phi, pi=pi, value=value, taken=taken, explained=explained, covered=q, left=left)


def _covered(holds: Bools, phi: Reals, pi: Reals) -> Reals:
    q: Reals = 1 - (1 - pi) * np.exp(holds @ np.log1p(-np.minimum(phi, 1 - 1e-12)))
    return q


def _value(seen: Patterns, sources: Sequence[int], phi: Reals, pi: Reals, total: Reals, dump: Reals) -> float:
    """Log-likelihood by rates that are fitted; with no sources it is that of nobody."""
    q = _covered(seen.holds[:, list(sources)], phi, pi[seen.code])
    inside = float(seen.count @ np.log(np.maximum(q, 1e-300)))
    outside = float(((total - dump) * np.log1p(-np.minimum(pi, 1 - 1e-12))).sum())
    lacking = float((seen.beside[list(sources)] * np.log1p(-np.minimum(phi, 1 - 1e-12))).sum())
    return inside + outside + lacking


def gains(seen: Patterns, base: Fit) -> tuple[Reals, Reals]:
    """For each candidate how much better the dump is explained when it is a source beside those of `base`, and its best rate: (j,) each.

    The rates of `base` are kept, so that the likelihood's gain is never overstated; what is left for elsewhere is flattered less (`rates.py`).
    """
    p = 1 / (1 + np.exp(-_LOGITS))
    better = seen.count[:, None] * np.log((p[None, :] + base.covered[:, None] * (1 - p)) / np.maximum(base.covered[:, None], 1e-300))
    value = seen.holds.T.astype(np.float64) @ better + seen.beside[:, None] * np.log1p(-p)
    at = value.argmax(axis=1)
    rate = p[at]
    weaker = (1 - rate) * base.covered[:, None] / (rate + base.covered[:, None] * (1 - rate))
    left = (base.left[:, None] * np.where(seen.holds, weaker, 1.0)).T
    spread = np.stack([by_stratum(seen.code, one, len(seen.everybody)) for one in (base.left, *left)])
    owed = flattery(spread[:1], seen.everybody) - flattery(spread[1:], seen.everybody)
    return value[np.arange(len(at)), at] + owed - _OCCAM, rate


def told_apart(seen: Patterns, first: int, bar: Reals, related: Bools, most: int = 5) -> Fit:
    """Sources, beginning with one, added while that explains enough more, and taken away again when others explain what they did.

    bar: (j,) nats that each candidate must gain. related: (j, j) which of them hold parts of each other.
    """
    found = fit(seen, (first,))
    tried: set[int] = {first}
    while len(found.sources) < most:
        gain, rate = gains(seen, found)
        gain[list(tried)] = -np.inf
        worth = gain - bar
        chosen = int(worth.argmax())
        if not worth[chosen] > 0:
            break
        tried.add(chosen)
        wider = fit(seen, (*found.sources, chosen), (*found.phi.tolist(), float(rate[chosen])))
        if wider.value - found.value < bar[chosen]:
            continue
        found = wider
        for source in [s for s in found.sources if s != chosen and related[s, chosen]]:
            kept = [place for place, s in enumerate(found.sources) if s != source]
            less = fit(seen, [found.sources[place] for place in kept])
            if found.value - less.value < bar[source]:
                found = less
    return found
