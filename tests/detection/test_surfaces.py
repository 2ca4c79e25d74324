"""Surfaces are judged beside each other when the day is over: a sale day moves all of them, a swarm one."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nilometer.detection import surfaces, words
from nilometer.detection.coding import Floats
from nilometer.detection.detectors.coldness import Coldness
from nilometer.detection.memory import DAYS, Memory
from nilometer.detection.rows import DAY, HOUR
from nilometer.detection.run import detect, findings, last, states
from nilometer.detection.watch import State, Watch
from tests.detection.befores import TODAY, before, memory
from tests.detection.table_answers import Row, TableAnswers, table_of

WATCH = Watch(detectors=[Coldness()])
BEGIN, SALE, SWARM, LEFT = 18_204, 24, 30, 36
"""First day; then, from it: the sale day, the first and the last day of the swarm."""
SURFACES, USUAL = 5, 110


@lru_cache(2)
def life(swarm: bool) -> TableAnswers:
    """Forty days of visitors, each shown three people nobody had been shown, on five surfaces; on one of them perhaps a swarm."""
    rng, who = np.random.default_rng(11), 0
    rows: list[Row] = []
    for day in range(40):
        trade = rng.lognormal(0.0, 0.15) * (3.0 if day == SALE else 1.0)
        for surface in range(1, SURFACES + 1):
            visits = round(USUAL / 3 * trade * rng.lognormal(0.0, 0.05))
            visits = round(visits * 2.2) if swarm and surface == 3 and SWARM <= day <= LEFT else visits
            for _ in range(visits):
                begun, ip = (BEGIN + day) * DAY + int(rng.integers(0, 23 * HOUR)), int(rng.integers(0, 10**9))
                rows += [{"t": begun + 10**6 * k, "ip": ip, "surface": surface, "subject": who + k} for k in range(3)]
                who += 3
    return TableAnswers(table_of(rows))


@lru_cache(2)
def known(swarm: bool) -> list[State]:
    return list(states(life(swarm), WATCH, State()))


def test_a_sale_day_on_every_surface_is_nothing() -> None:
    assert known(False)[-1].ended(0) == ()


def test_a_swarm_on_one_surface_is_found_when_a_day_is_over() -> None:
    [story] = known(True)[-1].stories
    assert story.named == ("surface", 3)
    assert BEGIN + SWARM + 1 <= story.first.day <= BEGIN + SWARM + 4
    every = life(True).table.column("t").to_numpy()
    assert story.first.time == every[every >= (story.first.day + 1) * DAY].min(), "the first disclosure after it says that it is over"
    [day] = [state for state in known(True) if state.day == story.first.day]
    assert day.stories == ()
    assert [one.named for one in day.ended(0)] == [("surface", 3)]


def test_a_day_that_is_not_over_says_nothing_of_surfaces_yet() -> None:
    [found] = detect(life(True), WATCH)
    moment = words.microseconds(found.detected_at)
    assert detect(life(True), WATCH, as_of=words.moment(moment - 1)) == []
    assert [one.id for one in detect(life(True), WATCH, as_of=found.detected_at)] == [found.id]
    table = life(True).table
    cut = TableAnswers(table.filter(pc.less(table.column("t"), moment)))
    assert detect(cut, WATCH) == detect(cut, WATCH, as_of=words.moment(moment + 999 * DAY)) == [], "nothing says that the day is over"
    then = TableAnswers(table.filter(pc.less_equal(table.column("t"), moment)))
    assert [one.id for one in detect(then, WATCH)] == [found.id]


@settings(max_examples=15)
@given(at=st.integers((BEGIN + SWARM) * DAY, (BEGIN + 40) * DAY), kept=st.integers(1, 39))
def test_whatever_day_it_goes_on_from_and_wherever_it_is_cut(at: int, kept: int) -> None:
    start = known(True)[kept - 1]
    later = last(states(life(True), WATCH, start), start)
    assert findings(life(True), WATCH, later) == findings(life(True), WATCH, known(True)[-1])
    before = [State(), *(state for state in known(True) if state.day < at // DAY)][-1]
    then = last(states(life(True), WATCH, before, at), before)
    ended = [(one.id, one.detected_at, one.people_at_detection) for one in findings(life(True), WATCH, then, at)]
    every = findings(life(True), WATCH, known(True)[-1])
    assert ended == [(one.id, one.detected_at, one.people_at_detection) for one in every if words.microseconds(one.detected_at) <= at]


def many(cold: list[float], surfaces: int) -> Memory:
    """Surfaces whose last DAYS days had these cold people, oldest first, each somewhat apart."""
    held = memory(0, surfaces)
    place = np.broadcast_to(TODAY - DAYS + np.arange(DAYS), (surfaces, DAYS)).copy()
    counts = {name: np.broadcast_to(np.array(cold, np.float32), (surfaces, DAYS)).copy() for name in held.counts}
    began = {name: np.full(surfaces, 100.0) for name in held.began}
    return replace(held, days=np.full(surfaces, DAYS), place=place, counts=counts, began=began, last=np.full(surfaces, TODAY - 1))


def test_what_all_surfaces_do_is_no_unrest() -> None:
    rng = np.random.default_rng(3)
    held = many((100 * rng.lognormal(0.0, 0.5, DAYS)).tolist(), 6)
    assert surfaces.apart(held, "cold", TODAY).unrest == pytest.approx(np.zeros(6), abs=1e-3)
    own = rng.lognormal(0.0, 0.4, DAYS)
    held.counts["cold"][2] = 100 * own
    found = surfaces.apart(held, "cold", TODAY).unrest
    assert 0.2 < found[2] < 0.9
    assert np.delete(found, 2).max() < 0.1


def test_a_weekday_of_its_own_is_expected() -> None:
    held = many([100.0] * DAYS, 6)
    mondays = (held.place[0] - TODAY) % 7 == 0
    held.counts["cold"][4, mondays] = 150.0
    found = surfaces.apart(held, "cold", TODAY)
    assert found.like[4] == pytest.approx(1.5, rel=0.02)
    assert np.delete(found.like, 4) == pytest.approx(np.ones(5), rel=0.02)
    assert surfaces.apart(held, "cold", TODAY + 1).like[4] == pytest.approx(1.0, rel=0.02)


def test_the_day_is_what_the_others_say() -> None:
    held = many([100.0] * DAYS, 6)
    none = np.zeros(6, np.bool_)
    found = surfaces.beside(held, np.array([100, 300, 302, 304, 298, 296]), none)
    assert found is not None
    assert found[0] == pytest.approx(3.0, rel=0.03)
    assert found[1:].max() < 3.05
    resting = np.array([False, True, True, False, False, False])
    assert surfaces.beside(held, np.array([100, 2, 1, 100, 100, 100]), ~resting) is None, "too few are at work to say"
    rest = surfaces.beside(held, np.array([100, 2, 1, 100, 100, 100]), resting)
    assert rest == pytest.approx(np.ones(6), rel=0.02), "who rests on this day says nothing about it"


def test_nobody_is_compared_with_itself() -> None:
    held = many([100.0] * DAYS, 4)
    found = surfaces.beside(held, np.array([300, 300, 100, 100]), np.zeros(4, np.bool_))
    assert found is not None
    assert found[0] == pytest.approx(1.0, rel=0.02)
    assert found[3] == pytest.approx(3.0, rel=0.05)


def test_what_the_others_did_is_expected_and_unrest_is_allowed_for() -> None:
    def factor(count: float, beside: Floats | None = None, unrest: Floats | None = None) -> float:
        past = replace(before(0, "surface"), memory=many([100.0] * DAYS, 1), pace=1.0, beside=beside, unrest=unrest)
        return float(Coldness().factor(past, "cold", np.array([count]))[0])

    assert factor(200.0) > 20.0
    assert factor(200.0, beside=np.array([2.0])) < 1.0
    assert factor(400.0, beside=np.array([2.0])) > 20.0
    assert 1.0 < factor(200.0, unrest=np.array([0.3])) < 5.0
    assert factor(200.0, unrest=np.array([np.nan])) > 20.0


def test_many_small_surfaces_do_not_speak_for_a_large_one() -> None:
    held = many([100.0] * DAYS, 8)
    held = replace(held, began={**held.began, "cold": np.array([6000.0, 6000.0, 5900.0, 30.0, 30.0, 30.0, 30.0, 30.0])})
    found = surfaces.beside(held, np.array([13000, 6000, 5900, 70, 70, 70, 70, 70]), np.zeros(8, np.bool_))
    assert found is not None
    assert found[0] == pytest.approx(1.0, rel=0.02)
    assert found[3] > 1.3


def test_that_the_others_are_quieter_is_no_guilt() -> None:
    past = replace(before(0, "surface"), memory=many([100.0] * DAYS, 1), pace=1.0, beside=np.array([0.4]), unrest=np.array([0.05]))
    assert Coldness().factor(past, "cold", np.array([100.0]))[0] < 1.0
    assert Coldness().factor(past, "cold", np.array([180.0]))[0] > 10.0
    unknown = replace(past, beside=np.array([np.nan]))
    assert Coldness().factor(unknown, "cold", np.array([100.0]))[0] < 1.0 < Coldness().factor(unknown, "cold", np.array([180.0]))[0]


def test_with_few_surfaces_the_weekday_must_do() -> None:
    assert not surfaces.comparable(many([100.0] * DAYS, 3), TODAY)
    assert surfaces.comparable(many([100.0] * DAYS, 4), TODAY)
    assert not surfaces.comparable(many([10.0] * DAYS, 9), TODAY + 30), "nobody was at work lately"
    assert surfaces.beside(many([100.0] * DAYS, 2), np.array([9, 9]), np.zeros(2, np.bool_)) is None
    quiet = surfaces.apart(many([3.0] * DAYS, 6), "cold", TODAY)
    assert np.isnan(quiet.unrest).all(), "of surfaces where hardly anything happens nothing is known"


@given(seed=st.integers(0, 2**32), surfaces_=st.integers(1, 12))
def test_any_past_gives_numbers_or_says_that_it_cannot(seed: int, surfaces_: int) -> None:
    held = memory(seed, surfaces_)
    found = surfaces.apart(held, "cold", TODAY)
    assert found.unrest.shape == found.like.shape == (surfaces_,)
    assert (np.isnan(found.unrest) | (found.unrest >= 0)).all()
    assert ((found.like >= 0.5) & (found.like <= 2.0)).all()
    beside = surfaces.beside(held, np.arange(surfaces_), np.zeros(surfaces_, np.bool_))
    assert beside is None or bool((beside > 0).all())


@given(seed=st.integers(0, 2**32))
def test_the_order_of_surfaces_changes_nothing(seed: int) -> None:
    held = memory(seed, 8)
    turned = held.of(held.actors[::-1].copy())
    one, other = surfaces.apart(held, "cold", TODAY), surfaces.apart(turned, "cold", TODAY)
    assert one.unrest[::-1] == pytest.approx(other.unrest, nan_ok=True)
    assert one.like[::-1] == pytest.approx(other.like)


def test_very_many_surfaces_are_compared_with_one_middle() -> None:
    held = many([100.0] * DAYS, surfaces.LOOKED_AT + 5)
    cold: Floats = np.full(len(held), 200)
    found = surfaces.beside(held, cold.astype(np.int64), np.zeros(len(held), np.bool_))
    assert found == pytest.approx(np.full(len(held), 2.0), rel=0.02)
