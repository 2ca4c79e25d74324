"""One detector, one level, one day: which actors' evidence reached the bar, and at which event."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from nilometer.detection import words
from nilometer.detection.coding import Flags, Floats, Ints
from nilometer.detection.count import Counted, Measure
from nilometer.detection.detector import Before, Detector
from nilometer.detection.evidence import CARRIED, MOST
from nilometer.detection.rows import DAY, Rows
from nilometer.findings.reason import Reason

LITTLE: Final = 0.5
"""Factor of a day on which an actor's count was too small to be judged."""
QUIET: Final = 0.6
"""A day with less than this share of the people usual for the actor (a weekend, a holiday) says nothing for or against it."""


SUSPECT: Final = 100.0
"""From this much evidence on, an actor's days say nothing about what is common on the platform."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One detector's evidence against one actor reached the bar: the atom of a story. `time` in microseconds since 1970 UTC."""

    level: str
    actor: int
    time: int
    day: int
    detector: str
    measure: Measure
    count: int
    evidence: float
    reasons: tuple[Reason, ...]
    """Their sentences say `{who}` where the actor's name belongs."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A claim and the rows of the day (places in it) that it rests on, and all the actor's rows."""

    claim: Claim
    at: Ints
    all: Ints
    closing: bool = False
    """Whether it was reckoned when the day was over, not at an event."""
    by: tuple[str, int] | None = None
    """Of a surface, the one actor that explains it: then that one is judged, and this is no claim of its own."""


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """One detector's day at one level: the evidence carried on (m,), what was found, and the factors, before the norm, of those that were judged."""

    evidence: Floats
    found: tuple[Found, ...]
    factors: Floats


def judge(
    detector: Detector,
    measure: Measure,
    rows: Rows,
    counted: Counted,
    before: Before,
    spared: Flags,
    norm: float,
    bar: float,
    after: Before,
    since: int = 0,
) -> Judged:
    """Judges every actor of a level. The marks in `spared` (r,) are known to the operator and not counted; `bar` is for this detector alone.

    The evidence that is carried on is reckoned at the day's end, when it is known how busy that day was and whether most actors
    changed their ways on it (`after`); what reached the bar within the day did so knowing yesterday's. Where only the whole day says
    what was usual on it (`Before.waits`), it is judged at its end alone, and what is found then is `closing`.
    Nothing is found before `since` (microseconds since 1970), when `before` was not known yet.
    """
    extra = np.bincount(counted.code[spared & counted.marks[measure]], minlength=len(counted.actors))
    total = (counted.totals[measure] - extra).astype(np.float64)
    held = before.memory.evidence[detector.id] if detector.lasting else np.zeros(len(total))
    start = held + 1.0
    factors = np.full(len(total), LITTLE)
    judged = np.flatnonzero(total >= detector.least_at(counted.level))
    part = before.part(judged)
    factors[judged] = detector.factor(part, measure, total[judged]) / norm
    fits = _fits(detector, measure, counted)
    found: list[Found] = []
    if detector.waits and before.waits:
        known = replace(part, pace=max(after.pace, before.pace), beside=None if after.beside is None else after.beside[judged])
        factors[judged] = detector.factor(known, measure, total[judged]) / norm
        found += [
            _closing(detector, measure, rows, counted, known, judged, k, float(start[judged[k]] * factors[judged[k]]))
            for k in _reached(start[judged], factors[judged], bar)
        ]
    else:
        for k in _reached(start[judged], factors[judged], bar):
            found += _crossed(detector, measure, rows, counted, part, judged, k, start, spared, norm, bar, since)
        if after.pace > before.pace or after.moved != before.moved:
            known = replace(part, pace=max(after.pace, before.pace), moved=after.moved)
            factors[judged] = np.minimum(factors[judged], detector.factor(known, measure, total[judged]) / norm)
    quiet = (counted.totals["people"] < QUIET * before.memory.usual("people")) & (before.memory.days > 0)
    factors = np.where(fits, factors, np.minimum(factors, 1.0))
    evidence = np.minimum(np.where(quiet, held, start * factors), CARRIED)
    honest = judged[evidence[judged] < SUSPECT]
    return Judged(evidence, tuple(found), factors[honest] * norm)


def _reached(start: Floats, factors: Floats, bar: float) -> list[int]:
    """Whose evidence is at the bar today; a usual day adds nothing to a story."""
    return np.flatnonzero((start * factors >= bar) & (factors >= 1.0)).tolist()


def _fits(detector: Detector, measure: Measure, counted: Counted) -> Flags:
    if measure not in detector.of:
        return np.ones(len(counted.actors), np.bool_)
    other, share = detector.of[measure]
    return np.asarray(counted.totals[measure] >= share * counted.totals[other], dtype=np.bool_)


def _crossed(
    detector: Detector,
    measure: Measure,
    rows: Rows,
    counted: Counted,
    part: Before,
    judged: Ints,
    k: int,
    start: Floats,
    spared: Flags,
    norm: float,
    bar: float,
    since: int,
) -> Iterator[Found]:
    """The first event of the day at which one actor's evidence reached the bar; none when a condition on shares never held."""
    actor = int(judged[k])
    alone = part.part(np.array([k]))
    mine = np.flatnonzero(counted.code == actor)
    at, marks = counted.row[mine], counted.marks[measure][mine]
    last = np.searchsorted(rows.t[at], rows.t[at], side="right") - 1  # counts are read at the end of each instant
    running = np.cumsum(marks)[last]
    judging = np.cumsum(marks & ~spared[mine])[last]
    need = _least_count(detector, measure, alone, int(judging[-1]), float(start[actor]), norm, bar)
    enough = (judging >= need) & (rows.t[at] >= since)
    if measure in detector.of and part.level != "surface":
        other, share = detector.of[measure]
        enough &= running >= share * np.cumsum(counted.marks[other][mine])[last]
    if not enough.any():
        return
    first = int(np.argmax(enough))
    time, count = int(rows.t[at[first]]), int(running[first])
    evidence = float(start[actor] * detector.factor(alone, measure, np.array([float(judging[first])]))[0] / norm)
    claim = _claim(detector, measure, counted, alone, rows.day, time, count, evidence, words.time_of(time))
    yield Found(claim, at[marks & (rows.t[at] <= time)], at)


def _closing(
    detector: Detector, measure: Measure, rows: Rows, counted: Counted, part: Before, judged: Ints, k: int, evidence: float
) -> Found:
    """What the end of the day says of one actor whose evidence reached the bar."""
    mine = np.flatnonzero(counted.code == judged[k])
    at, marks = counted.row[mine], counted.marks[measure][mine]
    alone, count = part.part(np.array([k])), int(marks.sum())
    time = (rows.day + 1) * DAY  # no event of the day has this moment: `watch.State.ended` puts the real one in its place
    claim = _claim(detector, measure, counted, alone, rows.day, time, count, evidence, words.end_of(rows.day))
    return Found(claim, at[marks], at, closing=True)


def _claim(
    detector: Detector, measure: Measure, counted: Counted, alone: Before, day: int, time: int, count: int, evidence: float, when: str
) -> Claim:
    """What is said of the one actor in `alone`."""
    return Claim(
        level=counted.level,
        actor=int(alone.memory.actors[0]),
        time=time,
        day=day,
        detector=detector.id,
        measure=measure,
        count=count,
        evidence=min(MOST, evidence),
        reasons=detector.reasons(alone, measure, "{who}", count, when),
    )


def _least_count(detector: Detector, measure: Measure, alone: Before, total: int, start: float, norm: float, bar: float) -> int:
    """The smallest count at which the evidence reaches the bar; it does at `total`."""
    low, high, least = 0, total, detector.least_at(alone.level)
    while high - low > 1:
        middle = (low + high) // 2
        factor = float(detector.factor(alone, measure, np.array([float(middle)]))[0]) / norm
        reached = middle >= least and factor >= 1.0 and start * factor >= bar
        low, high = (low, middle) if reached else (middle, high)
    return high
