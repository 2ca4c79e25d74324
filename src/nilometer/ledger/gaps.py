"""What the logs do not say: hours without a single disclosure on a surface that always has some then.

A stretch of empty hours is a gap when the same hours of the weeks around it (of the days around it, in less than five weeks)
are not empty and hold enough, before as well as after. Only what others than the scope's actors were shown says so: that these
read nothing is no gap in the logs. Nothing here is certain: a surface may have been closed. What may have been shown meanwhile
is bounded by the busiest of these other weeks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from nilometer.ledger import scope as scopes
from nilometer.ledger.ledger import Ledger
from nilometer.ledger.scope import Scope

Ints = npt.NDArray[np.int64]

HOUR: Final = 3_600_000_000
ENOUGH: Final = 20
"""Disclosures to others that the same hours of the middle week before and after hold at least: then none is no chance (Poisson, exp(-20))."""
OTHERS: Final = 3
"""Other weeks (days) that there must be to compare with."""
AROUND: Final = {168: 4, 24: 7}
"""By hours in a period, how many periods before and after are compared with: a surface of last year is another one."""
EMPTY: Final = 0.15
"""Share of them in which these hours may be empty, too: one of seven or eight, itself perhaps an outage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Empty hours, `begin` to before `end` (microseconds since 1970), on a surface (None: the whole ledger holds nothing).

    `usual` disclosures to others are in the same hours of the middle other week; `most` were shown to the scope's actors in the
    busiest one.
    """

    surface: int | None
    begin: int
    end: int
    usual: int
    most: int


def gaps(ledger: Ledger, scope: Scope, begin: int, end: int) -> list[Gap]:
    """The gaps that touch the time between two moments (microseconds since 1970), on the surfaces where the scope's actors were shown anybody, in order of time."""
    condition = scopes.condition(scope)
    margin = 168 * HOUR * (AROUND[168] + 1)  # so that the first and the last week can be compared, too
    rows = ledger.engine.between(ledger.manifest.segments, begin - margin, end + margin)
    where = f"surface IN (SELECT DISTINCT surface FROM {scopes.source(ledger, scope)} WHERE shown AND surface IS NOT NULL)"
    counts = f"count(*) FILTER (NOT coalesce({condition}, false)) AS others, count(*) FILTER (shown AND {condition}) AS his, count(*) AS n"
    found = _silent(ledger, f"SELECT CAST(NULL AS BIGINT) AS surface, epoch_us(time) // {HOUR} AS hour, {counts} FROM {rows} GROUP BY ALL")
    one = _silent(ledger, f"SELECT surface, epoch_us(time) // {HOUR} AS hour, {counts} FROM {rows} WHERE {where} GROUP BY ALL")
    found += [gap for gap in one if not any(wide.begin <= gap.begin and gap.end <= wide.end for wide in found)]
    found = [gap for gap in found if gap.begin < end and gap.end > begin]
    return sorted(found, key=lambda gap: (gap.begin, gap.surface is not None, gap.surface or 0))


def _silent(ledger: Ledger, sql: str) -> list[Gap]:
    table = ledger.engine.query(sql)
    found = []
    for surface in table.column("surface").unique().to_pylist():
        own = table.filter(pc.equal(table.column("surface"), surface)) if surface is not None else table
        found += silent(surface, *(np.asarray(own.column(name)) for name in ("hour", "others", "his", "n")))
    return found


def silent(surface: int | None, hours: Ints, others: Ints, his: Ints, n: Ints) -> list[Gap]:
    """The gaps in one series: hours since 1970; in each the disclosures to others, those shown to the scope's actors, and all."""
    if not len(hours):
        return []
    first, size = int(hours.min()), int(hours.max() - hours.min()) + 1
    every, alive, part = (np.bincount(hours - first, weights=values, minlength=size) for values in (n, others, his))
    alive_until, part_until = (np.concatenate([[0.0], np.cumsum(values)]) for values in (alive, part))
    period = 168 if size >= 5 * 168 else 24
    empty = np.concatenate([[False], every == 0, [False]])
    turns = np.flatnonzero(empty[1:] != empty[:-1])
    found = []
    for begin, end in turns.reshape(-1, 2).tolist():
        near = -(-(end - begin) // period)  # a gap is not compared with itself
        around = np.concatenate([np.arange(-near - AROUND[period] + 1, -near + 1), np.arange(near, near + AROUND[period])]) * period
        shifts = around[(begin + around >= 0) & (end + around <= size)]
        held = alive_until[end + shifts] - alive_until[begin + shifts]
        sides = (held[shifts < 0], held[shifts > 0])
        if len(shifts) < OTHERS or (held == 0).mean() > EMPTY or any(not len(side) or np.median(side) < ENOUGH for side in sides):
            continue  # before and after: a surface that was opened or closed then has no gap
        most = int((part_until[end + shifts] - part_until[begin + shifts]).max())
        found.append(Gap(surface=surface, begin=(first + begin) * HOUR, end=(first + end) * HOUR, usual=int(np.median(held)), most=most))
    return found
