"""More than 50 distinct values in five minutes by one address at one interface: Akto's parameter enumeration.

peers.md counts Akto among those who count distinct things, sees in it a gap ("count what came back, not what was asked") and
gives no number; 50 unique values in 5 minutes are the defaults of Akto's own settings (`unique_param_threshold`,
`window_size_minutes`). Runs by address and surface over all rows, shown or not, because the values asked for are what it sees; it
names the address.
"""

from __future__ import annotations

import numpy as np

from nilometer.app.evaluate import sliding
from nilometer.app.evaluate.baseline import Alarms, Baseline
from nilometer.app.evaluate.columns import SECOND, Columns

WINDOW = 300 * SECOND


def rule(columns: Columns, level: str, settings: tuple[float, ...]) -> dict[float, Alarms]:
    """Alarms for each limit, in values asked for within five minutes."""
    everything = np.ones(len(columns), np.bool_)
    return sliding.limits(columns, level, columns.named["surface"].places, everything, window=WINDOW, settings=settings)


BASELINE = Baseline(
    id="akto",
    title="Distinct values in 5 minutes by address and interface (Akto)",
    levels=("ip",),
    setting="values in 5 minutes",
    usual=(50.0,),
    sweep=(5.0, 10.0, 20.0, 50.0, 100.0, 300.0),
    needs=("ip", "surface"),
    rule=rule,
)
