"""What is remembered of every actor of a level: its last active days, its hours, how it began, and the evidence against it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from nilometer.detection.coding import NONE, Flags, Floats, Ints, places
from nilometer.detection.count import Counted, Measure

Table = NDArray[np.float32]

DAYS: Final = 32
"""Active days that are remembered one by one."""
KEPT: Final[tuple[Measure, ...]] = ("people", "fresh", "unexplained", "cold", "odd", "elsewhere", "strange", "misses", "near")
"""Counts that are remembered."""
BEGINNING: Final = 15
"""Active days after which an actor has a beginning to be compared with."""
RISE: Final = 1.001
"""How much faster per active day what is held against an actor may grow: it cannot be taught more than that."""
LATELY: Final = 10
"""Active days whose mean is what an actor does at present; its beginning falls with it at once."""
RECENT: Final = 0.3
"""Weight of the latest day in the volume expected of an actor."""

BEGAN: Final = ("fresh", "share", "cold", "start_fresh", "start_share")
"""What is held against an actor from its beginning: new people a day, new among all, cold people a day. Each is the lowest that
it was, ten days at a time, since the fifteenth active day, and grows by RISE a day. The two `start` are as they were on that day."""


class _Part(Mapping[Measure, Table]):
    """Some rows of tables, taken when they are asked for."""

    def __init__(self, whole: Mapping[Measure, Table], rows: Ints | Flags) -> None:
        self._whole, self._rows = whole, rows

    def __getitem__(self, measure: Measure) -> Table:
        return self._whole[measure][self._rows]

    def __iter__(self) -> Iterator[Measure]:
        return iter(self._whole)

    def __len__(self) -> int:
        return len(self._whole)


@dataclass(frozen=True, eq=False)
class Memory:
    """One level's actors (n,), ascending. Never changed: `after` gives the next day's.

    `days` counts the active days that were remembered, `place` (n, DAYS) their dates, `counts[measure]` (n, DAYS) what was
    counted on them (column `days % DAYS` is the next to be written); `hours` (n,) has a bit for every hour ever worked in;
    `recent` (n,) is a moving average of people a day, `total` (n,) everybody it was ever shown,
    `parent` (n,) the key of the app or company it was last seen under; `began[name]` (n,) is NaN until there is a beginning;
    `evidence[detector]` (n,) is the e-detector's value after the last active day.
    """

    actors: Ints
    first: Ints
    last: Ints
    days: Ints
    place: Ints
    counts: Mapping[Measure, Table]
    hours: Ints
    recent: Floats
    total: Ints
    parent: Ints
    began: dict[str, Floats]
    evidence: dict[str, Floats]
    _whole: tuple[Memory, Ints | Flags] | None = field(default=None, repr=False)
    _told: dict[tuple[str, Measure], Floats] = field(default_factory=dict, init=False, repr=False)
    """What was reckoned once: every detector asks for the same few figures, of all actors or of some."""

    @classmethod
    def empty(cls, detectors: tuple[str, ...]) -> Memory:
        """Nobody yet."""
        none, zero = np.zeros(0, np.int64), np.zeros(0)
        return cls(
            actors=none,
            first=none,
            last=none,
            days=none,
            place=np.zeros((0, DAYS), np.int64),
            counts={measure: np.zeros((0, DAYS), np.float32) for measure in KEPT},
            hours=none,
            recent=zero,
            total=none,
            parent=none,
            began=dict.fromkeys(BEGAN, zero),
            evidence=dict.fromkeys(detectors, zero),
        )

    def __len__(self) -> int:
        return len(self.actors)

    def of(self, actors: Ints) -> Memory:
        """The memory of these actors, in their order; those who are new have days == 0 and first == -1."""
        at, there = places(self.actors, actors)
        fresh = ~there

        def pick(values: NDArray[np.generic], default: float) -> NDArray[np.generic]:
            found = values[at] if len(values) else np.full((len(actors), *values.shape[1:]), default, values.dtype)
            if len(values):
                found[fresh] = default
            return found

        return Memory(
            actors=actors,
            first=pick(self.first, -1),  # type: ignore[arg-type]
            last=pick(self.last, -1),  # type: ignore[arg-type]
            days=pick(self.days, 0),  # type: ignore[arg-type]
            place=pick(self.place, 0),  # type: ignore[arg-type]
            counts={name: pick(values, 0.0) for name, values in self.counts.items()},  # type: ignore[misc]
            hours=pick(self.hours, 0),  # type: ignore[arg-type]
            recent=pick(self.recent, 0.0),  # type: ignore[arg-type]
            total=pick(self.total, 0),  # type: ignore[arg-type]
            parent=pick(self.parent, NONE),  # type: ignore[arg-type]
            began={name: pick(values, np.nan) for name, values in self.began.items()},  # type: ignore[misc]
            evidence={name: pick(values, 0.0) for name, values in self.evidence.items()},  # type: ignore[misc]
        )

    def part(self, rows: Ints | Flags) -> Memory:
        """Some of the actors."""
        chosen: dict[str, Any] = {"_whole": (self, rows), "counts": _Part(self.counts, rows)}
        for one in fields(self):
            if one.name not in ("counts", "_whole", "_told"):
                held = getattr(self, one.name)
                chosen[one.name] = {key: values[rows] for key, values in held.items()} if isinstance(held, dict) else held[rows]
        return Memory(**chosen)

    def _once(self, name: str, measure: Measure, reckon: Callable[[Memory, Measure], Floats]) -> Floats:
        if self._whole is not None:
            whole, rows = self._whole
            return whole._once(name, measure, reckon)[rows]
        found = self._told.get((name, measure))
        if found is None:
            found = self._told[(name, measure)] = reckon(self, measure)
            found.flags.writeable = False
        return found

    def valid(self) -> Flags:
        """Which columns hold a day, (n, DAYS)."""
        return np.arange(DAYS)[None, :] < self.days[:, None]

    def usual(self, measure: Measure) -> Floats:
        """Mean count of the remembered days but the busiest tenth, (n,); 0 without any."""
        return self._once("usual", measure, _usual)

    def lately(self, measure: Measure) -> Floats:
        """Mean count of the last LATELY remembered days, (n,); 0 without any."""
        return self._once("lately", measure, _lately)

    def high(self, measure: Measure) -> Floats:
        """Ninth decile of the remembered days' counts, (n,); 0 without any."""
        return self._once("high", measure, _high)

    def record(self, measure: Measure, since: int, until: int | None = None) -> Floats:
        """Largest count on a remembered day from `since` on (and before `until`), (n,); 0 without any."""
        inside = self.valid() & (self.place >= since)
        if until is not None:
            inside &= self.place < until
        return np.asarray(np.where(inside, self.counts[measure], 0.0).max(axis=1, initial=0.0), dtype=np.float64)

    def after(self, day: int, counted: Counted, now: Memory, evidence: dict[str, Floats], learn: Flags) -> Memory:
        """The memory at the end of a day. `now` is `of(counted.actors)` from before it; where `learn` is false the day is not remembered."""
        slot = now.days % DAYS
        rows = np.flatnonzero(learn)
        place = now.place.copy()
        place[rows, slot[rows]] = day
        counts: dict[Measure, Table] = {}
        for measure, values in now.counts.items():
            values = values.copy()
            values[rows, slot[rows]] = counted.totals[measure][rows]
            counts[measure] = values
        days = now.days + learn
        bits = ((counted.hours > 0) @ (np.int64(1) << np.arange(24, dtype=np.int64))).astype(np.int64)
        people = counted.totals["people"].astype(np.float64)
        recent = np.where(now.days > 0, (1 - RECENT) * now.recent + RECENT * people, people)
        fresh = Memory(
            actors=counted.actors,
            first=np.where(now.first < 0, day, now.first),
            last=np.full(len(counted.actors), day, np.int64),
            days=days,
            place=place,
            counts=counts,
            hours=now.hours | np.where(learn, bits, 0),
            recent=recent,
            total=now.total + counted.added,
            parent=counted.parent,
            began=now.began,
            evidence=evidence,
        )
        return self._with(_begun(fresh, learn))

    def _with(self, fresh: Memory) -> Memory:
        """This memory with the actors of `fresh` as they are there."""
        at, there = places(self.actors, fresh.actors)
        added = np.flatnonzero(~there)
        actors = np.concatenate([self.actors, fresh.actors[added]])
        order = np.argsort(actors, kind="stable")

        def merge(old: NDArray[np.generic], new: NDArray[np.generic]) -> NDArray[np.generic]:
            old = old.copy()
            old[at[there]] = new[there]
            return np.concatenate([old, new[added]])[order]

        return Memory(
            actors=actors[order],
            first=merge(self.first, fresh.first),  # type: ignore[arg-type]
            last=merge(self.last, fresh.last),  # type: ignore[arg-type]
            days=merge(self.days, fresh.days),  # type: ignore[arg-type]
            place=merge(self.place, fresh.place),  # type: ignore[arg-type]
            counts={name: merge(values, fresh.counts[name]) for name, values in self.counts.items()},  # type: ignore[misc]
            hours=merge(self.hours, fresh.hours),  # type: ignore[arg-type]
            recent=merge(self.recent, fresh.recent),  # type: ignore[arg-type]
            total=merge(self.total, fresh.total),  # type: ignore[arg-type]
            parent=merge(self.parent, fresh.parent),  # type: ignore[arg-type]
            began={name: merge(values, fresh.began[name]) for name, values in self.began.items()},  # type: ignore[misc]
            evidence={name: merge(values, fresh.evidence[name]) for name, values in self.evidence.items()},  # type: ignore[misc]
        )

    def without(self, before: int) -> Memory:
        """Only the actors that were active on `before` or later."""
        keep = self.last >= before
        if keep.all():
            return self
        return self.of(self.actors[keep])


def _usual(memory: Memory, measure: Measure) -> Floats:
    values = np.sort(np.where(memory.valid(), memory.counts[measure], np.inf), axis=1)
    held = np.minimum(memory.days, DAYS)
    keep = held - np.ceil(held / 10).astype(np.int64) * (held > 1)
    total = np.cumsum(np.where(np.isfinite(values), values, 0.0), axis=1, dtype=np.float64)
    total = np.take_along_axis(total, np.maximum(keep - 1, 0)[:, None], axis=1)[:, 0]
    return np.asarray(np.where(keep > 0, total / np.maximum(keep, 1), 0.0), dtype=np.float64)


def _lately(memory: Memory, measure: Measure) -> Floats:
    back = (memory.days[:, None] - 1 - np.arange(LATELY)[None, :]) % DAYS
    held = np.arange(LATELY)[None, :] < memory.days[:, None]
    values = np.where(held, np.take_along_axis(memory.counts[measure], back, axis=1), 0.0)
    return np.asarray(values.sum(axis=1, dtype=np.float64) / np.maximum(held.sum(axis=1), 1), dtype=np.float64)


def _high(memory: Memory, measure: Measure) -> Floats:
    values = np.sort(np.where(memory.valid(), memory.counts[measure], np.inf), axis=1)
    held = np.minimum(memory.days, DAYS)
    at = np.minimum(np.ceil(held * 0.9).astype(np.int64), np.maximum(held - 1, 0))
    found = np.take_along_axis(values, at[:, None], axis=1)[:, 0]
    return np.asarray(np.where(np.isfinite(found), found, 0.0), dtype=np.float64)


def _at_most(mean: Floats) -> Floats:
    """What a mean over LATELY days may really be, a standard error up: the lowest of many small counts is low by chance."""
    total = mean * LATELY
    return np.asarray((total + np.sqrt(total) + 1.0) / LATELY, dtype=np.float64)


def _begun(memory: Memory, learn: Flags) -> Memory:
    """Sets or moves, slowly, what is held against the actors from their beginning."""
    old = learn & (memory.days >= BEGINNING)
    rows = np.flatnonzero(old)
    if not len(rows):
        return memory
    part = memory.of(memory.actors[rows])
    people = part.lately("people")
    fresh, cold = (_at_most(part.lately(name)) for name in ("fresh", "cold"))
    now = {
        "fresh": fresh,
        "share": fresh / np.maximum(people, 1.0),
        "cold": cold,
        "start_fresh": fresh,
        "start_share": fresh / np.maximum(people, 1.0),
    }
    began = {}
    for name, values in memory.began.items():
        held = part.began[name]
        later = held if name.startswith("start") else np.minimum(now[name], held * RISE)
        moved = np.where(np.isnan(held), now[name], later)
        values = values.copy()
        values[rows] = moved
        began[name] = values
    return replace(memory, began=began)
