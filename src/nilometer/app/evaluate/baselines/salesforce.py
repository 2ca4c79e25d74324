"""More than 2,000 people in one response: the export policy that Salesforce ships, judged by the transaction.

peers.md: "Salesforce's shipped export policy is per transaction (2,000 records)"; its evasion is to split below the limit. Runs on
`request`, over people really shown, and names the account (the one who runs the report).
"""

from __future__ import annotations

import numpy as np

from nilometer.app.evaluate.baseline import Alarms, Baseline, alarms_of
from nilometer.app.evaluate.columns import Columns


def rule(columns: Columns, level: str, settings: tuple[float, ...]) -> dict[float, Alarms]:
    """Alarms for each limit, in people a request; all of a response leaves at once, so each rings at its last row."""
    request, actor = columns.named["request"].places, columns.actors(level)
    rows = np.flatnonzero((request >= 0) & (actor >= 0) & columns.shown)
    order = np.lexsort((columns.subject[rows], request[rows]))
    rows = rows[order]
    starts, fresh = np.ones(len(rows), np.bool_), np.ones(len(rows), np.bool_)
    starts[1:] = np.diff(request[rows]) != 0
    fresh[1:] = starts[1:] | (np.diff(columns.subject[rows]) != 0)
    if not len(rows):
        return {limit: alarms_of(level, rows, rows) for limit in settings}
    first = np.flatnonzero(starts)
    count, last = np.add.reduceat(fresh.astype(np.int64), first), np.maximum.reduceat(columns.time[rows], first)
    return {limit: alarms_of(level, actor[rows[first]][count > limit], last[count > limit]) for limit in settings}


BASELINE = Baseline(
    id="salesforce",
    title="People in one response (Salesforce's export policy)",
    levels=("account",),
    setting="people a request",
    usual=(2000.0,),
    sweep=(20.0, 50.0, 100.0, 200.0, 500.0, 2000.0),
    needs=("request",),
    rule=rule,
)
