"""Who fails with everybody is no guesser, and a guesser cannot bring its own everybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from nilometer.detection.claims import Claim
from nilometer.detection.count import LEVELS, Measure
from nilometer.detection.known import Known
from nilometer.detection.memory import Memory
from nilometer.detection.outage import is_outage
from nilometer.detection.rows import HOUR, Rows, by_day
from tests.detection.table_answers import Row, table_of

OLD = 10_000
"""From here on people are known to the ledger."""
KNOWN = Known().having(np.arange(OLD, OLD + 1_000))


def claim(level: str, time: int, measure: Measure = "misses") -> Claim:
    return Claim(level=level, actor=1, time=time, day=0, detector="once", measure=measure, count=50, evidence=1e6, reasons=())


def day(rows: Sequence[Row]) -> Rows:
    return next(by_day(table_of(rows)))


def failing(level: str, actors: int, *, also: int, people: int = 0) -> Rows:
    """Actor 1 asks in vain; of the others `also` fail, too, and the rest do not. `people` is the first that the others ask for."""
    found: list[Row] = [{"t": 10 * HOUR + n, "subject": n, level: 1, "shown": False} for n in range(50)]
    for actor in range(2, actors + 1):
        first = people or 1000 * actor
        found += [{"t": 10 * HOUR + n, "subject": first + n, level: actor, "shown": actor > also + 1} for n in range(5)]
    return day(found)


def remembered(actors: Sequence[int], people: float, misses: float) -> Memory:
    """Actors with a past of ten such days."""
    one = Memory.empty(()).of(np.array(actors))
    counts = {
        measure: np.full((len(actors), 32), {"people": people, "misses": misses}.get(measure, 0.0), np.float32) for measure in one.counts
    }
    return replace(one, days=np.full(len(actors), 10), counts=counts)


def asked(rows: Rows, level: str, memory: Memory | None = None, age: int = 30) -> bool:
    return is_outage(rows, claim(level, 10 * HOUR + 49), {} if memory is None else {level: memory}, KNOWN, age)


@pytest.mark.parametrize("level", [level for level in LEVELS if level != "surface"])
def test_while_most_others_fail_nobody_guesses(level: str) -> None:
    usual = remembered([2, 3, 4, 5, 6], people=20, misses=1)
    assert asked(failing(level, 6, also=4), level, usual)
    assert not asked(failing(level, 6, also=1), level, usual)
    assert asked(failing(level, 6, also=4), level, age=0), "on the first day everybody speaks"
    assert not asked(failing(level, 6, also=1), level, age=0)


@pytest.mark.parametrize("level", ["app", "ip"])
def test_a_guessers_further_addresses_do_not_speak(level: str) -> None:
    guessers = failing(level, 9, also=8)
    assert not asked(guessers, level), "newcomers that ask for nobody known"
    assert not asked(guessers, level, remembered(range(2, 10), people=1, misses=20)), "they did yesterday, too"
    assert asked(failing(level, 9, also=8, people=OLD), level), "newcomers that ask for people who are known"


def test_two_others_are_too_few() -> None:
    assert not asked(failing("app", 3, also=2), "app", remembered([2, 3], people=20, misses=1))


def test_what_failed_more_than_an_hour_ago_says_nothing() -> None:
    rows = failing("app", 6, also=4)
    usual = {"app": remembered([2, 3, 4, 5, 6], people=20, misses=1)}
    assert is_outage(rows, claim("app", 10 * HOUR + 49), usual, KNOWN, 30)
    assert not is_outage(rows, claim("app", 11 * HOUR + 49), usual, KNOWN, 30)


@pytest.mark.parametrize("level", ["app", "ip"])
def test_of_a_surface_its_clients_speak(level: str) -> None:
    down = day([{"t": 10 * HOUR + n, "subject": n, "surface": 1, level: 1 + n % 9, "shown": False} for n in range(50)])
    usual = {level: remembered(range(1, 10), people=20, misses=1)}
    at = claim("surface", 10 * HOUR + 49)
    assert is_outage(down, at, usual, KNOWN, 30)
    assert is_outage(down, at, {}, KNOWN, 0)
    assert not is_outage(down, at, {}, KNOWN, 30)
    assert not is_outage(down, at, {level: remembered(range(1, 10), people=1, misses=20)}, KNOWN, 30)
