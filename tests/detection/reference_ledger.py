"""The plainest possible ledger that answers detection's questions: one table in memory, slow, and the oracle for the real engines."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from nilometer.detection.detector import ACTOR_HOURS, ANCESTORS, CROSSINGS, PARTS, Facts
from nilometer.disclosures.actor import HIERARCHY, LEVELS
from nilometer.disclosures.schema import STORED

IDENTITY = "org is null and app is null and account is null"
KEYED = (*LEVELS, "surface", "fields", "reference", "request")


def key(kind: str, value: str) -> int:
    """A stand-in for the keyed pseudonym: any stable 63-bit number will do for tests."""
    return int.from_bytes(hashlib.blake2b(f"{kind}:{value}".encode(), digest_size=8).digest(), "big") >> 1


@dataclass
class ReferenceLedger:
    """Disclosures in STORED's columns, and the names of their actors, surfaces and fields."""

    table: pa.Table
    names_of: Mapping[tuple[str, int], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._db = duckdb.connect()
        self._db.execute("set timezone = 'UTC'")
        self._db.register("stored", self.table)
        self._db.execute("create view d as select * replace (time::timestamp as time) from stored")  # naive inside, UTC by definition

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
        return [level for level in LEVELS if self._one(f"select count({level}) from d") > 0]

    def actor_hours(self, level: str, until: datetime | None) -> pa.Table:
        return self._table(
            f"""
            with r as (select {level} as actor, time, subject, shown, reference, step, block, date_trunc('hour', time) as h,
                              date_trunc('day', time) as d from ({self._rows(level, until)})),
            firsts as (select actor, d, subject, min(time) filter (shown) as people,
                              min(time) filter (shown and reference is null) as unexplained, min(time) filter (not shown) as misses,
                              min(time) filter (abs(step) = 1) as near from r group by all),
            ever as (select actor, subject, min(time) filter (shown) as new from r group by all),
            blocks as (select actor, d, block, min(time) as blocks from r where block is not null group by all),
            tall as (
              select actor, people as t, 'people' as name from firsts union all select actor, unexplained, 'unexplained' from firsts
              union all select actor, misses, 'misses' from firsts union all select actor, near, 'near' from firsts
              union all select actor, new, 'new' from ever union all select actor, blocks, 'blocks' from blocks
              union all select actor, time, 'disclosures' from r where shown union all select actor, time, 'asked' from r
              union all select actor, time, 'steps' from r where step <> 0 union all select actor, time, 'ascending' from r where step > 0
              union all select actor, time, 'explained' from r where shown and reference is not null)
            select actor, date_trunc('hour', t) as hour,
                   {", ".join(f"(count(*) filter (name = '{name}'))::bigint as {name}" for name in ACTOR_HOURS.names[2:])}
            from tall where t is not null group by all
            """,
            ACTOR_HOURS,
        )

    def crossings(self, level: str, wanted: pa.Table, until: datetime | None) -> pa.Table:
        seen_before: dict[int, dict[int, datetime]] = {}
        answers = []
        for line in wanted.to_pylist():
            actor = line["actor"]
            if actor not in seen_before:
                first = f"select subject, min(time) from ({self._rows(level, until)}) where {level} = {actor} and shown group by 1"
                seen_before[actor] = dict(self._db.execute(first).fetchall())
            answers.append({**line, **self._cross(level, line, until, seen_before[actor])})
        return pa.Table.from_pylist(answers, schema=CROSSINGS)

    def _cross(self, level: str, line: Mapping[str, Any], until: datetime | None, first_shown: Mapping[int, datetime]) -> dict[str, Any]:
        day = line["since"].replace(hour=0, minute=0, second=0, microsecond=0)
        rows = self._db.execute(
            f"select time, subject, shown, reference is not null, step from ({self._rows(level, until)}) "
            f"where {level} = {line['actor']} and time >= ? and time < ? order by time",
            [_naive(day), _naive(day + timedelta(days=1))],
        ).fetchall()
        sets: dict[str, set[int]] = {name: set() for name in ("people", "new", "unexplained", "misses", "near")}
        sums = {"asked": 0, "steps": 0, "ascending": 0}
        for index, (time, subject, shown, explained, step) in enumerate(rows):
            sums["asked"] += 1
            sums["steps"] += step != 0
            sums["ascending"] += step > 0
            if abs(step) == 1:
                sets["near"].add(subject)
            if shown:
                sets["people"].add(subject)
                if first_shown[subject] == time:
                    sets["new"].add(subject)
                if not explained:
                    sets["unexplained"].add(subject)
            else:
                sets["misses"].add(subject)
            if index + 1 < len(rows) and rows[index + 1][0] == time:
                continue  # rows of one instant count together
            count = {**sums, **{name: len(who) for name, who in sets.items()}}
            enough = count[line["measure"]] >= line["limit"] and count[line["measure"]] >= line["share"] * count[line["of"]]
            if enough and line["since"] <= time.replace(tzinfo=UTC) < line["before"]:
                return {"time": time.replace(tzinfo=UTC), "count": count[line["measure"]]}
        return {"time": None, "count": None}

    def parts(self, level: str, wanted: pa.Table) -> pa.Table:
        answers = []
        for actor, time in zip(wanted["actor"].to_pylist(), wanted["time"].to_pylist(), strict=True):
            today = f"{level} = {actor} and time <= '{_naive(time)}' and time >= date_trunc('day', timestamp '{_naive(time)}')"
            below = [lower for lower in HIERARCHY[HIERARCHY.index(level) + 1 :] if self._one(f"select count({lower}) from d where {today}")]
            people = self._one(f"select count(distinct subject) from d where shown and {today}")
            if not below or not people:
                continue
            for child, count in self._db.execute(
                f"select {below[0]}, count(distinct subject) from d where shown and {below[0]} is not null and {today} group by 1"
            ).fetchall():
                answers.append(
                    {"actor": actor, "time": time, "child_level": below[0], "child": child, "people": count, "share": count / people}
                )
        return pa.Table.from_pylist(answers, schema=PARTS)

    def ancestors(self, level: str, actors: pa.Array) -> pa.Table:
        wider = HIERARCHY[: HIERARCHY.index(level)]
        keys = ", ".join(str(actor) for actor in actors.to_pylist())
        if not wider or not keys:
            return ANCESTORS.empty_table()
        each = [
            f"select {level} as actor, '{up}' as level, {up} as parent, min(time) as since from d "
            f"where {level} in ({keys}) and {up} is not null group by all"
            for up in wider
        ]
        return self._table(" union all ".join(each), ANCESTORS)

    def facts(self, level: str, actors: Sequence[int], until: datetime | None) -> dict[int, Facts]:
        found = {}
        for actor in actors:
            mine = f"({self._rows(level, until)}) where {level} = {actor}"
            people, shown, first, last = self._db.execute(
                f"select count(distinct subject) filter (shown), count(*) filter (shown), min(time), max(time) from {mine}"
            ).fetchall()[0]
            sets = [row[0] for row in self._db.execute(f"select distinct fields from {mine} and shown and fields is not null").fetchall()]
            surfaces = [row[0] for row in self._db.execute(f"select distinct surface from {mine} and shown and surface is not null").fetchall()]
            found[actor] = Facts(
                people=people,
                disclosures=shown,
                first=first.replace(tzinfo=UTC),
                last=last.replace(tzinfo=UTC),
                fields=tuple(sorted({name for one in sets for name in self.names_of[("fields", one)].split("|")})),
                surfaces=tuple(sorted(self.names_of[("surface", one)] for one in surfaces)),
            )
        return found

    def names(self, level: str, actors: Sequence[int]) -> dict[int, str]:
        return {actor: self.names_of.get((level, actor), str(actor)) for actor in actors}

    def _rows(self, level: str, until: datetime | None) -> str:
        cut = f" and time <= '{_naive(until)}'" if until else ""
        return f"select * from d where {level} is not null{cut}" + (f" and {IDENTITY}" if level == "ip" else "")

    def _one(self, sql: str) -> Any:
        return self._db.execute(sql).fetchall()[0][0]

    def _table(self, sql: str, schema: pa.Schema) -> pa.Table:
        return self._db.sql(sql).to_arrow_table().select(schema.names).cast(schema)


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
