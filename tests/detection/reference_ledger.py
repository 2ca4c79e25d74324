"""The plainest possible ledger that answers detection's questions: loops over rows in memory, and so the oracle for the real engines."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

import pyarrow as pa

from nilometer.detection.detector import ACTOR_HOURS, ANCESTORS, CROSSINGS, CROWDS, PARTS, Facts
from nilometer.disclosures.actor import HIERARCHY, LEVELS
from nilometer.disclosures.schema import STORED

KEYED = (*LEVELS, "surface", "fields", "reference", "request")
DISTINCT = ("people", "new", "unexplained", "misses", "near")


def key(kind: str, value: str) -> int:
    """A stand-in for the keyed pseudonym: any stable 63-bit number will do for tests."""
    return int.from_bytes(hashlib.blake2b(f"{kind}:{value}".encode(), digest_size=8).digest(), "big") >> 1


class Shown(NamedTuple):
    """One stored row."""

    time: datetime
    subject: int
    org: int | None
    app: int | None
    account: int | None
    session: int | None
    ip: int | None
    user_agent: int | None
    surface: int | None
    fields: int | None
    shown: bool
    reference: int | None
    block: int | None
    step: int


@dataclass
class ReferenceLedger:
    """Disclosures in STORED's columns, and the names of their actors, surfaces and fields."""

    table: pa.Table
    names_of: Mapping[tuple[str, int], str]

    def __post_init__(self) -> None:
        columns = (self.table.column(name).to_pylist() for name in Shown._fields)
        self._rows = sorted((Shown(*row) for row in zip(*columns, strict=True)), key=lambda row: row.time)
        self._by_actor: dict[str, dict[int, list[Shown]]] = {}

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, Any]]) -> ReferenceLedger:
        """From readable rows: time, subject (int), levels as strings; surface, fields, status, reference as in contract.md."""
        names: dict[tuple[str, int], str] = {}
        stored: list[dict[str, Any]] = []
        last: dict[str, int] = {}
        for raw in sorted(rows, key=lambda row: row["time"]):
            row: dict[str, Any] = {"time": raw["time"], "subject": raw["subject"], "block": raw["subject"] >> 8}
            for kind in KEYED:
                if raw.get(kind) is not None:
                    row[kind] = key(kind, raw[kind])
                    names[(kind, row[kind])] = raw[kind]
            row["status"] = raw.get("status", 200)
            row["shown"] = 200 <= row["status"] < 300 or row["status"] == 304
            who = next((raw[level] for level in ("account", "app", "org", "ip") if raw.get(level)), "")
            gap = raw["subject"] - last.get(who, raw["subject"])
            last[who] = raw["subject"]
            row["step"] = 0 if gap == 0 else (1 if abs(gap) <= 16 else 2) * (1 if gap > 0 else -1)
            stored.append(row)
        return cls(pa.Table.from_pylist(stored, schema=STORED), names)

    def levels(self) -> list[str]:
        return [level for level in LEVELS if any(getattr(row, level) is not None for row in self._rows)]

    def actor_hours(self, level: str, until: datetime | None) -> pa.Table:
        found: list[dict[str, Any]] = []
        for actor, rows in self._actors(level).items():
            ever: set[int] = set()
            for today in _days(row for row in rows if until is None or row.time <= until).values():
                sets: dict[str, set[int]] = {name: set() for name in (*DISTINCT, "blocks")}
                hours: dict[datetime, dict[str, int]] = {}
                for row in today:
                    hour = hours.setdefault(row.time.replace(minute=0, second=0, microsecond=0), dict.fromkeys(ACTOR_HOURS.names[2:], 0))
                    for name in _distinct(row, ever):
                        hour[name] += row.subject not in sets[name]
                        sets[name].add(row.subject)
                    if row.shown:
                        ever.add(row.subject)
                    if row.block is not None:
                        hour["blocks"] += row.block not in sets["blocks"]
                        sets["blocks"].add(row.block)
                    hour["disclosures"] += row.shown
                    hour["asked"] += 1
                    hour["steps"] += row.step != 0
                    hour["ascending"] += row.step > 0
                    hour["explained"] += row.shown and row.reference is not None
                found += [{"actor": actor, "hour": hour, **counts} for hour, counts in hours.items()]
        return pa.Table.from_pylist(found, schema=ACTOR_HOURS)

    def crossings(self, level: str, wanted: pa.Table, until: datetime | None) -> pa.Table:
        answers = []
        for line in wanted.to_pylist():
            rows = [row for row in self._actors(level)[line["actor"]] if until is None or row.time <= until]
            answers.append({**line, **_cross(line, rows)})
        return pa.Table.from_pylist(answers, schema=CROSSINGS)

    def parts(self, level: str, wanted: pa.Table) -> pa.Table:
        answers = []
        for actor, time in zip(wanted["actor"].to_pylist(), wanted["time"].to_pylist(), strict=True):
            today = [row for row in self._actors(level)[actor] if row.time <= time and row.time.date() == time.date()]
            through: dict[tuple[str, int], set[int]] = defaultdict(set)
            for row in today:
                below = next((lower for lower in HIERARCHY[HIERARCHY.index(level) + 1 :] if getattr(row, lower) is not None), None)
                if row.shown and below:
                    through[below, getattr(row, below)].add(row.subject)
            everybody = len({row.subject for row in today if row.shown})
            answers += [
                {"actor": actor, "time": time, "child_level": lower, "child": child, "people": len(who), "share": len(who) / everybody}
                for (lower, child), who in through.items()
            ]
        return pa.Table.from_pylist(answers, schema=PARTS)

    def crowds(self, level: str, wanted: pa.Table) -> pa.Table:
        answers = []
        for actor, time in zip(wanted["actor"].to_pylist(), wanted["time"].to_pylist(), strict=True):
            today = [r for r in self._actors(level)[actor] if r.shown and r.time <= time and r.time.date() == time.date()]
            through = {r.account if r.account is not None else r.session for r in today} - {None}
            if today:
                answers.append({"actor": actor, "time": time, "people": len({r.subject for r in today}), "accounts": len(through)})
        return pa.Table.from_pylist(answers, schema=CROWDS)

    def ancestors(self, level: str, actors: pa.Array) -> pa.Table:
        since: dict[tuple[int, str, int], datetime] = {}
        for actor in actors.to_pylist():
            for row in self._actors(level)[actor]:
                for wider in HIERARCHY[: HIERARCHY.index(level)]:
                    if getattr(row, wider) is not None:
                        since.setdefault((actor, wider, getattr(row, wider)), row.time)
        answers = [{"actor": actor, "level": wider, "parent": parent, "since": time} for (actor, wider, parent), time in since.items()]
        return pa.Table.from_pylist(answers, schema=ANCESTORS)

    def facts(self, level: str, actors: Sequence[int], until: datetime | None) -> dict[int, Facts]:
        found = {}
        for actor in actors:
            rows = [row for row in self._actors(level)[actor] if until is None or row.time <= until]
            shown = [row for row in rows if row.shown]
            fields = {self.names_of[("fields", row.fields)] for row in shown if row.fields is not None}
            found[actor] = Facts(
                people=len({row.subject for row in shown}),
                disclosures=len(shown),
                first=rows[0].time,
                last=rows[-1].time,
                fields=tuple(sorted({name for one in fields for name in one.split("|")})),
                surfaces=tuple(sorted({self.names_of[("surface", row.surface)] for row in shown if row.surface is not None})),
            )
        return found

    def names(self, level: str, actors: Sequence[int]) -> dict[int, str]:
        return {actor: self.names_of[(level, actor)] for actor in actors}

    def _actors(self, level: str) -> dict[int, list[Shown]]:
        if level not in self._by_actor:
            self._by_actor[level] = defaultdict(list)
            for row in self._rows:
                if getattr(row, level) is not None and (level != "ip" or row.org is row.app is row.account is None):
                    self._by_actor[level][getattr(row, level)].append(row)
        return self._by_actor[level]


def _days(rows: Iterable[Shown]) -> dict[date, list[Shown]]:
    found: dict[date, list[Shown]] = defaultdict(list)
    for row in rows:
        found[row.time.date()].append(row)
    return found


def _distinct(row: Shown, ever: set[int]) -> list[str]:
    """For which of the distinct counts this row's subject counts, given who was ever shown before it."""
    found = ["near"] if abs(row.step) == 1 else []
    if not row.shown:
        return [*found, "misses"]
    return [*found, "people", *(["new"] if row.subject not in ever else []), *(["unexplained"] if row.reference is None else [])]


def _cross(line: Mapping[str, Any], rows: Sequence[Shown]) -> dict[str, Any]:
    """Counts through one actor's rows, in order of time, until the line is crossed."""
    ever: set[int] = {row.subject for row in rows if row.shown and row.time.date() < line["since"].date()}
    today = [row for row in rows if row.time.date() == line["since"].date()]
    sets: dict[str, set[int]] = {name: set() for name in DISTINCT}
    sums = {"asked": 0, "steps": 0, "ascending": 0}
    for index, row in enumerate(today):
        sums["asked"] += 1
        sums["steps"] += row.step != 0
        sums["ascending"] += row.step > 0
        for name in _distinct(row, ever):
            sets[name].add(row.subject)
        if row.shown:
            ever.add(row.subject)
        if index + 1 < len(today) and today[index + 1].time == row.time:
            continue  # rows of one instant count together
        count = {**sums, **{name: len(who) for name, who in sets.items()}}
        enough = count[line["measure"]] >= line["limit"] and count[line["measure"]] >= line["share"] * count[line["of"]]
        if enough and line["since"] <= row.time < line["before"]:
            return {"time": row.time, "count": count[line["measure"]]}
    return {"time": None, "count": None}
