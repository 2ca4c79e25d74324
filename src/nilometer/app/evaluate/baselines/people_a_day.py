"""A fixed limit on distinct people a UTC day, the same for every actor: what a data limit is without knowing the actor.

peers.md: "Data limits in people" is the first of the ten ideas (Meta data limits; regulators 2023), here in its plainest form,
one window and one number for all. Run at org, at app and at account, each on its own, over people really shown; it rings at the
person that makes one more than the limit. 50, 200 and 1,000 are settled here: peers.md names no number.
"""

from __future__ import annotations

import numpy as np

from nilometer.app.evaluate import daily
from nilometer.app.evaluate.baseline import IDENTITY, Alarms, Baseline
from nilometer.app.evaluate.columns import Columns


def rule(columns: Columns, level: str, settings: tuple[float, ...]) -> dict[float, Alarms]:
    """Alarms for each limit, in people a day."""
    shown = daily.people(columns, level)
    return {limit: shown.crossing(level, np.full(len(shown.total), int(limit), np.int64)) for limit in settings}


BASELINE = Baseline(
    id="people_a_day",
    title="A fixed number of people a day",
    levels=IDENTITY,
    setting="people a day",
    usual=(50.0, 200.0, 1000.0),
    sweep=(20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0),
    rule=rule,
)
