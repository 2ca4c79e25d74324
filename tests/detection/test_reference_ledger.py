"""The oracle agrees with itself: hour sums and crossings count the same things."""

from __future__ import annotations

from datetime import timedelta

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from nilometer.detection.detector import ACTOR_HOURS, CROSSINGS, MEASURES, WANTED_CROSSINGS
from nilometer.detection.history import History, moment
from tests.detection.reference_ledger import ReferenceLedger
from tests.detection.scenes import START, life


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000))
def test_a_line_at_what_an_hour_reached_is_crossed_within_that_hour_or_before(seed: int) -> None:
    ledger = ReferenceLedger.of(life(seed, rows=80))
    for level in ledger.levels():
        table = ledger.actor_hours(level, None)
        assert table.schema == ACTOR_HOURS
        history = History.of(level, table)
        for measure in MEASURES:
            running = history.running(measure)
            wanted = [
                {"actor": int(history.actor[row]), "measure": measure, "limit": int(running[row]), "of": "asked", "share": 0.0,
                 "since": moment(int(history.day[row]) * 24), "before": moment(int(history.hour[row]) + 1)}
                for row in range(len(history))
            ]  # fmt: skip
            above = [{**line, "limit": line["limit"] + 1} for line in wanted]
            crossed = ledger.crossings(level, pa.Table.from_pylist(wanted, schema=WANTED_CROSSINGS), None)
            assert crossed.schema == CROSSINGS
            assert all(
                count is not None and count >= line["limit"] for count, line in zip(crossed["count"].to_pylist(), wanted, strict=True)
            )
            beyond = ledger.crossings(level, pa.Table.from_pylist(above, schema=WANTED_CROSSINGS), None)
            assert beyond["time"].null_count == len(wanted)


def test_until_is_inclusive() -> None:
    rows = [{"time": START + timedelta(hours=hour), "subject": hour, "account": "a"} for hour in range(3)]
    ledger = ReferenceLedger.of(rows)
    assert ledger.actor_hours("account", rows[-1]["time"]).num_rows == 3
    assert ledger.actor_hours("account", rows[-1]["time"] - timedelta(microseconds=1)).num_rows == 2
