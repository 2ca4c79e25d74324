"""The questions, as SQL for DuckDB. Each returns exactly the columns that `views.VIEWS` promises."""

from __future__ import annotations

from typing import Final

from nilometer.disclosures.actor import HIERARCHY

WINDOWS: Final = {"1h": 3600, "1d": 86_400, "7d": 7 * 86_400, "30d": 30 * 86_400, "240d": 240 * 86_400}
"""The windows in which reach is stated, in seconds."""

BY_SUBJECT: Final = ("cold_people",)
"""Views whose passes are over disjoint sets of people instead of actors, because they compare actors; sums add up."""


def view(name: str, source: str, level: str, part: int, parts: int) -> str:
    """The SQL of a view over `source`, for the actors of one `level` that fall into `part` of `parts`."""
    share = f" AND ({'subject' if name in BY_SUBJECT else level} & 65535) % {parts} = {part}" if parts > 1 else ""
    rows = f"(SELECT {level} AS actor, * FROM {source} WHERE {level} IS NOT NULL{share})"
    return {
        "people_by_day": _people_by_day,
        "reach": _reach,
        "reach_by_window": _reach_by_window,
        "actor_hours": _actor_hours,
        "surfaces": _surfaces,
        "hours_of_activity": _hours_of_activity,
        "cold_people": _cold_people,
        "enumeration": _enumeration,
    }[name](rows, level)


def _people_by_day(rows: str, level: str) -> str:
    # One pass over the disclosures; what follows works on (actor, day, person), which is smaller.
    return f"""
WITH seen AS MATERIALIZED (SELECT actor, subject, CAST(time AS DATE) AS day FROM {rows} WHERE shown GROUP BY ALL),
first AS (SELECT actor, min(day) AS day FROM seen GROUP BY actor, subject),
people AS (SELECT actor, day, count(*) AS people FROM seen GROUP BY actor, day),
new AS (SELECT actor, day, count(*) AS new FROM first GROUP BY actor, day)
SELECT people.actor, people.day, people, coalesce(new, 0) AS new FROM people LEFT JOIN new USING (actor, day) ORDER BY ALL"""


def _reach(rows: str, level: str) -> str:
    return f"""
WITH exposed AS (SELECT actor, subject, count(*) AS n, min(time) AS first, max(time) AS last FROM {rows} WHERE shown GROUP BY actor, subject)
SELECT actor, count(*) AS people, CAST(sum(n) AS BIGINT) AS disclosures, min(first) AS first, max(last) AS last
FROM exposed GROUP BY actor ORDER BY people DESC, actor"""


def _reach_by_window(rows: str, level: str) -> str:
    """A person counts from each showing until the window has passed it by or the person is shown again."""
    windows = ", ".join(f"('{name}', {seconds * 1_000_000})" for name, seconds in WINDOWS.items())
    return f"""
WITH shown AS (SELECT actor, subject, epoch_us(time) AS t FROM {rows} WHERE shown GROUP BY ALL),
next AS (SELECT actor, t, lead(t) OVER (PARTITION BY actor, subject ORDER BY t) AS again FROM shown),
windows(name, span) AS (VALUES {windows}),
steps AS (SELECT actor, name, t, 1 AS change FROM next, windows
  UNION ALL SELECT actor, name, least(coalesce(again, t + span), t + span), -1 FROM next, windows),
summed AS (SELECT actor, name, t, sum(change) AS change FROM steps GROUP BY ALL),
running AS (SELECT actor, name, t, sum(change) OVER (PARTITION BY actor, name ORDER BY t) AS people FROM summed)
SELECT actor, name AS window, CAST(max(people) AS BIGINT) AS people, make_timestamptz(CAST(arg_max(t, people) AS BIGINT)) AS until
FROM running GROUP BY actor, name ORDER BY actor, people"""


def _actor_hours(rows: str, level: str) -> str:
    judged = rows if level in HIERARCHY else f"(SELECT * FROM {rows} WHERE {' AND '.join(f'{h} IS NULL' for h in HIERARCHY)})"
    zeros = {n: "0" for n in ("people", "new", "disclosures", "asked", "misses", "steps", "ascending", "near", "blocks", "explained")}

    def counting(**counts: str) -> str:
        return ", ".join(f"{counts.get(n, zero)} AS {n}" for n, zero in zeros.items())

    return f"""
WITH rows AS (SELECT * FROM {judged}),
seen AS MATERIALIZED (SELECT actor, subject, CAST(time AS DATE) AS day, min(time) AS t FROM rows WHERE shown GROUP BY ALL),
first AS (SELECT actor, min(t) AS t FROM seen GROUP BY actor, subject),
touched AS (SELECT actor, min(time) AS t FROM rows WHERE block IS NOT NULL GROUP BY actor, block, CAST(time AS DATE)),
parts AS (
  SELECT actor, date_trunc('hour', t) AS hour, {counting(people="count(*)")} FROM seen GROUP BY ALL
  UNION ALL SELECT actor, date_trunc('hour', t), {counting(new="count(*)")} FROM first GROUP BY ALL
  UNION ALL SELECT actor, date_trunc('hour', t), {counting(blocks="count(*)")} FROM touched GROUP BY ALL
  UNION ALL SELECT actor, date_trunc('hour', time), {counting(
      disclosures="count(*) FILTER (shown)", asked="count(*)", misses="count(*) FILTER (NOT shown)",
      steps="count(*) FILTER (step <> 0)", ascending="count(*) FILTER (step > 0)", near="count(*) FILTER (step IN (1, -1))",
      explained="count(*) FILTER (shown AND reference IS NOT NULL)")} FROM rows GROUP BY ALL)
SELECT actor, hour, {", ".join(f"CAST(sum({n}) AS BIGINT) AS {n}" for n in zeros)} FROM parts GROUP BY actor, hour ORDER BY actor, hour"""


def _surfaces(rows: str, level: str) -> str:
    return f"""
SELECT actor, surface, fields, count(DISTINCT subject) AS people, count(*) AS disclosures
FROM {rows} WHERE shown GROUP BY ALL ORDER BY actor, people DESC, surface, fields"""


def _hours_of_activity(rows: str, level: str) -> str:
    return f"""
SELECT actor, hour(time) AS hour, count(*) AS disclosures, count(DISTINCT CAST(time AS DATE)) AS days
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
SELECT actor, CAST(time AS DATE) AS day, count(*) AS asked, count(*) FILTER (NOT shown) AS misses, count(*) FILTER (step <> 0) AS steps,
  count(*) FILTER (step > 0) AS ascending, count(*) FILTER (step IN (1, -1)) AS near, count(DISTINCT block) AS blocks
FROM {rows} GROUP BY ALL ORDER BY ALL"""
