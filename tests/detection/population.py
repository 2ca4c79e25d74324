"""Honest populations, and leaks among them, drawn at random as ACTOR_HOURS: people with repeat visits, weekdays, growth, sale days."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

from nilometer.detection.detector import ACTOR_HOURS, Detector, Line
from nilometer.detection.history import History

FIRST_DAY = (datetime(2020, 1, 6, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).days  # a Monday
COUNTS = ACTOR_HOURS.names[2:]


@dataclass
class Population:
    """One platform's level: rows of ACTOR_HOURS under way, and the platform's habits."""

    rng: np.random.Generator
    days: int
    references: bool = False
    rows: list[tuple[int, ...]] = field(default_factory=list)
    actors: int = 0

    def __post_init__(self) -> None:
        self.start = int(self.rng.integers(0, 7))
        self.sale = int(self.rng.integers(1, self.days)) if self.rng.random() < 0.7 else -1
        self.outage = int(self.rng.integers(0, self.days)) if self.rng.random() < 0.5 else -1

    def table(self) -> pa.Table:
        columns = np.array(self.rows, dtype=np.int64).reshape(-1, 2 + len(COUNTS)).T
        hours = pa.array((columns[1] + FIRST_DAY * 24) * 3_600_000_000, pa.timestamp("us", tz="UTC"))
        return pa.table([pa.array(columns[0]), hours, *(pa.array(column) for column in columns[2:])], schema=ACTOR_HOURS)

    def rhythm(self, day: int, weekend: float = 0.3) -> float:
        return (weekend if (day + self.start) % 7 >= 5 else 1.0) * (3.0 if day == self.sale else 1.0) * float(self.rng.lognormal(0, 0.25))

    def collector(self, pace: float, base: int, first: int = 0, *, growth: float = 0.0, sync: bool = False, onboard: bool = False) -> int:
        """A partner: returns to its own people, some far more often than others; perhaps a nightly sync of all, or a first pass."""
        self.actors += 1
        top = int(base * (1 + growth) ** self.days) + 1
        weight = self.rng.lognormal(0, 1.0, top)
        seen = np.zeros(top, np.bool_)
        month_end = self.rng.random() < 0.15
        near = float(self.rng.choice([0.0, 0.05, 0.9]))
        at_night = self.rng.random() < 0.2
        for day in range(first, self.days):
            here = int(base * (1 + growth) ** day)
            wanted = pace * (1 + growth) ** day * self.rhythm(day) * (4.0 if month_end and day % 30 == 28 else 1.0)
            if sync or (onboard and day == first):
                who = np.arange(here)
            else:
                who = np.unique(self.rng.choice(here, size=self.rng.poisson(wanted), p=weight[:here] / weight[:here].sum()))
            hours = np.full(len(who), 2) if sync or at_night else self.rng.integers(8, 19, len(who))
            self.show(
                day, who, seen, hours, near=near if sync or (onboard and day == first) else 0.0, explained=0.9 if self.references else 0.0
            )
        return self.actors

    def agent(self) -> int:
        """A support agent: sees dozens of people each working day, hardly anybody twice."""
        self.actors += 1
        seen = np.zeros(200_000, np.bool_)
        pace = self.rng.uniform(20, 60)
        for day in range(self.days):
            who = np.unique(self.rng.integers(0, len(seen), self.rng.poisson(pace * self.rhythm(day, 0.1))))
            self.show(day, who, seen, self.rng.integers(8, 18, len(who)), explained=0.97 if self.references else 0.0)
        return self.actors

    def household(self, people: int, chance: float = 0.3) -> int:
        """Somebody reading her own page, or an office or a whole network of them behind one address."""
        self.actors += 1
        seen = np.zeros(people, np.bool_)
        for day in range(self.days):
            who = np.flatnonzero(self.rng.random(people) < chance)
            self.show(day, who, seen, self.rng.integers(7, 24, len(who)))
        return self.actors

    def crawler(self, pace: float, first: int, *, walks: bool = False, night_and_day: bool = True) -> int:
        """A leak: never asks for anybody twice."""
        self.actors += 1
        seen = np.zeros(int(pace * 3 * self.days) + 1000, np.bool_)
        done = 0
        for day in range(first, self.days):
            count = int(self.rng.poisson(pace))
            who = np.arange(done, done + count)
            done += count
            self.show(day, who, seen, self.rng.integers(*((0, 24) if night_and_day else (9, 18)), count), near=0.95 if walks else 0.0)
        return self.actors

    def show(self, day: int, who: np.ndarray, seen: np.ndarray, hours: np.ndarray, *, near: float = 0.0, explained: float = 0.0) -> None:
        """One actor's day."""
        new = ~seen[who]
        down = (day == self.outage) & (hours < 12)
        seen[who[~down]] = True
        cited = self.rng.random(len(who)) < explained
        for hour in np.unique(hours):
            here = hours == hour
            shown, failed = here & ~down, int((here & down).sum())
            people = int(shown.sum())
            counts = {
                "people": people,
                "new": int((shown & new).sum()),
                "unexplained": int((shown & ~cited).sum()),
                "disclosures": people,
                "asked": people + failed,
                "misses": failed + int(self.rng.binomial(people, 0.02)),
                "steps": max(0, people + failed - 1),
                "ascending": people // 2,
                "near": int(near * max(0, people + failed - 1)),
                "blocks": people,
                "explained": int((shown & cited).sum()),
            }
            counts["asked"] += counts["misses"] - failed
            self.rows.append((self.actors, day * 24 + int(hour), *(counts[name] for name in COUNTS)))


def platform(seed: int, days: int = 35) -> Population:
    """A random honest platform seen at the level of its accounts (or apps)."""
    rng = np.random.default_rng(seed)
    here = Population(rng, days, references=bool(rng.random() < 0.5))
    spread, middle = rng.uniform(0.8, 2.0), rng.choice([30.0, 100.0, 300.0])
    for _ in range(int(rng.choice([1, 3, 8, 20, 60]))):
        pace = min(8_000.0, middle * rng.lognormal(0, spread))
        base = int(pace * rng.lognormal(np.log(40), 0.6)) + 5
        late = int(rng.integers(0, days)) if rng.random() < 0.15 else 0
        kind = rng.random()
        growth = rng.choice([0.0, 0.005, 0.01])
        here.collector(pace, base, late, growth=growth, sync=kind < 0.1, onboard=kind > 0.8)
    for _ in range(int(rng.choice([0, 2, 12, 40]))):
        here.agent()
    for _ in range(int(rng.choice([0, 100, 300]))):
        here.household(1, 0.5)
    return here


def addresses(seed: int, days: int = 3) -> Population:
    """Random honest addresses: mostly one person each, offices, and a few networks of hundreds behind one."""
    rng = np.random.default_rng(seed)
    here = Population(rng, days)
    for _ in range(int(rng.choice([200, 800]))):
        here.household(int(min(500, np.ceil(rng.lognormal(0.3, rng.uniform(0.5, 1.3))))))
    for _ in range(int(rng.choice([0, 1, 5]))):
        here.household(int(rng.integers(200, 1200)))
    return here


def crossed(detector: Detector, history: History) -> dict[int, list[Line]]:
    """The lines that are crossed at the end of some hour, by actor: what the ledger would say, to the hour."""
    found: dict[int, list[Line]] = {}
    for line in detector.look(history):
        since, before = (int(moment.timestamp()) // 3600 for moment in (line.since, line.before))
        rows = np.flatnonzero((history.actor == line.actor) & (history.hour >= since) & (history.hour < before))
        count, of = history.running(line.measure)[rows], history.running(line.of)[rows]
        if ((count >= line.limit) & (count >= line.share * of)).any():
            found.setdefault(line.actor, []).append(line)
    return found
