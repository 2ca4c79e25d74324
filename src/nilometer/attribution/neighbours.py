"""How likely a dump holds a canary by chance: by how densely its own values lie around the canary.

A dump that is simply all numbers from 88000 to 88999 holds every canary of the pattern `88###`, and proves nothing by it. So for each
beginning of a canary the dump's different values that begin so are counted, beside how many values could; the densest of these is the chance.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Reals = npt.NDArray[np.float64]

LEAST: Final = 1e6
"""Values a pattern must give for each canary that is made of it."""
_DIGIT, _LETTER, _CHOSEN = 10.0, 26.0, 2.0
_MOST: Final = 0.999
_NATIONAL: Final = 9  # last digits of a phone that somebody chose which say anything


@dataclass(frozen=True, slots=True, kw_only=True)
class Like:
    """A canary as the dump's values are spelt. sizes: how many signs could stand at each place of it (1: it is given)."""

    value: str
    sizes: tuple[float, ...]

    @property
    def given(self) -> int:
        """How many of its first signs are given."""
        return next((place for place, size in enumerate(self.sizes) if size > 1), len(self.sizes))

    def space(self, place: int) -> float:
        """How many values begin as it does up to a place."""
        return float(np.prod(self.sizes[place:])) if place < len(self.sizes) else 1.0


def space(pattern: str) -> float:
    """How many values a pattern gives."""
    return float(_DIGIT ** pattern.count("#") * _LETTER ** pattern.count("?"))


def like(value: str, pattern: str, spelt: str, *, phone: bool = False) -> Like:
    """A canary made of a pattern (empty: somebody chose it, and letters that people choose say little), as it is `spelt`."""
    if pattern:
        sizes = [{"#": _DIGIT, "?": _LETTER}.get(sign, 1.0) for sign in pattern]
    else:
        sizes = [_DIGIT if sign.isdigit() else _CHOSEN if sign.isalpha() else 1.0 for sign in value.split("@")[0]]
        sizes += [1.0] * (len(value) - len(sizes))
    if phone:
        sizes = [size for size, sign in zip(sizes, value, strict=False) if sign.isdigit()]
        if not pattern:
            sizes = [1.0] * (len(sizes) - _NATIONAL) + sizes[-_NATIONAL:]
    sizes = [1.0] * (len(spelt) - len(sizes)) + sizes[max(0, len(sizes) - len(spelt)) :]  # a calling code may stand before it
    return Like(value=spelt, sizes=tuple(sizes))


@dataclass(slots=True)
class Neighbours:
    """Counts a dump's values that begin as some canaries do and are as long."""

    canaries: Sequence[Like]
    _counts: Counter[str] = field(default_factory=Counter)
    _begins: list[pa.Array] = field(default_factory=list)

    def __post_init__(self) -> None:
        longest = max((len(one.value) for one in self.canaries), default=0)
        for place in range(longest):
            keys = {_key(one.value, place) for one in self.canaries if place < len(one.value)}
            self._begins.append(pa.array(sorted(keys), pa.string()))

    def take(self, values: pa.Array) -> None:
        """Counts some different values (n,) text, without the canaries."""
        for place, begins in enumerate(self._begins):
            length = pc.utf8_length(values).cast(pa.string())
            keys = pc.binary_join_element_wise(length, pc.utf8_slice_codeunits(values, 0, place), ":")
            near = pc.is_in(keys, begins)
            values, keys = values.filter(near), keys.filter(near)
            if not len(values):
                return
            for one in pc.value_counts(keys).to_pylist():
                self._counts[one["values"]] += one["counts"]

    def chances(self) -> Reals:
        """(n,) how likely a dump with such values holds each canary by chance."""
        return np.array([self._chance(one) for one in self.canaries])

    def _chance(self, one: Like) -> float:
        every = [self._counts[_key(one.value, place)] / one.space(place) for place in range(one.given, len(one.value))]
        return min(_MOST, max([1 / one.space(0), *every]))


def _key(value: str, place: int) -> str:
    return f"{len(value)}:{value[:place]}"
