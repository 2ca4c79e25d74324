"""Everything about one actor, computed from its own disclosures: exact, whatever the window."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, TypedDict

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from nilometer.disclosures.actor import HIERARCHY, LEVELS
from nilometer.ledger import windows
from nilometer.ledger.ledger import Ledger
from nilometer.ledger.sets import distinct

_COLUMNS: Final = ("time", "subject", "shown", "surface", "fields")


def rows_of(ledger: Ledger, level: str, actor: int, until: datetime | None = None) -> pa.Table:
    """The disclosures of one actor: time, subject, shown, surface, fields and the other levels."""
    held = [s for s in ledger.manifest.segments if level in s.levels]
    source = ledger.engine.source(held, until)
    return ledger.engine.query(f"SELECT {', '.join((*_COLUMNS, *LEVELS))} FROM {source} WHERE {level} = {actor}")


def rows_of_any(ledger: Ledger, nodes: Sequence[tuple[str, int]]) -> pa.Table:
    """The disclosures of several actors or surfaces together, given as (level, key); the columns of `rows_of`."""
    levels = {level: sorted(key for one, key in nodes if one == level) for level, _ in nodes}
    where = " OR ".join(f"{level} IN ({', '.join(map(str, keys))})" for level, keys in levels.items())
    source = ledger.engine.source(ledger.manifest.segments)
    return ledger.engine.query(f"SELECT {', '.join((*_COLUMNS, *LEVELS))} FROM {source} WHERE {where}")


class Page(TypedDict):
    """The measured part of an actor's page, with pseudonyms for names. Times in microseconds, days since 1970.

    `fields` and `surfaces` are (pseudonym, people); `parents` and `children` (level, pseudonym, people).
    """

    people: int
    disclosures: int
    asked_not_shown: int
    first: int
    last: int
    reach: dict[str, int]
    new_by_day: list[tuple[int, int, int]]
    fields: list[tuple[int, int]]
    surfaces: list[tuple[int, int]]
    parents: list[tuple[str, int, int]]
    children: list[tuple[str, int, int]]
    shown: pa.Table


def page(ledger: Ledger, level: str, actor: int) -> Page | None:
    """The page of one actor; None when the ledger has never seen it."""
    rows = rows_of(ledger, level, actor)
    if rows.num_rows == 0:
        return None
    shown = rows.filter(rows.column("shown"))
    times = np.asarray(shown.column("time").cast(pa.int64()))
    subjects = np.asarray(shown.column("subject"))
    every = np.asarray(rows.column("time").cast(pa.int64()))
    reach = windows.largest(np.zeros(len(times), np.int64), subjects, times)
    reached = dict.fromkeys(windows.WINDOWS, 0) | dict(
        zip(reach.column("window").to_pylist(), reach.column("people").to_pylist(), strict=True)
    )
    people = len(distinct(subjects))
    seen = pc.if_else(rows.column("shown"), rows.column("subject"), pa.scalar(None, pa.int64()))
    counted = rows.set_column(rows.column_names.index("subject"), "subject", seen)  # parents through which nobody was shown have 0 people
    return {
        "people": people,
        "disclosures": shown.num_rows,
        "asked_not_shown": rows.num_rows - shown.num_rows,
        "first": int(every.min()),
        "last": int(every.max()),
        "reach": {**reached, "ever": people},
        "new_by_day": new_by_day(shown),
        "fields": people_by(shown, "fields"),
        "surfaces": people_by(shown, "surface"),
        "parents": [(w, a, n) for w in wider(level) for a, n in people_by(counted, w)],
        "children": [(n_, a, n) for n_ in _narrower(level) for a, n in people_by(shown, n_)],
        "shown": shown,
    }


def people_by_field(shown: pa.Table, sets: dict[int, str]) -> dict[str, int]:
    """Distinct people by single field. `sets` names the sets of fields: a person shown two sets with `phone` counts once."""
    found: dict[str, int] = {}
    column, subjects = shown.column("fields"), shown.column("subject")
    for field in sorted({part for text in sets.values() for part in text.split("|") if part}):
        holding = pa.array([i for i, text in sets.items() if field in text.split("|")], pa.int64())
        found[field] = pc.count_distinct(subjects.filter(pc.is_in(column, value_set=holding))).as_py()
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def people_table(rows: pa.Table, sets: dict[int, str]) -> pa.Table:
    """Exactly whom an actor was shown: `subject` (pseudonym in hexadecimal), `fields`, `first`, `last`, `count`."""
    shown = rows.filter(rows.column("shown"))
    folded = shown.group_by("subject").aggregate([("time", "min"), ("time", "max"), ("time", "count"), ("fields", "distinct")])
    subjects = [f"{s & (1 << 64) - 1:016x}" for s in folded.column("subject").to_pylist()]
    fields = [
        "|".join(sorted({p for i in ids if i is not None for p in sets[i].split("|")}))
        for ids in folded.column("fields_distinct").to_pylist()
    ]
    named = {
        "subject": subjects,
        "fields": fields,
        "first": folded.column("time_min"),
        "last": folded.column("time_max"),
        "count": folded.column("time_count"),
    }
    return pa.table(named).sort_by([("first", "ascending"), ("subject", "ascending")])


def wider(level: str) -> tuple[str, ...]:
    """The levels above one, widest first; above an evidence level stand all identity levels."""
    return HIERARCHY[: HIERARCHY.index(level)] if level in HIERARCHY else HIERARCHY


def _narrower(level: str) -> tuple[str, ...]:
    return HIERARCHY[HIERARCHY.index(level) + 1 :] if level in HIERARCHY else ()


def new_by_day(rows: pa.Table) -> list[tuple[int, int, int]]:
    """(day since 1970, distinct people, of them never shown before), for each day on which anybody was shown."""
    shown = rows.filter(rows.column("shown"))
    times, subjects = np.asarray(shown.column("time").cast(pa.int64())), np.asarray(shown.column("subject"))
    if len(times) == 0:
        return []
    days = times // 86_400_000_000
    order = np.lexsort((days, subjects))
    d, s = days[order], subjects[order]
    first_ever = np.concatenate([[True], s[1:] != s[:-1]])
    first_today = first_ever | np.concatenate([[True], d[1:] != d[:-1]])
    present, place = np.unique(d[first_today], return_inverse=True)
    people = np.bincount(place)
    new = np.bincount(place, weights=first_ever[first_today]).astype(np.int64)
    return list(zip(present.tolist(), people.tolist(), new.tolist(), strict=True))


def people_by(rows: pa.Table, column: str) -> list[tuple[int, int]]:
    """Distinct subjects by the values of a column, most first; rows without a value are left out."""
    chosen = rows.select([column, "subject"]).filter(rows.column(column).is_valid())
    if chosen.num_rows == 0:
        return []
    bounds = pc.min_max(chosen.column(column)).as_py()
    if bounds["min"] == bounds["max"]:  # the usual case: one company, one app; no need to group
        return [(bounds["min"], pc.count_distinct(chosen.column("subject")).as_py())]
    counted = chosen.group_by(column).aggregate([("subject", "count_distinct")])
    pairs = zip(counted.column(column).to_pylist(), counted.column("subject_count_distinct").to_pylist(), strict=True)
    return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))
