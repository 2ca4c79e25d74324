"""Requests of a day far above the actor's own past month: the anomaly rule that most products ship, over requests.

peers.md: 14 of 26 systems count no distinct things at all; 30-day learning as in Skyhigh (30 d), seven days at least as in Defender
(7 d). Run at org, at app and at account, each on its own, over all rows, shown or not; z is against the mean and the standard
deviation of the active days among the 30 before. It rings at the request that passes the line, not at the day's end.
"""

from __future__ import annotations

from nilometer.app.evaluate import daily
from nilometer.app.evaluate.baseline import IDENTITY, Alarms, Baseline
from nilometer.app.evaluate.columns import Columns


def rule(columns: Columns, level: str, settings: tuple[float, ...]) -> dict[float, Alarms]:
    """Alarms for each z."""
    asked = daily.requests(columns, level)
    return {z: asked.crossing(level, daily.of_past(asked, days=30, least=7, z=z)) for z in settings}


BASELINE = Baseline(
    id="zscore_requests",
    title="Requests a day against the own past month",
    levels=IDENTITY,
    setting="z",
    usual=(3.0,),
    sweep=(1.5, 2.0, 3.0, 4.0, 6.0, 10.0, 20.0),
    rule=rule,
)
