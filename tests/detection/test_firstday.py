"""The hours of a first day: what is usual among the others is what they did up to each hour's end, and nothing later."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np

from nilometer.detection import baselines
from nilometer.detection.count import count, first_ever
from nilometer.detection.firstday import stretches
from nilometer.detection.known import Known
from nilometer.detection.memory import Memory
from nilometer.detection.rows import HOUR, by_day
from nilometer.detection.run import shelf
from tests.detection.befores import before
from tests.detection.table_answers import table_of


def test_each_hour_is_judged_beside_the_complete_hours_before_it() -> None:
    dice = random.Random(4)
    drawn = [{"t": dice.randrange(24 * HOUR), "subject": dice.randrange(4_000), "ip": dice.randrange(1, 12)} for _ in range(600)]
    [rows] = by_day(table_of(drawn))
    cold, _ = first_ever(rows, Known())
    none = np.zeros(len(rows), np.bool_)
    counted = count("ip", rows, cold, none, Known(), Known(), ~none)
    assert counted is not None
    reach, novelty = shelf()["reach"], shelf()["novelty"]
    known = before(1, "ip")
    assert [one[1:] for one in stretches(reach, rows, counted, replace(known, age=9))] == [(0, 24 * HOUR)]
    first = replace(known, age=0, memory=Memory.empty(()).of(counted.actors))
    assert len(stretches(novelty, rows, counted, first)) == 1, "what lasts needs days"
    parts = stretches(reach, rows, counted, first)
    assert [(since, until) for _, since, until in parts] == [(hour * HOUR, (hour + 1) * HOUR) for hour in range(1, 24)]
    for part, since, _ in parts:
        seen: dict[int, set[int]] = {}
        for row in drawn:
            if row["t"] < since:
                seen.setdefault(row["ip"], set()).add(row["subject"])
        people = [len(subjects) for subjects in seen.values()]
        assert part.crowd("fresh").actors == (len(people) if len(people) >= baselines.ENOUGH else 0)
        if part.crowd("fresh").actors:
            assert part.crowd("fresh").middle == float(np.median(people))
