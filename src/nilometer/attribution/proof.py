"""Canaries: what they prove beside overlaps. Whose canary is in a dump is a source of it, whoever else holds its other people.

As far, that is, as the dump does not hold it by chance: a canary weighs as much as that is unlikely (`neighbours.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import lgamma
from typing import Final

import numpy as np

from nilometer.attribution.candidates import Bools
from nilometer.attribution.guilt import Judged
from nilometer.attribution.verdict import marked
from nilometer.attribution.weighing import Weighed

PROVES: Final = 12.0
"""Nats from which canaries prove, whatever else the dump looks like: one such dump in 160,000 holds them by chance."""
_MOST: Final = 200.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """An actor's canaries in a dump: how many were found, and what they weigh in nats."""

    found: int
    nats: float

    @property
    def proves(self) -> bool:
        """Whether they are enough to say whose dump it is."""
        return self.nats >= PROVES


def weight(caught: Sequence[float], missed: Sequence[float]) -> float:
    """Nats for an actor's canaries, of each the chance that such a dump holds it anyway: those found, and those that are not in it.

    A source takes some share of its canaries, any share being as likely; so one of twenty says less than one of one.
    """
    h, m = len(caught), len(caught) + len(missed)
    taken = lgamma(h + 1) + lgamma(m - h + 1) - lgamma(m + 2)
    by_chance = float(np.log(np.asarray(caught)).sum() + np.log1p(-np.asarray(missed)).sum())
    return min(_MOST, max(0.0, taken - by_chance)) if h else 0.0


def leading(weighed: Weighed, caught: Mapping[int, Proof]) -> bool:
    """Whether a canary speaks for the candidate that explains the dump best, or for a part of it, or for what holds it.

    Only then does it take away the doubt that somebody outside has the same people.
    """
    places = _places(weighed, caught)
    if not places:
        return False
    return bool(_line(weighed, places)[int(np.argmax(weighed.odds + weighed.prior))])


def proved(judged: Judged, weighed: Weighed, caught: Mapping[int, Proof]) -> Judged:
    """Makes every actor a source whose canaries prove it, and those wider than it with it. caught: by node.

    A canary of one says nothing against another: of a dump in which their rows are mixed both are sources, but the one with
    the proof is the main one.
    """
    places = _places(weighed, caught)
    if not places:
        return judged
    guilty = {name: getattr(judged, name).copy() for name in ("probability", "low", "high", "main")}
    taken, nobody, sources = judged.taken.copy(), judged.nobody, list(judged.sources)
    guilty["main"][~_line(weighed, places)] = 0.0
    for place, proof in sorted(places.items(), key=lambda one: (one[1].nats, one[0])):
        sure = 1 / (1 + np.exp(-(proof.nats + weighed.prior[place])))
        for values in guilty.values():
            values[weighed.above[:, place]] = 1 - (1 - values[weighed.above[:, place]]) * (1 - sure)
        nobody *= 1 - sure
        if not _line(weighed, {place: proof})[sources].any():
            sources.insert(0, place)
            taken[place] = max(float(taken[place]), float(proof.found))
    return replace(judged, **guilty, taken=taken, nobody=float(nobody), sources=tuple(sources))


def unheard(canaries: Mapping[tuple[str, int], Proof], known: Mapping[tuple[str, int], int]) -> tuple[str, ...]:
    """Sentences about canaries whose actors hold nobody else that could be judged. known: those that do."""
    return tuple(
        f"The dump has {proof.found:,} canar{'y' if proof.found == 1 else 'ies'} of {marked(*node)}, which was shown nobody else that was looked at: "
        "it is a source of these rows all the same, if its canaries were planted with it alone."
        for node, proof in canaries.items()
        if node not in known and proof.proves
    )


def _places(weighed: Weighed, caught: Mapping[int, Proof]) -> dict[int, Proof]:
    """Candidates (no campaigns: which member it was is known) whose canaries prove."""
    every = [(place, caught.get(one.nodes[0])) for place, one in enumerate(weighed.candidates) if one.level != "campaign"]
    return {place: proof for place, proof in every if proof is not None and proof.proves}


def _line(weighed: Weighed, places: Mapping[int, Proof]) -> Bools:
    """(j,) which candidates are any of these, a part of one or wider than one."""
    some = list(places)
    wider: Bools = np.asarray(weighed.above[:, some].any(axis=1))
    return wider | np.asarray(weighed.above[some].any(axis=0))
