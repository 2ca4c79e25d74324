"""Strata of people by how many actors hold them and since when: what a dump from nowhere may prefer without anybody's guilt.

Popular people are in every actor's holdings and in every list that goes round, and old customers are in old lists. Within a
stratum a person is as likely as another to be in a dump by chance; how likely, each stratum says for itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from nilometer.ledger.holding import Holdings
from nilometer.ledger.pairs import Ints, Pairs

Reals = npt.NDArray[np.float64]
POPULAR: Final = (1, 2, 3, 4, 6, 9, 13, 19, 28, 41, 61, 91, 136, 203, 304, 456, 1_000, 3_000, 10_000)
"""Where bins of "how many widest actors were shown this person" begin."""
AGES: Final = 4
"""Bins of "when was this person shown to anybody first", each with as many people."""
NOBODY: Final = -1
"""The stratum of people whom no actor was ever shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Strata:
    """Which stratum everybody is in, c of them.

    of_dump: (n,) for each of the dump's people; of_sample: (s,) for each sampled person. listed: (s,) whether that one is in the dump.
    dump: (c,) how many of the dump's people each has; everybody: (c,) how many people there are (estimated in a large ledger).
    """

    of_dump: Ints
    of_sample: Ints
    listed: npt.NDArray[np.bool_]
    dump: Reals
    everybody: Reals


def _known(pairs: Pairs, roots: Ints, size: int) -> tuple[Ints, Ints]:
    """For each of `size` people how many of the actors `roots` hold it, and the first time one was shown it.

    Where a log names only the app of a company that other logs tell, nobody among the roots holds that person: it counts as one's.
    """
    many, first = _counted(pairs, roots, size)
    rest = np.flatnonzero((many == 0)[pairs.who])
    many[pairs.who[rest]] = 1
    np.minimum.at(first, pairs.who[rest], pairs.first[rest])
    return many, first


def _counted(pairs: Pairs, roots: Ints, size: int) -> tuple[Ints, Ints]:
    cuts = [pairs.of(node) for node in roots.tolist()]
    many, first = np.zeros(size, np.int64), np.full(size, np.iinfo(np.int64).max)
    if len(cuts) > 2_000:  # small ones: all at once
        node = np.repeat(np.arange(len(pairs.start) - 1), np.diff(pairs.start))
        chosen = np.zeros(len(pairs.start) - 1, bool)
        chosen[roots] = True
        here = np.flatnonzero(chosen[node])
        many = np.bincount(pairs.who[here], minlength=size)
        np.minimum.at(first, pairs.who[here], pairs.first[here])
        return many, first
    for cut in cuts:  # people of one actor are each there once
        who = pairs.who[cut]
        many[who] += 1
        first[who] = np.minimum(first[who], pairs.first[cut])
    return many, first


def strata(holdings: Holdings) -> Strata:
    """The strata of a dump's people and of the sample."""
    roots = np.flatnonzero(holdings.nodes.parent < 0)
    many, first = _known(holdings.sampled, roots, len(holdings.sample))
    known = first[many > 0]
    edges = np.quantile(known, np.arange(1, AGES) / AGES) if len(known) else np.zeros(AGES - 1)

    def code(many: Ints, first: Ints) -> Ints:
        found = np.searchsorted(np.array(POPULAR), many, "right") - 1
        return np.where(many > 0, found * AGES + np.searchsorted(edges, first, "right"), NOBODY)

    of_sample = code(many, first)
    of_dump = code(*_known(holdings.pairs, roots, len(holdings.people)))
    place = np.minimum(np.searchsorted(holdings.people, holdings.sample), max(0, len(holdings.people) - 1))
    listed = holdings.people[place] == holdings.sample if len(holdings.people) else np.zeros(len(place), bool)
    size = len(POPULAR) * AGES
    dump = np.bincount(of_dump[of_dump >= 0], minlength=size).astype(np.float64)
    beside = np.bincount(of_sample[(of_sample >= 0) & ~listed], minlength=size) / holdings.rate
    return Strata(of_dump=of_dump, of_sample=of_sample, listed=listed, dump=dump, everybody=dump + beside)
