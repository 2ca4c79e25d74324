"""Small histories for detectors' examples: one line per actor, told as what it does each day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import pyarrow as pa

from nilometer.detection.detector import ACTOR_HOURS

START: Final = datetime(2019, 11, 4, tzinfo=UTC)
"""A Monday."""

Hour = Mapping[str, int]
"""The counts of one hour; what is left out is derived (everybody shown, new, unexplained, asked once)."""


def hour(people: int, new: int | None = None, **counts: int) -> Hour:
    """One hour in which `people` were shown, `new` of them (all, if not said) for the first time."""
    return {"people": people, "new": people if new is None else new, **counts}


def table(actors: Mapping[int, Iterable[tuple[int, int, Hour]]]) -> pa.Table:
    """ACTOR_HOURS from, for each actor, (day after START, hour of day, counts)."""
    rows = []
    for actor, hours in actors.items():
        for day, at, counts in hours:
            misses = counts.get("misses", 0)
            shown = counts.get("disclosures", counts["people"])
            row = {
                **dict.fromkeys(ACTOR_HOURS.names, 0),
                "actor": actor,
                "hour": START + timedelta(days=day, hours=at),
                "disclosures": shown,
                "asked": shown + misses,
                "steps": max(0, shown + misses - 1),
                "unexplained": counts["people"],
                "blocks": counts["people"],
                **counts,
            }
            rows.append(row)
    return pa.Table.from_pylist(rows, schema=ACTOR_HOURS)
