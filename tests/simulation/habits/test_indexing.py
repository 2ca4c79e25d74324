"""A search engine meets nearly only new people, in an order of its own, day and night."""

from __future__ import annotations

import numpy as np
import pytest

from nilometer.simulation.habits.indexing import Indexing
from tests.simulation.habits.stage import Stage

STAGE = Stage()
ENGINE = Indexing(name="engine", platform=STAGE.platform, credential=2, surface=STAGE.surface, people_a_day=120.0, since=5)


def test_it_begins_on_its_day() -> None:
    assert len(STAGE.play(ENGINE, 4)) == 0
    assert len(STAGE.play(ENGINE, 5)) > 60


def test_nearly_everybody_is_new_and_none_of_the_new_was_there_before() -> None:
    met: set[int] = set()
    shares = []
    for number in range(5, 40):
        people = set(STAGE.play(ENGINE, number).subject.tolist())
        shares.append(len(people - met) / len(people))
        met |= people
    assert shares[0] == 1.0
    assert np.mean(shares) == pytest.approx(0.95, abs=0.02)


def test_it_is_even_over_the_day_and_follows_no_ids() -> None:
    rows = [STAGE.play(ENGINE, number) for number in range(5, 40)]
    hours = np.concatenate([(r.time - day.start) // (3600 * 10**6) for r, day in zip(rows, STAGE.days[5:], strict=True)])
    counts = np.bincount(hours, minlength=24)
    assert counts.min() > 0.6 * counts.mean()
    steps = np.concatenate([np.diff(r.subject) for r in rows])
    assert 0.45 < np.mean(steps > 0) < 0.55


@pytest.mark.parametrize("size", [0.3, 1.0, 2.5])
def test_the_smallest_platform_works_too(size: float) -> None:
    small = Indexing(name="small", platform=STAGE.platform, credential=2, surface=STAGE.surface, people_a_day=size)
    assert sum(len(STAGE.play(small, number)) for number in range(40)) == pytest.approx(40 * size, abs=4 * (40 * size) ** 0.5)
