"""A ledger's first day: nothing is known from days before, so what is usual is read from its own complete hours so far."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nilometer.detection import baselines
from nilometer.detection.coding import Ints
from nilometer.detection.count import Counted, Measure
from nilometer.detection.detector import Before, Crowd, Detector
from nilometer.detection.rows import DAY, HOUR, Rows


def stretches(detector: Detector, rows: Rows, counted: Counted, before: Before) -> list[tuple[Before, int, int]]:
    """The day as one stretch; on the ledger's first day, for detectors that look at single days, hour by hour.

    Then nothing is known from days before, and what is usual is read from the complete hours so far, stretched to a day.
    """
    start = rows.day * DAY
    if before.age > 0 or detector.lasting:
        return [(before, start, start + DAY)]
    asked: dict[Measure, Ints] = {}  # for each measure, counts (m, 24) up to each hour's end
    for measure in ("fresh", "near", "misses"):
        marks = counted.marks[measure]
        hourly = np.bincount(counted.code[marks] * 24 + rows.hour[counted.row[marks]], minlength=24 * len(counted.actors))
        asked[measure] = np.cumsum(hourly.reshape(-1, 24), axis=1)
    found = []
    for hour in range(1 if counted.level == "ip" else 12, 24):
        until = start + hour * HOUR
        peers: dict[Measure, Crowd] = {}
        for measure, upto in asked.items():
            values = upto[:, hour - 1][upto[:, hour - 1] > 0]
            if len(values) >= baselines.ENOUGH:
                middle, high = np.quantile(values, (0.5, 0.9)) * (1.0 if counted.level == "ip" else 24 / hour)
                peers[measure] = Crowd(actors=len(values), middle=float(middle), high=float(high))
        found.append((replace(before, peers=peers), until, until + HOUR))
    return found
