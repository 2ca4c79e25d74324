"""Nothing but the honest platform for 120 days, with its sale day: whoever is accused here is accused wrongly.

Modelled on no incident but on the traps real defenders report (heterogeneous populations, growth, a sale day): for counting
false alarms over many seeds. Scale 1 is the honest platform of every scenario, about 5,000 rows a day.
"""

from __future__ import annotations

from nilometer.simulation.days import Calendar
from nilometer.simulation.honest import honest
from nilometer.simulation.platform import Platform
from nilometer.simulation.scenario import Cast, Scenario


def cast(platform: Platform) -> Cast:
    """The honest platform alone, with those of its actors that a hasty rule would accuse."""
    everybody = honest(platform)
    return Cast(honest=everybody.habits, innocents=everybody.innocents)


SCENARIO = Scenario(
    id="clean_platform",
    title="Nothing happens but honest work, for 120 days",
    modelled_on="no incident: the honest marketplace of every scenario, for counting false alarms",
    kind="lookalike",
    cast=cast,
    calendar=Calendar(days=120),
)
