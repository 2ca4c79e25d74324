"""Whose data an actor has business with: a base of customers that grows day by day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nilometer.simulation.mixing import Floats, Ints, key_of, mix, ragged, unit
from nilometer.simulation.people import People


@dataclass(frozen=True, slots=True, kw_only=True)
class Clientele:
    """The customers of P partners. `sizes[d, p]` is how many partner p has had before day d, shape (days + 1, P).

    The n-th customer of a partner is computed from n, by activity: busy people are customers of many partners, and may
    come as a "new" customer twice.
    """

    people: People
    key: int
    sizes: NDArray[np.int64]

    @staticmethod
    def grown(
        people: People, name: str, *, start: Floats, growth: Floats, pace: Floats, arrivals: NDArray[np.int64] | None = None
    ) -> Clientele:
        """Bases that start at `start` (P,) and grow by `growth` (P,) a day times `pace` (days,), by chance (Poisson).

        `arrivals`, shape (days, P), adds whole groups: a merchant who signs up brings all his customers at once.
        """
        key = key_of(people.seed, "clientele", name)
        rng = np.random.default_rng(key)
        new = rng.poisson(pace[:, None] * growth[None, :]).astype(np.int64)
        if arrivals is not None:
            new = new + arrivals
        first = np.maximum(np.rint(start).astype(np.int64), 1)
        sizes = np.vstack([first[None, :], first[None, :] + np.cumsum(new, axis=0)])
        return Clientele(people=people, key=key, sizes=sizes)

    def newcomers(self, day: int) -> tuple[Ints, Ints]:
        """Who comes for the first time on `day`: partner and ordinal, two flat arrays."""
        return ragged(self.sizes[day], self.sizes[day + 1] - self.sizes[day])

    def everyone(self, day: int) -> tuple[Ints, Ints]:
        """All customers at the end of `day`: partner and ordinal, two flat arrays."""
        return ragged(np.zeros_like(self.sizes[day]), self.sizes[day + 1])

    def returning(self, rng: np.random.Generator, day: int, partner: Ints) -> Ints:
        """For each entry of `partner`, the ordinal of a known customer who comes again; recent ones come more often."""
        known = self.sizes[day][partner]
        recent: Ints = (known * np.sqrt(rng.random(len(partner)))).astype(np.int64)
        return recent

    def persons(self, partner: Ints, ordinal: Ints) -> Ints:
        """The people behind these customers, as indexes."""
        place = mix(partner, self.key).astype(np.uint64) + ordinal.astype(np.uint64)
        return self.people.active(unit(place, self.key))
