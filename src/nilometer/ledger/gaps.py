"""What the logs do not say: hours without a single disclosure on a surface that always has some then.

A stretch of empty hours is a gap when the same hours of other weeks (of other days, in less than five weeks) hardly ever are
empty and usually hold enough. Nothing here is certain: a surface may have been closed. What may have been shown meanwhile
is bounded by the busiest of these other weeks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from nilometer.ledger import scope as scopes
from nilometer.ledger.ledger import Ledger
from nilometer.ledger.scope import Scope

Ints = npt.NDArray[np.int64]

HOUR: Final = 3_600_000_000
ENOUGH: Final = 20
"""Disclosures that the same hours of the middle other week hold at least: then none is no chance (Poisson, exp(-20))."""
OTHERS: Final = 3
"""Other weeks (days) that there must be to compare with."""
EMPTY: Final = 0.1
"""Share of the other weeks in which these hours may be empty, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Empty hours, `begin` to before `end` (microseconds since 1970), on a surface (None: on none of them was anything shown).

    `usual` disclosures by anybody are in the same hours of the middle other week; `most` were shown to the scope's actors in the
    busiest one.
    """

    surface: int | None
    begin: int
    end: int
    usual: int
    most: int


def gaps(ledger: Ledger, scope: Scope, begin: int, end: int) -> list[Gap]:
    """The gaps between two moments (microseconds since 1970) on the surfaces where the scope's actors were shown anybody, in order of time."""
    condition = scopes.condition(scope)
    rows = ledger.engine.between(ledger.manifest.segments, begin, end)
    where = f"surface IN (SELECT DISTINCT surface FROM {scopes.source(ledger, scope)} WHERE shown AND surface IS NOT NULL)"
    table = ledger.engine.query(
        f"SELECT surface, epoch_us(time) // {HOUR} AS hour, count(*) AS n, count(*) FILTER (shown AND {condition}) AS mine "
        f"FROM {rows} WHERE {where} GROUP BY ALL"
    )
    columns: dict[str, Any] = {name: np.asarray(table.column(name)) for name in ("surface", "hour", "n", "mine")}
    if not table.num_rows:
        return []
    everywhere = silent(None, columns["hour"], columns["n"], columns["mine"])
    found = list(everywhere)
    surfaces = np.unique(columns["surface"])
    for surface in surfaces.tolist() if len(surfaces) > 1 else []:
        at = columns["surface"] == surface
        one = silent(surface, columns["hour"][at], columns["n"][at], columns["mine"][at])
        found += [gap for gap in one if not any(wide.begin <= gap.begin and gap.end <= wide.end for wide in everywhere)]
    if len(surfaces) == 1:
        found = [Gap(surface=int(surfaces[0]), begin=g.begin, end=g.end, usual=g.usual, most=g.most) for g in found]
    return sorted(found, key=lambda gap: (gap.begin, gap.surface is not None, gap.surface or 0))


def silent(surface: int | None, hours: Ints, n: Ints, mine: Ints) -> list[Gap]:
    """The gaps in one series: hours since 1970, disclosures in each by anybody and by the scope's actors; hours may repeat."""
    first, size = int(hours.min()), int(hours.max() - hours.min()) + 1
    every = np.bincount(hours - first, weights=n, minlength=size)
    his = np.bincount(hours - first, weights=mine, minlength=size)
    total, part = (np.concatenate([[0.0], np.cumsum(values)]) for values in (every, his))
    period = 168 if size >= 5 * 168 else 24
    empty = np.concatenate([[False], every == 0, [False]])
    turns = np.flatnonzero(empty[1:] != empty[:-1])
    found = []
    for begin, end in turns.reshape(-1, 2).tolist():
        shifts = np.arange(-(begin // period), (size - end) // period + 1) * period
        shifts = shifts[np.abs(shifts) >= end - begin]
        held = total[end + shifts] - total[begin + shifts]
        if len(shifts) < OTHERS or np.median(held) < ENOUGH or (held == 0).mean() > EMPTY:
            continue
        most = int((part[end + shifts] - part[begin + shifts]).max())
        found.append(Gap(surface=surface, begin=(first + begin) * HOUR, end=(first + end) * HOUR, usual=int(np.median(held)), most=most))
    return found
