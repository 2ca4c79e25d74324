"""What is remembered, beside lists of days kept one by one for each actor."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nilometer.detection.coding import Ints
from nilometer.detection.count import MEASURES, Counted
from nilometer.detection.memory import BEGAN, BEGINNING, DAYS, KEPT, LATELY, RISE, Memory
from tests.detection.befores import memory

FIRST = 18_200
lives = st.lists(  # one day: which actors work, how many people, how many of them new, whether it is remembered
    st.dictionaries(st.integers(1, 3), st.tuples(st.integers(0, 40), st.integers(0, 9), st.booleans()), max_size=3), max_size=45
)


def counted(people: dict[int, int], fresh: dict[int, int]) -> Counted:
    """A day at which each actor was shown so many people."""
    actors = np.array(sorted(people), np.int64)
    found = Counted("app", actors, np.zeros(0, np.int64), np.zeros(0, np.int64))
    for measure in MEASURES:
        found.totals[measure] = np.array([(fresh if measure == "fresh" else people)[actor] for actor in actors.tolist()], np.int64)
    found.added = found.totals["fresh"]
    found.parent = actors * 10
    found.hours = np.zeros((len(actors), 24), np.int64)
    found.hours[:, 9] = 1
    return found


def lived(days: list[dict[int, tuple[int, int, bool]]]) -> Memory:
    """The memory after these days."""
    held = Memory.empty(("one",))
    for number, day in enumerate(days):
        if day:
            today = counted(
                {actor: people for actor, (people, _, _) in day.items()}, {actor: fresh for actor, (_, fresh, _) in day.items()}
            )
            learn = np.array([day[actor][2] for actor in sorted(day)])
            evidence = {"one": np.array([float(number)] * len(day))}
            held = held.after(FIRST + number, today, held.of(today.actors), evidence, learn)
    return held


@given(lives)
def test_it_remembers_the_last_days_of_each_actor(days: list[dict[int, tuple[int, int, bool]]]) -> None:
    held = lived(days)
    active = {actor: [n for n, day in enumerate(days) if actor in day] for actor in range(1, 4)}
    assert held.actors.tolist() == [actor for actor, own in active.items() if own]
    for at, actor in enumerate(held.actors.tolist()):
        learnt = [n for n in active[actor] if days[n][actor][2]]
        people = [days[n][actor][0] for n in learnt][-DAYS:]
        assert held.days[at] == len(learnt)
        assert (held.first[at], held.last[at]) == (FIRST + active[actor][0], FIRST + active[actor][-1])
        assert sorted(held.place[at][held.valid()[at]].tolist()) == [FIRST + n for n in learnt[-DAYS:]]
        assert sorted(held.counts["people"][at][held.valid()[at]].tolist()) == sorted(people)
        assert held.usual("people")[at] == pytest.approx(middling(people))
        assert held.lately("people")[at] == pytest.approx(sum(people[-LATELY:]) / max(1, len(people[-LATELY:])))
        assert held.record("people", FIRST + 20)[at] == max((days[n][actor][0] for n in learnt[-DAYS:] if n >= 20), default=0)
        assert held.high("people")[at] == (sorted(people)[min(math.ceil(0.9 * len(people)), len(people) - 1)] if people else 0)
        assert held.total[at] == sum(days[n][actor][1] for n in active[actor])
        assert held.hours[at] == ((1 << 9) if learnt else 0)
        assert held.parent[at] == actor * 10
        assert held.evidence["one"][at] == active[actor][-1]


def middling(people: list[int]) -> float:
    """The mean of all days but the busiest tenth (of several)."""
    kept = sorted(people)[: len(people) - (math.ceil(len(people) / 10) if len(people) > 1 else 0)]
    return sum(kept) / max(1, len(kept))


def test_the_busiest_tenth_is_not_usual() -> None:
    steady = lived([{1: (10, 1, True)}] * 19 + [{1: (5_000, 1, True)}])
    assert steady.usual("people").tolist() == [10.0]
    assert steady.record("people", 0).tolist() == [5_000.0]
    latest = int(steady.place.max())
    assert steady.record("people", latest).tolist() == [steady.counts["people"][0, np.argmax(steady.place[0])]]
    assert steady.record("people", latest, latest).tolist() == [0.0]


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 9)), min_size=1, max_size=60))
def test_what_is_held_against_an_actor_hardly_grows(days: list[tuple[int, int]]) -> None:
    """Nothing before the fifteenth active day; from then on it falls at once and grows by a tenth of a percent a day; the start stays."""
    held, then = Memory.empty(()), dict.fromkeys(BEGAN, math.nan)
    for number, (people, fresh) in enumerate(days):
        today = counted({1: people + fresh}, {1: fresh})
        held = held.after(FIRST + number, today, held.of(today.actors), {}, np.array([True]))
        for name in BEGAN:
            now = float(held.began[name][0])
            assert math.isnan(now) == (number + 1 < BEGINNING)
            if not math.isnan(then[name]):
                assert now == then[name] if name.startswith("start") else now <= then[name] * RISE * (1 + 1e-12)
            then[name] = now
    if len(days) >= BEGINNING:
        mean = sum(fresh for _, fresh in days[-LATELY:]) / LATELY
        assert then["fresh"] <= mean + math.sqrt(mean / LATELY) + 0.1 + 1e-9, "no more than what it does lately, a standard error up"


@given(st.integers(0, 500), st.sets(st.integers(0, 10**6), max_size=5))
def test_of_keeps_the_order_asked_for_and_knows_nothing_of_newcomers(seed: int, strangers: set[int]) -> None:
    held = memory(seed, detectors=("one",))
    known = held.actors.tolist()
    asked = [*known[::-2], *sorted(strangers - set(known))]
    found = held.of(np.array(asked, np.int64))
    assert found.actors.tolist() == asked
    for at, actor in enumerate(asked):
        if actor in known:
            own = known.index(actor)
            assert all(found.counts[name][at].tolist() == held.counts[name][own].tolist() for name in KEPT)
            assert (found.days[at], found.first[at], found.parent[at]) == (held.days[own], held.first[own], held.parent[own])
            assert found.evidence["one"][at] == held.evidence["one"][own]
        else:
            assert (found.days[at], found.first[at], found.last[at], found.total[at]) == (0, -1, -1, 0)
            assert all(np.isnan(found.began[name][at]) for name in BEGAN)
            assert found.usual("people")[at] == found.high("fresh")[at] == found.lately("cold")[at] == found.record("near", 0)[at] == 0.0


def test_what_was_known_before_is_not_touched() -> None:
    held = lived([{1: (10, 1, True), 2: (5, 1, True)}] * 3)
    before = {name: values.copy() for name, values in held.counts.items()}
    today = counted({1: 999, 3: 7}, {1: 999, 3: 7})
    after = held.after(FIRST + 3, today, held.of(today.actors), {"one": np.array([1.0, 1.0])}, np.array([True, True]))
    assert all((held.counts[name] == before[name]).all() for name in KEPT)
    assert after.actors.tolist() == [1, 2, 3]
    assert after.of(np.array([2])).days.tolist() == [3]


def test_who_was_away_long_enough_is_forgotten() -> None:
    held = lived([{1: (9, 1, True), 2: (9, 1, True)}, {2: (9, 1, True)}])

    def left(before: int) -> list[int]:
        actors: Ints = held.without(before).actors
        return actors.tolist()  # type: ignore[no-any-return]

    assert (left(FIRST), left(FIRST + 1), left(FIRST + 2)) == ([1, 2], [2], [])
