"""The watch: what is known at the end of a day, and how a day's disclosures turn it into the next day's.

The state after a day depends on that state before and on the set of that day's disclosures, on nothing else: not on batches,
files, restarts or how often anybody looked. A day that is not over is tried and forgotten; late disclosures of an old day
make everything from that day on be looked at anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from nilometer.detection import baselines, surfaces
from nilometer.detection.claims import QUIET, Found, judge
from nilometer.detection.coding import Flags, Floats
from nilometer.detection.context import Context, absorbed, declared_rows, touched
from nilometer.detection.count import LEVELS, Counted, Measure, count, familiar_to_company, first_ever
from nilometer.detection.detector import Before, Detector
from nilometer.detection.evidence import Norm, Rate
from nilometer.detection.firstday import stretches
from nilometer.detection.known import Known
from nilometer.detection.memory import Memory
from nilometer.detection.narrowing import OWN_PAGE, is_crowd
from nilometer.detection.outage import is_outage
from nilometer.detection.rows import DAY, Rows
from nilometer.detection.stories import WALKED, Story, fold, still_open
from nilometer.detection.takeover import Heir, floors, heirs, moderate, remembered, taken_over
from nilometer.ledger.sets import distinct

FROZEN: Final = 1_000.0
"""From this much evidence on, an actor's days are not remembered as usual: it cannot teach what it is suspected of."""
FORGOTTEN: Final = {"session": 1, "ip": 45}
"""Days without work after which an actor of a level is forgotten; of all others after a year."""
YEAR: Final = 366
EVERYBODY: Final = 0.5
"""A company that was shown a larger share of everybody has them all as customers: who of its staff was shown whom then counts."""
QUIET_DAYS: Final = 10
"""After so many days without a remembered one, a quiet day is remembered."""
MIGRATED: Final = 0.5
"""Share of the actors with a past that must go new ways on one day to make it a migration of the platform."""
WHOLE: Final = 6
"""Hours with disclosures from which a day counts as one that the ledger knows; a stray row of 1970 is not the beginning of a ledger."""
PATCHY: Final = 7
"""After so many days of any kind every further one counts as known: some platforms work in few hours."""
JUDGED: Final = 14
"""An actor counts as judged, for the bar, when it was active within so many days."""
ALONE: Final = 200_000
"""A day of so many rows is looked at two levels at a time; sorting and counting leave the interpreter free meanwhile."""
SURFACES: Final = 0.05
"""Share of what may be false that belongs to surfaces: they are few, and each address is an actor."""
SETTLED: Final = 4
"""Days until what surfaces did counts as common."""
COMPARED: Final[tuple[Measure, ...]] = ("people", "fresh", "cold", "misses", "near")


@dataclass(frozen=True, kw_only=True)
class Level:
    """What is known of one level."""

    memory: Memory
    seen: Known = field(default_factory=Known)
    ways: Known = field(default_factory=Known)
    pace: float = 1.0
    moved: bool = False


@dataclass(frozen=True, kw_only=True)
class State:
    """What is known at the end of `day` (days since 1970). `spent` is what planned events have used of their ceilings."""

    day: int = -1
    days: int = 0
    """Days with any disclosure."""
    whole: int = 0
    """Days with disclosures in at least WHOLE hours."""
    levels: Mapping[str, Level] = field(default_factory=dict)
    people: Known = field(default_factory=Known)
    norms: Mapping[str, Norm] = field(default_factory=dict)
    stories: tuple[Story, ...] = ()
    """As the day's events told them, one after the other."""
    closed: tuple[Story, ...] | None = None
    """As they stand if the day is over, where that says more (`claims.judge`); it is not before something later is known: see `ended`."""
    spent: Mapping[int, int] = field(default_factory=dict)
    heirs: tuple[Heir, ...] = ()

    @property
    def memories(self) -> dict[str, Memory]:
        """What is remembered at each level."""
        return {name: level.memory for name, level in self.levels.items()}

    def ended(self, at: int) -> tuple[Story, ...]:
        """The stories once the day is over, which is known from the moment `at` of the first later disclosure (microseconds since 1970)."""
        return self.stories if self.closed is None else tuple(story.stamped((self.day + 1) * DAY, at) for story in self.closed)

    @property
    def age(self) -> int:
        """How many days the ledger knows of how things usually are."""
        return max(self.whole, self.days - PATCHY)


@dataclass(frozen=True, slots=True)
class _Today:
    """A day as every level sees it. Flags have a place for each row."""

    rows: Rows
    cold: Flags
    familiar: Flags
    everything: Flags
    undeclared: Flags
    allowances: Mapping[tuple[str, int], int]
    under_way: list[tuple[str, int]]
    bar: float
    bar_surface: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looked:
    """What a day made of one level."""

    level: Level
    norms: Mapping[str, Norm]
    found: list[Found]
    fresh: Mapping[tuple[str, int], int]
    heirs: list[Heir]


@dataclass(frozen=True, kw_only=True)
class Watch:
    """The detectors, the stated rate and what the operator knows."""

    detectors: Sequence[Detector]
    rate: Rate = field(default_factory=Rate)
    context: Context = field(default_factory=Context)

    def after(self, state: State, rows: Rows) -> State:
        """The state at the end of the day of `rows`, given the one before it."""
        cold, people = first_ever(rows, state.people)
        allowances = self.context.allowances(rows, state.spent)
        everything = np.ones(len(rows), np.bool_)
        undeclared = ~declared_rows(rows, allowances) if allowances else everything
        orgs, familiar = state.levels.get("org"), ~everything
        if orgs is not None:
            familiar = familiar_to_company(rows, orgs.seen, moderate(orgs.memory, len(state.people), EVERYBODY))
        familiar |= self.context.related(rows)
        before = state.ended(int(rows.t[0])) if len(rows) else state.stories
        begun = len(still_open(before, int(rows.t[0]))) if len(rows) else 0
        places, others = self._judged(state, rows.day)
        bars = self.rate.bar(others, begun, 1 - SURFACES), self.rate.bar(places, begun, SURFACES)
        today = _Today(rows, cold, familiar, everything, undeclared, allowances, self.context.under_way(rows.day), *bars)
        _ = rows.hour, rows.cited  # reckoned once, before two levels at a time ask for them
        if len(rows) >= ALONE:
            with ThreadPoolExecutor(2) as pool:
                looked = list(pool.map(lambda name: self._level(name, state, today), LEVELS))
        else:
            looked = [self._level(name, state, today) for name in LEVELS]
        levels, norms, found = dict(state.levels), dict(state.norms), []
        fresh: dict[tuple[str, int], int] = {}
        inherited: list[Heir] = []
        for name, one in zip(LEVELS, looked, strict=True):
            if one is not None:
                levels[name] = one.level
                norms.update(one.norms)
                found += one.found
                fresh.update(one.fresh)
                inherited += one.heirs
        accounts = state.memories.get("account")
        told = [one for one in found if not one.closing]
        stories = fold(before, rows, told, accounts)
        return State(
            day=rows.day,
            days=state.days + 1,
            whole=state.whole + (len(distinct(rows.hour)) >= WHOLE),
            levels=levels,
            people=people,
            norms=norms,
            stories=stories,
            closed=fold(stories, rows, [one for one in found if one.closing], accounts) if len(told) < len(found) else None,
            spent=self.context.spending(rows, fresh, state.spent),
            heirs=remembered(state.heirs, inherited, rows.day),
        )

    def _level(self, name: str, state: State, today: _Today) -> _Looked | None:
        """One level's day; None when no actor of it had one."""
        rows, allowances = today.rows, today.allowances
        level = state.levels.get(name) or Level(memory=Memory.empty(tuple(d.id for d in self.detectors if d.lasting)))
        keep = today.undeclared if name == "surface" else today.everything
        counted = count(name, rows, today.cold, today.familiar, level.seen, level.ways, keep)
        if counted is None:
            return None
        fresh = {
            (name, key): int(counted.totals["fresh"][np.searchsorted(counted.actors, key)])
            for declared, key in allowances
            if declared == name and key in counted.actors
        }
        group = self.context.grouped(name, counted.actors)
        counted.parent = np.where(group >= 0, group, counted.parent)
        now = level.memory.of(counted.actors)
        _mark_departures(counted, rows, now)
        moved = _moved(counted, now)
        apart = surfaces.apart(now, "cold", rows.day) if name == "surface" else None
        before = Before(
            level=name,
            day=rows.day,
            age=state.age,
            memory=now,
            peers=baselines.crowds(level.memory, rows.day, COMPARED),
            pace=max(level.pace, self.context.pace(rows.day)),
            population=len(state.people),
            moved=level.moved,
            siblings=baselines.siblings(level.memory, counted.parent, rows.day),
            floors=floors(state.heirs, name, counted.actors, state.memories.get("org"), rows.day),
            unrest=None if apart is None else apart.unrest,
            waits=apart is not None and surfaces.comparable(level.memory, rows.day),
        )
        beside = None if apart is None else surfaces.beside(now, counted.totals["cold"], _is_quiet(counted, now, rows.day))
        if apart is not None and beside is not None:
            beside *= apart.like
        pace = max(baselines.pace(now, counted.totals["people"].astype(np.float64)), self.context.pace(rows.day))
        norms = dict(state.norms)
        evidence, found = self._judge(
            rows,
            counted,
            before,
            allowances,
            norms,
            today.bar_surface if name == "surface" else today.bar,
            replace(before, pace=pace, moved=moved or level.moved, beside=beside),
        )
        stands: list[Found] = []
        inherited: list[Heir] = []
        for one in found:
            org = self._takes_over(one, rows, state)
            if org is not None:
                inherited += heirs(rows, one, org, state.memories)
            elif not self._excused(one, rows, state):
                surface = name == "surface" and one.claim.measure not in WALKED
                stands.append(replace(one, by=surfaces.explained_by_one(rows, one, state.memories)) if surface else one)
        planned = touched(rows, counted.row, counted.code, len(counted.actors), today.under_way)
        return _Looked(
            level=_next(level, rows.day, counted, now, evidence, moved, pace, planned),
            norms={key: norm for key, norm in norms.items() if key.endswith(f"/{name}")},
            found=stands,
            fresh=fresh,
            heirs=inherited,
        )

    def _judge(
        self,
        rows: Rows,
        counted: Counted,
        before: Before,
        allowances: Mapping[tuple[str, int], int],
        norms: dict[str, Norm],
        bar: float,
        after: Before,
    ) -> tuple[dict[str, Floats], list[Found]]:
        evidence = dict(before.memory.evidence)
        found: list[Found] = []
        # of a few surfaces the accused one's own first days are much of the mean
        few = rows.day - SETTLED if counted.level == "surface" else None
        for detector in self.detectors:
            if counted.level not in detector.levels:
                continue
            share = detector.weight / len(detector.measures)
            for measure in detector.measures:
                plans = allowances if measure != "misses" else {}  # a plan is no leave to guess ids
                spared = absorbed(rows, counted.level, counted.row, counted.code, counted.marks[measure], plans)
                for part, since, until in stretches(detector, rows, counted, before):
                    key = f"{detector.id}/{measure}/{counted.level}"
                    norm = norms.get(key, Norm())
                    mean = norm.mean(few) if detector.lasting else 1.0
                    judged = judge(detector, measure, rows, counted, part, spared, mean, bar / share, after, since)
                    found += [one for one in judged.found if one.closing or since <= one.claim.time < until]
                    if detector.lasting:
                        evidence[detector.id] = judged.evidence
                        norms[key] = norm.after(rows.day, judged.factors)
        return evidence, found

    def _excused(self, one: Found, rows: Rows, state: State) -> bool:
        """Who fails with everybody is no guesser; a crowd's window is no actor."""
        if one.claim.measure == "misses" and is_outage(rows, one.claim, state.memories, state.people, state.age):
            return True
        walked = one.claim.measure in WALKED  # the public does not walk ids
        if one.claim.level in ("org", "app", "ip") and not walked and is_crowd(rows, one.all, one.claim.time):
            return True
        return one.claim.level == "surface" and not walked and is_crowd(rows, one.all, one.claim.time, OWN_PAGE)

    def _takes_over(self, one: Found, rows: Rows, state: State) -> int | None:
        """The company whose people, whom it had been shown, a claim's actor takes over: it exposes nobody."""
        orgs = state.levels.get("org")
        return None if orgs is None else taken_over(rows, one, orgs.memory, orgs.seen, len(state.people))

    def _judged(self, state: State, day: int) -> tuple[int, int]:
        """How many surfaces, and how many actors, are judged."""
        many = {name: int((level.memory.last >= day - JUDGED).sum()) for name, level in state.levels.items() if name != "session"}
        return many.get("surface", 0), sum(number for name, number in many.items() if name != "surface")


def _next(
    level: Level, day: int, counted: Counted, now: Memory, evidence: Mapping[str, Floats], moved: bool, pace: float, planned: Flags
) -> Level:
    suspected = np.zeros(len(counted.actors), np.bool_)
    for values in evidence.values():
        suspected |= values >= FROZEN
    learn: Flags = (~suspected & ~planned & ~_is_quiet(counted, now, day)) | (now.days < baselines.GROWN)
    memory = level.memory.after(day, counted, now, dict(evidence), learn)
    memory = memory.without(day - FORGOTTEN.get(counted.level, YEAR))
    return Level(
        memory=memory,
        seen=counted.seen,
        ways=counted.ways,
        pace=pace,
        moved=moved,
    )


def _is_quiet(counted: Counted, now: Memory, day: int) -> Flags:
    """Whose day is a weekend or a holiday that would only lower what is usual; ten days of it in a row are the new usual."""
    lately = np.where(now.valid(), now.place, 0).max(axis=1, initial=0) >= day - QUIET_DAYS
    return np.asarray(lately & (counted.totals["people"] < QUIET * now.usual("people")), dtype=np.bool_)


def _mark_departures(counted: Counted, rows: Rows, now: Memory) -> None:
    """Which of the new people were met in circumstances new to their actor."""
    fresh = counted.marks["fresh"]
    hour = rows.hour[counted.row]
    known = (now.hours[counted.code] >> hour) & 1
    counted.add("odd", fresh & (known == 0))
    counted.add("elsewhere", fresh & counted.ways_new["user_agent"])
    counted.add("strange", fresh & counted.ways_new["surface"])


def _moved(counted: Counted, now: Memory) -> bool:
    """Whether most actors with a past go new ways today."""
    past = now.days >= baselines.GROWN
    if int(past.sum()) < baselines.ENOUGH:
        return False
    went = np.zeros(len(counted.actors), np.bool_)
    for marks in counted.ways_new.values():
        went |= np.bincount(counted.code[marks], minlength=len(went)) > 0
    return bool(went[past].mean() >= MIGRATED)
