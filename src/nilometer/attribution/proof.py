"""Canaries: what they prove beside overlaps. Whose canary is in a dump is a source of it, whoever else holds its other people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from nilometer.attribution.candidates import Bools
from nilometer.attribution.guilt import Judged
from nilometer.attribution.verdict import marked
from nilometer.attribution.weighing import ANOTHER, CANARY, Weighed


def leading(weighed: Weighed, caught: Mapping[int, int]) -> bool:
    """Whether a canary speaks for the candidate that explains the dump best, or for a part of it, or for what holds it.

    Only then does it take away the doubt that somebody outside has the same people.
    """
    if not caught:
        return False
    return bool(_line(weighed, _places(weighed, caught))[int(np.argmax(weighed.odds + weighed.prior))])


def proved(judged: Judged, weighed: Weighed, caught: Mapping[int, int]) -> Judged:
    """Makes every actor a source whose canaries were found, and those wider than it with it. caught: node to how many.

    A canary of one says nothing against another: of a dump in which their rows are mixed both are sources, but the one with
    the proof is the main one.
    """
    places = _places(weighed, caught)
    if not places:
        return judged
    guilty = {name: getattr(judged, name).copy() for name in ("probability", "low", "high", "main")}
    taken, nobody, sources = judged.taken.copy(), judged.nobody, list(judged.sources)
    guilty["main"][~_line(weighed, places)] = 0.0
    for place, count in sorted(places.items(), key=lambda one: (one[1], one[0])):
        sure = 1 / (1 + np.exp(-(CANARY + ANOTHER * (count - 1) + weighed.prior[place])))
        for values in guilty.values():
            values[weighed.above[:, place]] = 1 - (1 - values[weighed.above[:, place]]) * (1 - sure)
        nobody *= 1 - sure
        if not _line(weighed, {place: count})[sources].any():
            sources.insert(0, place)
            taken[place] = max(float(taken[place]), float(count))
    return replace(judged, **guilty, taken=taken, nobody=float(nobody), sources=tuple(sources))


def unheard(canaries: Mapping[tuple[str, int], int], known: Mapping[tuple[str, int], int]) -> tuple[str, ...]:
    """Sentences about canaries whose actors hold nobody else that could be judged. known: those that do."""
    return tuple(
        f"The dump has {count:,} canar{'y' if count == 1 else 'ies'} of {marked(*node)}, which was shown nobody else that was looked at: "
        "it is a source of these rows all the same, if its canaries were planted with it alone."
        for node, count in canaries.items()
        if node not in known and count
    )


def _places(weighed: Weighed, caught: Mapping[int, int]) -> dict[int, int]:
    """Candidates (no campaigns: which member it was is known) to their canaries."""
    every = enumerate(weighed.candidates)
    return {place: caught[one.nodes[0]] for place, one in every if one.level != "campaign" and caught.get(one.nodes[0])}


def _line(weighed: Weighed, places: Mapping[int, int]) -> Bools:
    """(j,) which candidates are any of these, a part of one or wider than one."""
    some = list(places)
    wider: Bools = np.asarray(weighed.above[:, some].any(axis=1))
    return wider | np.asarray(weighed.above[some].any(axis=0))
