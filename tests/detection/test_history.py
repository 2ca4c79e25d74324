"""Actor-hours as columns: sorting, running counts, days and records, against plain loops."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from nilometer.detection.detector import ACTOR_HOURS
from nilometer.detection.history import History, moment, record
from tests.detection.population import COUNTS

TABLES = st.dictionaries(st.tuples(st.integers(-3, 3), st.integers(-50, 24 * 9)), st.integers(0, 50), max_size=40)


def table(rows: dict[tuple[int, int], int]) -> pa.Table:
    found = [{"actor": actor, "hour": hour * 3_600_000_000, **dict.fromkeys(COUNTS, count)} for (actor, hour), count in rows.items()]
    return pa.Table.from_pylist(found, schema=ACTOR_HOURS)


@given(rows=TABLES)
def test_running_counts_and_days_are_sums(rows: dict[tuple[int, int], int]) -> None:
    history = History.of("app", table(rows))
    order = sorted(rows)
    assert list(zip(history.actor.tolist(), history.hour.tolist(), strict=True)) == order
    running = [sum(n for (a, h), n in rows.items() if a == actor and h // 24 == hour // 24 and h <= hour) for actor, hour in order]
    assert history.running("people").tolist() == running
    days = sorted({(actor, hour // 24) for actor, hour in rows})
    assert list(zip(history.days.actor.tolist(), history.days.day.tolist(), strict=True)) == days
    assert history.days.counts["new"].tolist() == [sum(n for (a, h), n in rows.items() if (a, h // 24) == day) for day in days]
    assert history.days.ordinal.tolist() == [sum(a == actor and d < day for a, d in days) for actor, day in days]


@given(rows=TABLES, window=st.integers(1, 5))
def test_a_record_is_the_best_of_earlier_days_in_the_window(rows: dict[tuple[int, int], int], window: int) -> None:
    days = History.of("app", table(rows)).days
    best = record(days, days.counts["people"], np.arange(len(days)), window)
    each = list(zip(days.actor.tolist(), days.day.tolist(), days.counts["people"].tolist(), strict=True))
    assert best.tolist() == [max((n for a, d, n in each if a == actor and day - window <= d < day), default=0) for actor, day, _ in each]


def test_kept_days_count_only_kept_days() -> None:
    days = History.of("app", table({(1, 0): 5, (1, 24): 0, (1, 48): 7, (2, 0): 9})).days
    kept = days.where(days.counts["people"] > 0)
    assert (kept.day.tolist(), kept.ordinal.tolist()) == ([0, 2, 0], [0, 1, 0])


def test_a_moment_is_in_utc() -> None:
    assert moment(24 * 365) == datetime(1971, 1, 1, tzinfo=UTC)
