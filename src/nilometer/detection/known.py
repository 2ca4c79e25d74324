"""What was known before: a growing set of keys whose look-up stays cheap, whatever its history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from nilometer.detection.coding import Flags, Ints, places

_RATIO: Final = 4
"""A run is merged with the one before it unless that is so many times larger: each key is moved only log_4(n) times."""


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """A set of 64-bit keys as sorted, disjoint runs, the oldest and largest first (a log-structured merge, O'Neil et al. 1996).

    Never changed: adding keys gives a new set that shares the large runs, so that a day that is not complete yet can be
    tried and forgotten. Runs may be memory-mapped files.
    """

    runs: tuple[Ints, ...] = ()

    def __len__(self) -> int:
        return sum(len(run) for run in self.runs)

    def has(self, keys: Ints) -> Flags:
        """Which of `keys`, in ascending order, are in the set; shape (n,)."""
        found = np.zeros(len(keys), np.bool_)
        for run in self.runs:
            if not len(keys) or not len(run) or keys[-1] < run[0] or keys[0] > run[-1]:
                continue
            found |= places(run, keys)[1]
        return found

    def having(self, keys: Ints) -> Known:
        """This set with `keys` (ascending, none of them in it yet)."""
        if not len(keys):
            return self
        runs, fresh = list(self.runs), keys
        while runs and len(runs[-1]) < _RATIO * len(fresh):
            fresh = np.sort(np.concatenate([runs.pop(), fresh]), kind="stable")  # which finds that these are two runs, and merges them
        return Known((*runs, fresh))
