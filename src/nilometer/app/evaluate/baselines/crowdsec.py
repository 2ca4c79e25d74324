"""A leaky bucket for each address: CrowdSec's stock rule against crawlers.

peers.md: "A stock CrowdSec 1.4.6 crawl rule ... per address, capacity 40, one leak per 0.5 s, distinct file name"; measured there: 10
requests a second alert after 49, 1.9 a second never. The bucket takes what an address asks for (a response of many people is one
request, as in an access log), each person once as long as the bucket lives; a bucket that would have run empty is forgotten, and
so is one that ran over. Runs over all rows, shown or not, and names the address.
"""

from __future__ import annotations

import numpy as np

from nilometer.app.evaluate import sliding
from nilometer.app.evaluate.baseline import Alarms, Baseline, alarms_of
from nilometer.app.evaluate.columns import SECOND, Columns, Flags

LEAK = SECOND // 2
"""Microseconds for one drop."""


def rule(columns: Columns, level: str, settings: tuple[float, ...]) -> dict[float, Alarms]:
    """Alarms for each capacity, in requests."""
    ip = columns.actors(level)
    rows = np.flatnonzero((ip >= 0) & _openings(columns))
    rows = rows[np.argsort(ip[rows], kind="stable")]
    key, time, subject = ip[rows].astype(np.int64), columns.time[rows], columns.subject[rows]
    found = {}
    for setting in settings:
        capacity = int(setting)
        # who never asks capacity + 1 times within the time that a full bucket takes to run empty never makes one run over
        busy = sliding.crowded(key, time, window=capacity * LEAK + 1, rows=capacity + 1)
        at = np.flatnonzero(busy)
        over = np.zeros(len(key), np.bool_)
        over[at] = _overflows(key[at].tolist(), time[at].tolist(), subject[at].tolist(), capacity)
        rang, when = sliding.daily_first(key, time, over)
        found[setting] = alarms_of(level, rang, when)
    return found


def _openings(columns: Columns) -> Flags:
    """The first row of each request; every row where the table has no requests."""
    first = np.ones(len(columns), np.bool_)
    if "request" in columns.named:
        request = columns.named["request"].places
        there = np.flatnonzero(request >= 0)
        _, opening = np.unique(request[there], return_index=True)
        first[there] = False
        first[there[opening]] = True
    return first


def _overflows(keys: list[int], times: list[int], subjects: list[int], capacity: int) -> list[bool]:
    """At which rows (sorted by key, then time) a bucket runs over."""
    over = []
    key, level, last, seen = -1, 0.0, 0, set[int]()
    for now_key, now, who in zip(keys, times, subjects, strict=True):
        if now_key != key or now - last > capacity * LEAK:
            key, level, last, seen = now_key, 0.0, now, set()
        if who in seen:
            over.append(False)
            continue
        level, last = max(0.0, level - (now - last) / LEAK) + 1.0, now
        seen.add(who)
        over.append(level > capacity)
        if level > capacity:
            level, seen = 0.0, set()
    return over


BASELINE = Baseline(
    id="crowdsec",
    title="A leaky bucket for each address (CrowdSec)",
    levels=("ip",),
    setting="capacity",
    usual=(40.0,),
    sweep=(5.0, 10.0, 20.0, 40.0, 80.0, 200.0),
    needs=("ip",),
    rule=rule,
)
