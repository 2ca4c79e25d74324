"""The questions, as SQL for DuckDB. Each returns exactly the columns that `views.VIEWS` promises."""

from __future__ import annotations

from typing import Final

from nilometer.disclosures.actor import HIERARCHY

BY_SUBJECT: Final = ("cold_people",)
"""Views whose passes are over disjoint sets of people instead of actors, because they compare actors; sums add up."""

ORDER: Final = {
    "reach": [("people", "descending"), ("actor", "ascending")],
    "surfaces": [("actor", "ascending"), ("people", "descending"), ("surface", "ascending"), ("fields", "ascending")],
    "cold_people": [("alone", "descending"), ("actor", "ascending")],
}
"""The order of rows where it is not by the first two columns; answers in several passes are sorted so anew."""


def view(name: str, source: str, level: str, part: int, parts: int) -> str:
    """The SQL of a view over `source`, for the actors of one `level` that fall into `part` of `parts`."""
    share = f" AND ({'subject' if name in BY_SUBJECT else level} & 65535) % {parts} = {part}" if parts > 1 else ""
    rows = f"(SELECT {level} AS actor, *, epoch_us(time) AS t FROM {source} WHERE {level} IS NOT NULL{share})"
    return {
        "people_by_day": _people_by_day,
        "reach": _reach,
        "reach_by_window": _showings,  # counted in `windows.largest`
        "actor_hours": _actor_hours,
        "surfaces": _surfaces,
        "hours_of_activity": _hours_of_activity,
        "cold_people": _cold_people,
        "enumeration": _enumeration,
    }[name](rows, level)


DAY: Final = 86_400_000_000
HOUR: Final = 3_600_000_000
"""Microseconds. Days and hours are whole divisions of `t`, the event time in microseconds since 1970: DuckDB's calendar
functions on times with a zone are three times as slow, and a UTC day needs no calendar."""


def date_of(day: str) -> str:
    """SQL DATE of a day number since 1970."""
    return f"DATE '1970-01-01' + CAST({day} AS INTEGER)"


def _people_by_day(rows: str, level: str) -> str:
    # One pass over the disclosures; what follows works on (actor, day, person), which is smaller.
    return f"""
WITH seen AS MATERIALIZED (SELECT actor, subject, t // {DAY} AS day FROM {rows} WHERE shown GROUP BY ALL),
first AS (SELECT actor, min(day) AS day FROM seen GROUP BY actor, subject),
people AS (SELECT actor, day, count(*) AS people FROM seen GROUP BY actor, day),
new AS (SELECT actor, day, count(*) AS new FROM first GROUP BY actor, day)
SELECT people.actor, {date_of("people.day")} AS day, people, coalesce(new, 0) AS new FROM people LEFT JOIN new USING (actor, day) ORDER BY ALL"""


def _reach(rows: str, level: str) -> str:
    return f"""
WITH exposed AS (SELECT actor, subject, count(*) AS n, min(time) AS first, max(time) AS last FROM {rows} WHERE shown GROUP BY actor, subject)
SELECT actor, count(*) AS people, CAST(sum(n) AS BIGINT) AS disclosures, min(first) AS first, max(last) AS last
FROM exposed GROUP BY actor ORDER BY people DESC, actor"""


def _showings(rows: str, level: str) -> str:
    return f"SELECT actor, subject, t FROM {rows} WHERE shown GROUP BY ALL"


HOUR_COUNTS: Final = ("people", "new", "unexplained", "disclosures", "asked", "misses", "steps", "ascending", "near", "blocks", "explained")
"""The counts of `actor_hours`, in their order."""


def judged(level: str) -> str:
    """SQL condition for the rows in which a level is judged: an address only where no identity level is known."""
    if level in HIERARCHY:
        return "true"
    return "org IS NULL AND app IS NULL AND account IS NULL"


def _counting(**counts: str) -> str:
    return ", ".join(f"{counts.get(n, '0')} AS {n}" for n in HOUR_COUNTS)


def _actor_hours(rows: str, level: str) -> str:
    """Everything distinct comes from one grouping by actor, day and subject: its first time shown, refused, ..."""
    per_row = _counting(
        disclosures="count(*) FILTER (shown)",
        asked="count(*)",
        steps="count(*) FILTER (step <> 0)",
        ascending="count(*) FILTER (step > 0)",
        explained="count(*) FILTER (shown AND reference IS NOT NULL)",
    )
    return f"""
WITH rows AS (SELECT * FROM {rows} WHERE {judged(level)}),
seen AS MATERIALIZED (SELECT actor, subject, t // {DAY} AS day, min(t) FILTER (shown) AS shown_at,
  min(t) FILTER (shown AND reference IS NULL) AS unexplained_at, min(t) FILTER (NOT shown) AS missed_at,
  min(t) FILTER (step IN (1, -1)) AS near_at FROM rows GROUP BY ALL),
first AS (SELECT actor, min(shown_at) AS new_at FROM seen WHERE shown_at IS NOT NULL GROUP BY actor, subject),
touched AS (SELECT actor, min(t) AS touched_at FROM rows WHERE block IS NOT NULL GROUP BY actor, block, t // {DAY}),
parts AS (
  SELECT actor, t // {HOUR} AS hour, {per_row} FROM rows GROUP BY ALL
  UNION ALL {_first_times("shown_at", "seen", people="count(*)")}
  UNION ALL {_first_times("unexplained_at", "seen", unexplained="count(*)")}
  UNION ALL {_first_times("missed_at", "seen", misses="count(*)")}
  UNION ALL {_first_times("near_at", "seen", near="count(*)")}
  UNION ALL {_first_times("new_at", "first", new="count(*)")}
  UNION ALL {_first_times("touched_at", "touched", blocks="count(*)")})
SELECT actor, make_timestamptz(hour * {HOUR}) AS hour, {", ".join(f"CAST(sum({n}) AS BIGINT) AS {n}" for n in HOUR_COUNTS)}
FROM parts GROUP BY actor, hour ORDER BY actor, hour"""


def _first_times(column: str, table: str, **counts: str) -> str:
    return f"SELECT actor, {column} // {HOUR}, {_counting(**counts)} FROM {table} WHERE {column} IS NOT NULL GROUP BY ALL"


def _surfaces(rows: str, level: str) -> str:
    return f"""
SELECT actor, surface, fields, count(DISTINCT subject) AS people, count(*) AS disclosures
FROM {rows} WHERE shown GROUP BY ALL ORDER BY actor, people DESC, surface, fields"""


def _hours_of_activity(rows: str, level: str) -> str:
    return f"""
SELECT actor, t // {HOUR} % 24 AS hour, count(*) AS disclosures, count(DISTINCT t // {DAY}) AS days
FROM {rows} GROUP BY ALL ORDER BY ALL"""


def _cold_people(rows: str, level: str) -> str:
    return f"""
WITH pairs AS (SELECT actor, subject FROM {rows} WHERE shown GROUP BY ALL),
watchers AS (SELECT subject, count(*) AS n, any_value(actor) AS actor FROM pairs GROUP BY subject),
alone AS (SELECT actor, count(*) AS alone FROM watchers WHERE n = 1 GROUP BY actor),
reach AS (SELECT actor, count(*) AS people FROM pairs GROUP BY actor)
SELECT actor, people, coalesce(alone, 0) AS alone FROM reach LEFT JOIN alone USING (actor) ORDER BY alone DESC, actor"""


def _enumeration(rows: str, level: str) -> str:
    return f"""
SELECT actor, {date_of(f"t // {DAY}")} AS day, count(*) AS asked, count(*) FILTER (NOT shown) AS misses, count(*) FILTER (step <> 0) AS steps,
  count(*) FILTER (step > 0) AS ascending, count(*) FILTER (step IN (1, -1)) AS near, count(DISTINCT block) AS blocks
FROM {rows} GROUP BY ALL ORDER BY ALL"""
