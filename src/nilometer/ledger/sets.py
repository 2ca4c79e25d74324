"""Sets of pseudonyms as ascending arrays. numpy's own `unique` and `isin` hash integers since 2.3, ten times as slow as sorting millions of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


def distinct(values: Ints) -> Ints:
    """(m,) the different ones of (n,) values, ascending."""
    if not len(values):
        return values
    ordered = np.sort(values)
    kept = np.ones(len(ordered), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=kept[1:])
    return ordered[kept]


def among(values: Ints, ascending: Ints) -> npt.NDArray[np.bool_]:
    """(n,) which of the values are among `ascending` (each once)."""
    if not len(ascending):
        return np.zeros(len(values), np.bool_)
    place = np.minimum(np.searchsorted(ascending, values), len(ascending) - 1)
    return np.asarray(ascending[place] == values)
