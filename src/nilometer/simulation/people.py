"""The people of the platform: how many there are, their ids, and how unevenly active they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from nilometer.simulation.mixing import Floats, Ints, key_of, mix, shuffled

FIRST_ID: Final = 2_200_000_000
"""Ids have ten digits and grow with registration, as the numeric ids of the reference case did."""
SPACING: Final = 7
"""One id in seven is taken, somewhere in its seven: whoever counts through the ids meets misses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """`total` people. Inside the room a person is an index in [0, total); only the written table holds ids."""

    total: int
    seed: int

    def ids(self, index: NDArray[Any]) -> Ints:
        """The platform's numeric ids of these people, in the shape of `index`."""
        jitter = (mix(index, key_of(self.seed, "ids")) % np.uint64(SPACING)).astype(np.int64)
        return FIRST_ID + np.asarray(index, dtype=np.int64) * SPACING + jitter

    def index(self, ids: Ints) -> Ints:
        """The people behind these ids (the reverse of `ids`)."""
        return (ids - FIRST_ID) // SPACING

    def active(self, uniform: Floats) -> Ints:
        """People drawn by how active they are, one for each uniform number in [0, 1).

        A Zipf law of exponent 1/2: the person of rank r comes up in proportion to r ** -0.5, so that the most active
        hundredth of the people makes a tenth of the activity, and rank is unrelated to id.
        """
        rank = np.minimum((self.total * uniform**2).astype(np.int64), self.total - 1)
        return shuffled(rank, self.total, key_of(self.seed, "activity"))

    def walk(self, ordinal: Ints, key: int) -> Ints:
        """The ordinal-th person of a walk that meets everybody once before it meets anybody twice."""
        return shuffled(ordinal % self.total, self.total, key_of(self.seed, "walk", key))
