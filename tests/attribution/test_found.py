"""What was read out of a dump keeps its shape."""

from __future__ import annotations

import numpy as np
import pytest

from nilometer.attribution.found import ALWAYS, NEVER, Found, unbounded


def test_people_come_ascending_and_once() -> None:
    found = unbounded(5, np.array([3, -1, 3, 2]), unmatched=1, fields=frozenset({"phone"}))
    assert found.people.tolist() == [-1, 2, 3]
    assert (set(found.after.tolist()), set(found.before.tolist())) == ({ALWAYS}, {NEVER})
    assert (found.unmatched, found.fields) == (1, frozenset({"phone"}))
    none = np.zeros(0, np.int64)
    assert not len(Found(rows=0, people=none, after=none, before=none).people)


@pytest.mark.parametrize("people", [[2, 1], [1, 1]])
def test_other_orders_are_refused(people: list[int]) -> None:
    with pytest.raises(ValueError, match="ascending"):
        Found(rows=2, people=np.array(people), after=np.full(2, ALWAYS), before=np.full(2, NEVER))


def test_bounds_are_one_a_person() -> None:
    with pytest.raises(ValueError, match="one bound a person"):
        Found(rows=2, people=np.array([1, 2]), after=np.full(1, ALWAYS), before=np.full(2, NEVER))
