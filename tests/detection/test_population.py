"""Leaks among random honest platforms are found within days, and the honest actors beside them are not named.

These are spot checks: before changing where a line is drawn, run hundreds of seeds that nobody has looked at.
"""

from __future__ import annotations

import pytest

from nilometer.detection.history import History
from nilometer.detection.run import shelf
from tests.detection.population import FIRST_DAY, crossed, platform


def first_named(seed: int, pace: float, first: int, *, walks: bool = False) -> tuple[int | None, set[int]]:
    """After how many days the planted crawler is named, and who else is."""
    here = platform(seed)
    leak = here.crawler(pace, first, walks=walks)
    history = History.of("account", here.table())
    lines = [(actor, line) for detector in shelf().values() for actor, found in crossed(detector, history).items() for line in found]
    mine = [int(line.since.timestamp()) // 86400 - FIRST_DAY - first for actor, line in lines if actor == leak]
    return min(mine, default=None), {actor for actor, _ in lines} - {leak}


@pytest.mark.parametrize(
    ("pace", "first", "walks", "days"), [(5000, 0, False, 10), (5000, 12, False, 10), (300, 12, False, 16), (800, 12, True, 2)]
)
@pytest.mark.parametrize("seed", [501, 502])
def test_a_steady_crawler_is_found_within_days_and_nobody_else(seed: int, pace: float, first: int, walks: bool, days: int) -> None:
    after, others = first_named(seed, pace, first, walks=walks)
    assert others == set()
    assert after is not None
    assert after <= days
