"""Counts one day of one level: for each actor distinct people, new ones, cold ones, misses, steps; and which row counted for what."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, get_args

import numpy as np

from nilometer.detection.coding import NONE, Flags, Ints, ascending, coded, grouped, pairs
from nilometer.detection.known import Known
from nilometer.detection.rows import Rows
from nilometer.ledger.sets import among

Measure = Literal["people", "fresh", "unexplained", "cold", "odd", "elsewhere", "strange", "misses", "near", "asked", "steps"]
MEASURES: Final[tuple[Measure, ...]] = get_args(Measure)
"""Running counts of one actor within one UTC day; each only rises.

people      distinct people shown
fresh       people never shown to this actor (nor, if it is of a company of moderate size, to its company) before, first shown
            without a fitting reference
unexplained distinct people shown without a fitting reference
cold        fresh people whom nobody on the whole platform had ever been shown
odd         fresh people shown in an hour of the day in which this actor never worked
elsewhere   fresh people shown through a program (user agent) this actor never used
strange     fresh people shown on a surface this actor never used
misses      distinct subjects asked for and not shown, which this actor had never been shown
near        distinct subjects reached by a step to a neighbouring id
asked       rows, shown or not      steps  rows whose id differs from the one asked just before
"""

LEVELS: Final = ("org", "app", "account", "session", "ip", "surface")
"""The levels that are judged, widest identity first; a surface is no actor, but it too can grow too fast."""

_PARENT: Final = {"account": "app", "app": "org"}

LEAST: Final = 3
"""An actor with fewer people and fewer misses on a day has no day: it is not judged and not remembered."""


@dataclass(eq=False)
class Counted:
    """One level's day. `actors` (m,) ascending; `row` (r,) places in the day's rows, ascending in time; `code` (r,) their actor."""

    level: str
    actors: Ints
    row: Ints
    code: Ints
    marks: dict[Measure, Flags] = field(default_factory=dict)
    """For each measure, which of the r rows count one more."""
    totals: dict[Measure, Ints] = field(default_factory=dict)
    """For each measure, each actor's count at the end of the day, (m,)."""
    seen: Known = field(default_factory=Known)
    """Pairs of actor and person known at the end of the day."""
    ways: Known = field(default_factory=Known)
    """Pairs of actor and program, and of actor and surface, known at the end of the day."""
    ways_new: dict[str, Flags] = field(default_factory=dict)
    """For `user_agent` and `surface`: which of the r rows go a way new to the actor."""
    added: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    """People new to each actor that day, with or without a reference, (m,)."""
    parent: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    """The app each account was first seen under that day (of an app: the company), (m,); NONE where there is none."""
    hours: Ints = field(default_factory=lambda: np.zeros((0, 24), np.int64))
    """Rows of each actor in each hour of the day, (m, 24)."""

    def add(self, measure: Measure, marks: Flags) -> None:
        """Adds a measure from its marks."""
        self.marks[measure] = marks
        self.totals[measure] = np.bincount(self.code[marks], minlength=len(self.actors)).astype(np.int64)


def rows_of(level: str, rows: Rows) -> Flags:
    """The rows in which a level is judged: a session only where no account is known, an address only where no identity is."""
    keys = rows.keys
    present: Flags = np.asarray(keys[level] != NONE, dtype=np.bool_)
    if level == "session":
        return np.asarray(present & (keys["account"] == NONE), dtype=np.bool_)
    if level == "ip":
        return np.asarray(present & (keys["org"] == NONE) & (keys["app"] == NONE) & (keys["account"] == NONE), dtype=np.bool_)
    return present


def count(level: str, rows: Rows, cold: Flags, familiar: Flags, seen: Known, ways: Known, keep: Flags) -> Counted | None:
    """The day of every actor of `level` that had one (see LEAST), over the rows that `keep` marks; None when nobody had.

    `cold` marks rows that showed a person for the first time ever, `familiar` those whose person the actor's own company had been
    shown before the day; `seen` and `ways` are what was known before it.
    """
    row = np.flatnonzero(rows_of(level, rows) & keep)
    code, actors = coded(rows.keys[level][row])
    many = np.bincount(code, minlength=len(actors)) >= LEAST
    row, code, actors = _only(row, code, actors, many)
    if not len(row):
        return None
    shown, uncited = rows.shown[row], ~rows.cited[row]
    by_pair = grouped(pairs(actors[code], rows.subject[row]))
    known = seen.has(by_pair.keys)
    unknown = by_pair.each(~known)
    shown_first, met = by_pair.firsts(shown)
    missed_first, _ = by_pair.firsts(~shown)
    marks: dict[Measure, Flags] = {
        "people": shown_first,
        "fresh": shown_first & unknown & uncited & ~familiar[row],
        "unexplained": by_pair.firsts(shown & uncited)[0],
        "misses": missed_first & unknown,
        "near": by_pair.firsts(np.abs(rows.step[row]) == 1)[0],
    }
    some = np.bincount(code[shown_first | missed_first], minlength=len(actors)) >= LEAST
    met = met[~known[met]]
    if not some.all():
        kept = some[code]
        met = met[kept[by_pair.order[by_pair.starts[met]]]]
        marks = {measure: marked[kept] for measure, marked in marks.items()}
        unknown = unknown[kept]
        row, code, actors = _only(row, code, actors, some)
        if not len(row):
            return None
    counted = Counted(level, actors, row, code)
    counted.added = np.bincount(code[marks["people"] & unknown], minlength=len(actors)).astype(np.int64)
    for measure, marked in marks.items():
        counted.add(measure, marked)
    counted.add("cold", marks["fresh"] & cold[row])
    counted.add("asked", np.ones(len(row), np.bool_))
    counted.add("steps", rows.step[row] != 0)
    counted.seen = seen.having(by_pair.keys[met])
    first = np.full(len(actors), -1, np.int64)
    first[code[::-1]] = row[::-1]
    counted.parent = rows.keys[_PARENT[level]][first] if level in _PARENT else np.full(len(actors), NONE, np.int64)
    counted.hours = np.bincount(code * 24 + rows.hour[row], minlength=24 * len(actors)).reshape(-1, 24)
    _ways(counted, rows, ways)
    return counted


def familiar_to_company(rows: Rows, seen: Known, moderate: Ints) -> Flags:
    """Which rows show a person to a company that had been shown this person before the day, among the companies in `moderate` (ascending).

    Within a company a colleague's customer is no new exposure. Of a company that has nearly everybody as its customer (the
    platform's own staff) that cannot be said.
    """
    found = np.zeros(len(rows), np.bool_)
    org = rows.keys["org"]
    at = np.flatnonzero(among(org, moderate) & rows.shown)
    if len(at):
        by_pair = grouped(pairs(org[at], rows.subject[at]))
        found[at] = by_pair.each(seen.has(by_pair.keys))
    return found


def first_ever(rows: Rows, people: Known) -> tuple[Flags, Known]:
    """Which rows show a person for the first time ever, and everybody known at the end of the day."""
    at = np.flatnonzero(rows.shown)
    by_person = grouped(rows.subject[at])
    fresh = ~people.has(by_person.keys)
    cold = np.zeros(len(rows), np.bool_)
    cold[at] = by_person.firsts()[0] & by_person.each(fresh)
    return cold, people.having(by_person.keys[fresh])


def _ways(counted: Counted, rows: Rows, ways: Known) -> None:
    counted.ways = ways
    for number, way in enumerate(("user_agent", "surface")):
        value = rows.keys[way][counted.row]
        at = np.flatnonzero(value != NONE)
        fresh = np.zeros(len(value), np.bool_)
        if len(at):
            value, values = coded(value[at])
            place, went = _numbered(counted.code[at] * len(values) + value, len(counted.actors) * len(values))
            keys = pairs(counted.actors[went // len(values)], values[went % len(values)] ^ np.int64(number))
            order, keys = ascending(keys)
            unknown = ~ways.has(keys)
            counted.ways = counted.ways.having(keys[unknown])
            new = np.empty(len(keys), np.bool_)
            new[order] = unknown
            fresh[at] = new[place]
        counted.ways_new[way] = fresh


def _numbered(combined: Ints, below: int) -> tuple[Ints, Ints]:
    """Small whole numbers (n,) as places in the ascending array (m,) of those that occur."""
    if below > 4 * len(combined):
        by_key = grouped(combined)
        place = np.empty(len(combined), np.int64)
        place[by_key.order] = by_key.group
        return place, by_key.keys
    occurs = np.zeros(below, np.bool_)
    occurs[combined] = True
    return (np.cumsum(occurs) - 1)[combined], np.flatnonzero(occurs)


def _only(row: Ints, code: Ints, actors: Ints, keep: Flags) -> tuple[Ints, Ints, Ints]:
    """Rows and codes of the actors kept, whose codes then follow the order of their keys."""
    kept = np.flatnonzero(keep)
    kept = kept[np.argsort(actors[kept])]
    fresh = np.full(len(actors), -1, np.int64)
    fresh[kept] = np.arange(len(kept))
    chosen = keep[code] if len(code) else np.zeros(0, np.bool_)
    return row[chosen], fresh[code[chosen]], actors[kept]
