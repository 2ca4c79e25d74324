"""What detection asks the ledger beyond the views: when lines were crossed, through which parts, under which parents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import pyarrow as pa

from nilometer.disclosures.actor import HIERARCHY
from nilometer.ledger.duckdb_sql import DAY, judged
from nilometer.ledger.ledger import Ledger

_MEASURES: Final = ("people", "new", "unexplained", "asked", "misses", "steps", "ascending", "near")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of one actor up to a moment; `people` and `disclosures` over shown rows, `first` and `last` over all."""

    people: int
    disclosures: int
    first: datetime
    last: datetime
    fields: tuple[str, ...] = ()
    surfaces: tuple[str, ...] = ()


class Answers:
    """The questions of `detection.detector.Answers`, over a ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.engine = ledger, ledger.engine

    def levels(self) -> list[str]:
        """The levels that any disclosure has, widest first."""
        return self.engine.levels()

    def actor_hours(self, level: str, until: datetime | None) -> pa.Table:
        """The view `actor_hours` of one level."""
        return self.ledger.answer("actor_hours", level=level, until=until)

    def crossings(self, level: str, wanted: pa.Table, until: datetime | None) -> pa.Table:
        """The wanted lines with the `time` each was crossed and the `count` then; null when it was not."""
        if wanted.num_rows == 0:
            return wanted.append_column("time", pa.nulls(0, pa.timestamp("us", tz="UTC"))).append_column("count", pa.nulls(0, pa.int64()))
        source = self._rows(level, until)
        zero = {m: "0" for m in _MEASURES}

        def part(sql: str, **counts: str) -> str:
            return f"SELECT actor, t, {', '.join(f'{counts.get(m, z)} AS {m}' for m, z in zero.items())} FROM {sql}"

        firsts = {"people": "shown", "unexplained": "shown AND reference IS NULL", "misses": "NOT shown", "near": "step IN (1, -1)"}
        distinct = " UNION ALL ".join(
            part(f"(SELECT actor, min(t) AS t FROM judged WHERE {condition} GROUP BY actor, subject, t // {DAY})", **{measure: "1"})
            for measure, condition in firsts.items()
        )
        rows = part("(SELECT actor, t, step FROM judged)", asked="1", steps="CAST(step <> 0 AS INT)", ascending="CAST(step > 0 AS INT)")
        new = part(
            "(SELECT actor, t FROM (SELECT actor, min(t) AS t FROM history WHERE shown GROUP BY actor, subject) AS ever"
            f" SEMI JOIN days ON days.actor = ever.actor AND days.day = ever.t // {DAY})",
            new="1",
        )
        running = ", ".join(f"sum({m}) OVER day AS {m}" for m in _MEASURES)
        chosen = "CASE line.{0} " + " ".join(f"WHEN '{m}' THEN {m}" for m in _MEASURES) + " END"
        measure, of = chosen.format("measure"), chosen.format("of")
        return self.engine.query(
            f"""
WITH numbered AS (SELECT *, row_number() OVER () AS place, epoch_us(since) AS low, epoch_us("before") AS high FROM wanted),
days AS (SELECT DISTINCT actor, low // {DAY} AS day FROM numbered),
history AS MATERIALIZED (SELECT {level} AS actor, subject, epoch_us(time) AS t, shown, reference, step FROM {source} WHERE {level} IN (SELECT actor FROM wanted)),
judged AS MATERIALIZED (SELECT history.* FROM history SEMI JOIN days ON days.actor = history.actor AND days.day = history.t // {DAY}),
counts AS (SELECT actor, t, {", ".join(f"sum({m}) AS {m}" for m in _MEASURES)} FROM ({rows} UNION ALL {distinct} UNION ALL {new}) GROUP BY actor, t),
running AS (SELECT actor, t, t // {DAY} AS day, {running} FROM counts WINDOW day AS (PARTITION BY actor, t // {DAY} ORDER BY t)),
crossed AS (SELECT line.place, min(t) AS time, arg_min({measure}, t) AS count FROM numbered AS line JOIN running
  ON line.actor = running.actor AND running.day = line.low // {DAY} AND t >= line.low AND t < line.high
  WHERE {measure} >= line."limit" AND {measure} >= line.share * {of} GROUP BY line.place)
SELECT numbered.* EXCLUDE (place, low, high), make_timestamptz(crossed.time) AS time, CAST(crossed.count AS BIGINT) AS count
FROM numbered LEFT JOIN crossed USING (place) ORDER BY numbered.place""",
            wanted=wanted,
        )

    def parts(self, level: str, wanted: pa.Table) -> pa.Table:
        """Through which children an actor was shown people on the day of `time`, up to then."""
        below = HIERARCHY[HIERARCHY.index(level) + 1 :]
        empty = wanted.select(["actor", "time"]).slice(0, 0)
        shape = pa.schema(
            [*empty.schema, ("child_level", pa.string()), ("child", pa.int64()), ("people", pa.int64()), ("share", pa.float64())]
        )
        if not below or wanted.num_rows == 0:
            return shape.empty_table()
        child_level = "CASE " + " ".join(f"WHEN {b} IS NOT NULL THEN '{b}'" for b in below) + " END"
        return self.engine.query(
            f"""
WITH rows AS MATERIALIZED (SELECT w.actor, w.time AS until, subject, {child_level} AS child_level, coalesce({", ".join(below)}) AS child
  FROM {self._rows(level, None)} AS r JOIN wanted AS w
  ON r.{level} = w.actor AND r.time <= w.time AND epoch_us(r.time) // {DAY} = epoch_us(w.time) // {DAY} WHERE r.shown),
totals AS (SELECT actor, until, count(DISTINCT subject) AS total FROM rows GROUP BY ALL),
children AS (SELECT actor, until, child_level, child, count(DISTINCT subject) AS people FROM rows WHERE child IS NOT NULL GROUP BY ALL)
SELECT actor, until AS time, child_level, child, people, people / total AS share FROM children JOIN totals USING (actor, until) ORDER BY ALL""",
            wanted=wanted,
        ).cast(shape)

    def crowds(self, level: str, wanted: pa.Table) -> pa.Table:
        """Through how many accounts (sessions where none is known) an actor was shown its people on the day of `time`, up to then."""
        shape = pa.schema([*wanted.select(["actor", "time"]).schema, ("people", pa.int64()), ("accounts", pa.int64())])
        if wanted.num_rows == 0:
            return shape.empty_table()
        return self.engine.query(
            f"""
SELECT w.actor, w.time, count(DISTINCT subject) AS people, count(DISTINCT coalesce(account, session)) AS accounts
FROM {self._rows(level, None)} AS r JOIN wanted AS w
  ON r.{level} = w.actor AND r.time <= w.time AND epoch_us(r.time) // {DAY} = epoch_us(w.time) // {DAY}
WHERE r.shown GROUP BY w.actor, w.time ORDER BY ALL""",
            wanted=wanted,
        ).cast(shape)

    def ancestors(self, level: str, actors: pa.Array) -> pa.Table:
        """Every wider actor each of these was seen under, and since when."""
        wider = HIERARCHY[: HIERARCHY.index(level)]
        shape = pa.schema([("actor", pa.int64()), ("level", pa.string()), ("parent", pa.int64()), ("since", pa.timestamp("us", tz="UTC"))])
        if not wider or len(actors) == 0:
            return shape.empty_table()
        parts = " UNION ALL ".join(
            f"SELECT actor, '{w}' AS level, {w} AS parent, min(time) AS since FROM rows WHERE {w} IS NOT NULL GROUP BY ALL" for w in wider
        )
        return self.engine.query(
            f"WITH rows AS MATERIALIZED (SELECT {level} AS actor, {', '.join(wider)}, time FROM {self._rows(level, None)} AS r SEMI JOIN wanted AS w ON r.{level} = w.actor) {parts} ORDER BY ALL",
            wanted=pa.table({"actor": actors}),
        ).cast(shape)

    def facts(self, level: str, actors: Sequence[int], until: datetime | None) -> dict[int, Facts]:
        """The growing part of a finding, per actor."""
        if not actors:
            return {}
        source = f"(SELECT {level} AS actor, * FROM {self._rows(level, until)} AS r SEMI JOIN wanted AS w ON r.{level} = w.actor)"
        wanted = pa.table({"actor": pa.array(list(actors), pa.int64())})
        table = self.engine.query(
            f"""SELECT actor, count(DISTINCT subject) FILTER (shown) AS people, count(*) FILTER (shown) AS disclosures, min(time) AS first,
  max(time) AS last, list(DISTINCT fields) FILTER (shown AND fields IS NOT NULL) AS fields,
  list(DISTINCT surface) FILTER (shown AND surface IS NOT NULL) AS surfaces FROM {source} GROUP BY actor""",
            wanted=wanted,
        )
        rows = table.to_pylist()
        fields = self.ledger.names("fields", sorted({f for r in rows for f in r["fields"] or ()}))
        surfaces = self.ledger.names("surface", sorted({f for r in rows for f in r["surfaces"] or ()}))
        return {
            r["actor"]: Facts(
                people=r["people"],
                disclosures=r["disclosures"],
                first=r["first"],
                last=r["last"],
                fields=tuple(sorted({part for f in r["fields"] or () for part in fields[f].split("|")})),
                surfaces=tuple(sorted(surfaces[f] for f in r["surfaces"] or ())),
            )
            for r in rows
        }

    def names(self, level: str, actors: Sequence[int]) -> dict[int, str]:
        """The platform's own ids of the actors."""
        return self.ledger.names(level, actors)

    def _rows(self, level: str, until: datetime | None) -> str:
        held = [s for s in self.ledger.manifest.segments if level in s.levels]
        source = self.engine.source(held or self.ledger.manifest.segments, until)
        return f"(SELECT * FROM {source} WHERE {level} IS NOT NULL AND {judged(level)})"
