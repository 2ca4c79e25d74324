"""What is usual: the actor's own past, its peers where it has too little of one, its siblings, how busy everybody is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nilometer.detection import baselines
from nilometer.detection.baselines import ALIVE, ENOUGH, GROWN, SIBLINGS
from nilometer.detection.coding import NONE
from nilometer.detection.detector import Before, Crowd
from nilometer.detection.memory import DAYS, Memory
from tests.detection.befores import TODAY, before, memory

seeds = st.integers(0, 500)


def steady(days: list[int], people: list[float], *, parent: int = 7, last: int = TODAY - 1) -> Memory:
    """Actors that were shown the same number of people, all new, on each of so many days."""
    held = memory(0, len(days))
    table = np.repeat(np.array(people, np.float32)[:, None], DAYS, axis=1)
    full = {name: table.copy() for name in held.counts}
    place = np.tile(TODAY - 1 - np.arange(DAYS), (len(days), 1))
    return replace(
        held,
        days=np.array(days),
        counts=full,
        place=place,
        last=np.full(len(days), last),
        parent=np.full(len(days), parent),
        began={name: np.array(people, np.float64) / 2.0 for name in held.began},
    )


def known(held: Memory, peers: Crowd | None, *, level: str = "app", pace: float = 1.0) -> Before:
    """What is known before a day of these actors."""
    return replace(before(0, level, len(held)), memory=held, peers={"fresh": peers} if peers else {}, pace=pace)


@pytest.mark.parametrize("pace", [1.0, 3.0])
def test_an_actor_with_a_past_is_measured_by_it_and_a_newcomer_by_the_busy_ones(pace: float) -> None:
    crowd = Crowd(actors=20, middle=5.0, high=60.0)
    held = steady([0, 3, GROWN, GROWN, 2 * GROWN], [0.0, 90.0, 2.0, 30.0, 30.0])
    found = baselines.usual(known(held, crowd, pace=pace), "fresh") / pace
    assert found[1:].tolist() == [90.0, 5.0, 30.0, 30.0]
    assert found[0] == 60.0


def test_without_peers_only_a_long_past_says_anything() -> None:
    held = steady([2, GROWN, 2 * GROWN], [30.0] * 3)
    for peers in (None, Crowd(actors=ENOUGH - 1, middle=5.0, high=9.0)):
        assert baselines.usual(known(held, peers), "fresh").tolist() == [np.inf, np.inf, 30.0]
    assert baselines.usual(known(held, Crowd(actors=50, middle=90.0, high=99.0), level="surface"), "fresh").tolist() == [np.inf, 30.0, 30.0]


@given(seeds, st.floats(0.05, 0.9))
def test_the_spread_is_the_actors_own_within_bounds(seed: int, least: float) -> None:
    past = before(seed, "app")
    found = baselines.spread(past, "people", least)
    assert ((found >= least) & (found <= 1.0)).all()
    own = np.log((past.memory.high("people") + 1) / (past.memory.usual("people") + 1)) / 1.2816
    inside = (own > least) & (own < 1.0)
    assert found[inside] == pytest.approx(own[inside])


def test_a_weekday_is_compared_with_its_like() -> None:
    held = steady([DAYS, 14], [70.0, 70.0])
    sundays = (held.place - TODAY) % 7 == 0
    held.counts["people"][sundays] = 14.0
    found = baselines.weekday(held, "people", TODAY)
    assert found[0] == 0.5, "a fifth, but never less than half"
    assert found[1] == 1.0, "two such days say nothing"
    assert baselines.weekday(held, "people", TODAY + 1)[0] == 1.0
    held.counts["people"][0, np.flatnonzero(sundays[0])[0]] = 900.0
    assert baselines.weekday(held, "people", TODAY)[0] == 0.5, "one busy Sunday makes no busy Sundays"


@given(seeds)
def test_the_crowd_is_who_worked_lately_and_has_a_past(seed: int) -> None:
    held = memory(seed, 40)
    gone = np.arange(40) % 3 == 0
    held = replace(held, last=np.where(gone, TODAY - ALIVE - 1, held.last))
    alive = np.flatnonzero((held.last >= TODAY - ALIVE) & (held.days >= ENOUGH))
    found = baselines.crowds(held, TODAY, ("people", "near"))
    assert bool(found) == (len(alive) >= ENOUGH)
    for measure, crowd in found.items():
        usual = held.usual(measure)[alive]
        assert crowd.actors == len(alive)
        assert crowd.middle == pytest.approx(np.median(usual))
        assert crowd.high == pytest.approx(np.quantile(usual, 0.9))


def test_one_leak_in_ten_hardly_moves_the_middle() -> None:
    quiet = steady([30] * 20, [10.0] * 20)
    loud = steady([30] * 20, [10.0] * 18 + [1e6] * 2)
    assert baselines.crowds(quiet, TODAY, ("fresh",))["fresh"].middle == baselines.crowds(loud, TODAY, ("fresh",))["fresh"].middle


def test_siblings_say_how_the_work_of_all_has_changed() -> None:
    held = steady([30] * SIBLINGS, [20.0] * SIBLINGS)
    found = baselines.siblings(held, np.array([7, 8, NONE, 7]), TODAY)["fresh"]
    assert found[[0, 3]] == pytest.approx([21.0 / 11.0] * 2)
    assert np.isnan(found[[1, 2]]).all(), "another's children, and nobody's"
    few = steady([30] * (SIBLINGS - 1), [20.0] * (SIBLINGS - 1))
    assert np.isnan(baselines.siblings(few, np.array([7]), TODAY)["fresh"]).all()
    away = steady([30] * SIBLINGS, [20.0] * SIBLINGS, last=TODAY - ALIVE - 1)
    assert np.isnan(baselines.siblings(away, np.array([7]), TODAY)["fresh"]).all()


def test_the_pace_is_the_middle_actors() -> None:
    held = steady([30] * 7, [10.0] * 7)
    assert baselines.pace(held, np.array([30.0] * 6 + [9_000.0])) == 3.0
    assert baselines.pace(held, np.full(7, 2.0)) == 1.0, "a quiet day makes nobody suspicious"
    assert baselines.pace(held.of(held.actors[:4]), np.full(4, 90.0)) == 1.0, "four are too few"
    assert baselines.pace(steady([30] * 7, [2.0] * 7), np.full(7, 90.0)) == 1.0, "who is shown two people a day has no pace"
