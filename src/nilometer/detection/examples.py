"""Small platforms for detectors' examples: each actor told as what it does each day."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from nilometer.detection.coding import Ints
from nilometer.detection.rows import DAY, DAY_ROWS, HOUR, KEYS

START: Final = 18_204
"""The day on which examples begin: 4 November 2019, a Monday."""

_PUBLIC: Final = 10**12


@dataclass(frozen=True, slots=True, kw_only=True)
class Workday:
    """One actor's day: `people` distinct people of whom `new` are new to it, the rest come back."""

    day: int
    people: int
    new: int
    misses: int
    aside: int
    cited: bool
    walk: bool
    pool: int
    hours: tuple[int, int]
    tool: int
    surface: int


def work(
    days: int,
    *,
    people: int,
    new: int,
    first: int = 0,
    misses: int = 0,
    growth: float = 1.0,
    more: Callable[[int], int] | None = None,
    aside: Callable[[int], int] | None = None,
    cited: bool = False,
    walk: bool = False,
    pool: int = 0,
    hours: tuple[int, int] = (8, 18),
    tool: Callable[[int], int] | None = None,
    surface: Callable[[int], int] | None = None,
) -> list[Workday]:
    """`days` days of work from day `first` on.

    `growth` multiplies people and new people by day, `more` adds new people, `aside` new people without a reference; `cited`
    gives every other person a reference of its own; `walk` steps from id to neighbouring id; `pool` > 0 draws new people from
    so many whom everybody else draws from, too; `tool` and `surface` name them by day.
    """
    found = []
    for day in range(first, first + days):
        extra = more(day) if more else 0
        by = growth ** (day - first)
        found.append(
            Workday(
                day=day,
                people=round(people * by) + extra,
                new=round(new * by) + extra,
                misses=misses,
                aside=aside(day) if aside else 0,
                cited=cited,
                walk=walk,
                pool=pool,
                hours=hours,
                tool=tool(day) if tool else 1,
                surface=surface(day) if surface else 1,
            )
        )
    return found


def table(actors: Mapping[int, Sequence[Workday]], level: str = "app", under: tuple[str, int] | None = None) -> pa.Table:
    """DAY_ROWS of these actors at one level, all of them `under` one wider actor or none; counts wobble by about a tenth, from a fixed seed."""
    rng = np.random.default_rng(7)
    columns: dict[str, list[Ints]] = {name: [] for name in ("t", "actor", "subject", "reference", "shown", "step", "tool", "surface")}
    for actor, days in actors.items():
        known: Ints = np.zeros(0, np.int64)
        next_id = actor * 10**7
        for one in days:
            wobble = float(rng.normal(1.0, 0.08))
            new = max(0, round(one.new * wobble))
            if one.pool:
                drawn = np.unique(rng.integers(0, one.pool, new)) + _PUBLIC
            else:
                drawn, next_id = np.arange(next_id, next_id + new), next_id + new
            back = rng.choice(known, min(len(known), max(0, round(one.people * wobble) - new)), replace=False)
            aside, next_id = np.arange(next_id, next_id + one.aside), next_id + one.aside
            missed, next_id = np.arange(next_id, next_id + one.misses), next_id + one.misses
            seen = np.unique(np.concatenate([back, drawn, aside]))
            seen = seen if one.walk else rng.permutation(seen)
            subject = np.concatenate([seen, missed]).astype(np.int64)
            cited = np.full(len(subject), one.cited) & ~np.isin(subject, aside)
            begin = (START + one.day) * DAY
            columns["t"].append(np.sort(rng.integers(begin + one.hours[0] * HOUR, begin + one.hours[1] * HOUR, len(subject))))
            columns["actor"].append(np.full(len(subject), actor))
            columns["subject"].append(subject)
            columns["reference"].append(np.where(cited, subject + one.day * 10**14, -1))
            columns["shown"].append((np.arange(len(subject)) < len(seen)).astype(np.int64))
            columns["step"].append(np.full(len(subject), 1 if one.walk else 2))
            columns["tool"].append(np.full(len(subject), one.tool))
            columns["surface"].append(np.full(len(subject), one.surface))
            known = np.unique(np.concatenate([known, drawn, aside]))
    joined = {name: np.concatenate(parts) for name, parts in columns.items()}
    given: dict[str, Any] = {
        "t": pa.array(joined["t"], pa.int64()),
        "subject": pa.array(joined["subject"], pa.int64()),
        level: pa.array(joined["actor"], pa.int64()),
        "user_agent": pa.array(joined["tool"], pa.int64()),
        "surface": pa.array(joined["surface"], pa.int64()),
        "reference": pa.array(joined["reference"], pa.int64(), mask=joined["reference"] < 0),
        "shown": pa.array(joined["shown"] > 0, pa.bool_()),
        "step": pa.array(joined["step"], pa.int8()),
    }
    if under:
        given[under[0]] = pa.array(np.full(len(joined["t"]), under[1]), pa.int64())
    missing = {name: pa.nulls(len(joined["t"]), pa.int64()) for name in KEYS if name not in given}
    return pa.table([({**missing, **given})[field.name] for field in DAY_ROWS], schema=DAY_ROWS)
