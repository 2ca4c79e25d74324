"""24 distinct things in three minutes by one session at one address: the shape of Elastic's flagship download rule.

peers.md: "the flagship download rule is silent at 24 files per 3 minutes (11,520 a day) and resets per session and address"; so it
rings at the twenty-fifth. People stand for files. Runs over people really shown, by session and address together (what lacks
either has none), in a sliding window, which is kinder to the rule than its own schedule; it names the session.
"""

from __future__ import annotations

from nilometer.app.evaluate import sliding
from nilometer.app.evaluate.baseline import Alarms, Baseline
from nilometer.app.evaluate.columns import SECOND, Columns

WINDOW = 180 * SECOND


def rule(columns: Columns, level: str, settings: tuple[float, ...]) -> dict[float, Alarms]:
    """Alarms for each limit, in people within three minutes."""
    return sliding.limits(columns, level, columns.actors("ip"), columns.shown, window=WINDOW, settings=settings)


BASELINE = Baseline(
    id="elastic",
    title="Distinct people in 3 minutes by session and address (Elastic)",
    levels=("session",),
    setting="people in 3 minutes",
    usual=(24.0,),
    sweep=(5.0, 10.0, 24.0, 50.0, 100.0, 300.0),
    needs=("session", "ip"),
    rule=rule,
)
