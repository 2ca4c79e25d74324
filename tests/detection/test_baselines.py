"""What is usual: never the day itself, not moved by one peer in ten, wider when there are few."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa

from nilometer.detection.baselines import NOBODY, DailyUsual, so_far_today, usual
from nilometer.detection.detector import ACTOR_HOURS
from nilometer.detection.examples import hour
from nilometer.detection.examples import table as hours
from nilometer.detection.history import History


def history(actors: dict[int, list[tuple[int, int, dict[str, int]]]]) -> History:
    return History.of("app", hours(actors))


def test_a_day_is_never_part_of_what_was_usual_before_it() -> None:
    days = history({a: [(d, 9, dict(hour(10 * a * (d + 1)))) for d in range(4)] for a in range(1, 6)}).days
    crowd, first = DailyUsual(days, days.counts["people"], 1, 28), int(days.day.min())
    assert crowd.before(first) == NOBODY
    assert crowd.before(first + 1).top == 50
    assert crowd.before(first + 2).top == 100
    assert DailyUsual(days, days.counts["people"], 1, 1).before(first + 3).top == 150
    assert crowd.before(first + 4).actors == 5


def test_one_leak_in_ten_does_not_move_the_line() -> None:
    honest = np.random.default_rng(7).lognormal(3, 1, 200)
    clean = usual(honest).reach(5.0, 0.7)
    assert usual(np.concatenate([honest, np.full(10, 1e9)])).reach(5.0, 0.7) < 3 * clean


def test_few_peers_make_it_careful_and_nobody_makes_it_silent() -> None:
    few, many = usual(np.array([10, 20, 40])), usual(np.tile([10, 20, 40], 50))
    assert few.reach(5.0, 0.7) > 10 * many.reach(5.0, 0.7)
    assert NOBODY.reach(5.0, 0.7) == math.inf
    assert math.isfinite(usual(np.array([1, 10**9])).reach(5.0, 0.7))


def test_so_far_today_knows_complete_earlier_hours_only() -> None:
    one = history({1: [(0, 3, dict(hour(5))), (0, 7, dict(hour(5)))], 2: [(0, 5, dict(hour(40)))]})
    crowd = so_far_today(one, "people", one.first_day, 1)
    start = one.first_day * 24
    assert [(crowd[start + h].actors, crowd[start + h].top) for h in (3, 4, 5, 6, 8)] == [(0, 0), (1, 5), (1, 5), (2, 40), (2, 40)]
    assert crowd[start + 8].middle == 40
    assert so_far_today(History.of("app", ACTOR_HOURS.empty_table()), "people", 0, 1)[1] == NOBODY
    assert isinstance(one.hour, np.ndarray)
    assert pa.types.is_timestamp(ACTOR_HOURS.field("hour").type)
