"""Distinct people of a day far above the actor's own past month: the same rule, counting people.

peers.md: 8 of 26 systems count distinct things an actor; 30-day learning as in Skyhigh (30 d), seven days at least as in Defender
(7 d). Run at org, at app and at account, each on its own, over people really shown; z is against the mean and the standard
deviation of the active days among the 30 before. It rings at the person that passes the line, not at the day's end.
"""

from __future__ import annotations

from nilometer.app.evaluate import daily
from nilometer.app.evaluate.baseline import IDENTITY, Alarms, Baseline
from nilometer.app.evaluate.columns import Columns


def rule(columns: Columns, level: str, settings: tuple[float, ...]) -> dict[float, Alarms]:
    """Alarms for each z."""
    shown = daily.people(columns, level)
    return {z: shown.crossing(level, daily.of_past(shown, days=30, least=7, z=z)) for z in settings}


BASELINE = Baseline(
    id="zscore_people",
    title="People a day against the own past month",
    levels=IDENTITY,
    setting="z",
    usual=(3.0,),
    sweep=(1.5, 2.0, 3.0, 4.0, 6.0, 10.0, 20.0),
    rule=rule,
)
