"""Unions of sets of fields, against Python's own sets, with few fields, with more than a table holds, and more than a number has bits."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nilometer.ledger.fieldsets import FieldSets


@pytest.mark.parametrize("many", [4, 16, 17, 40, 63, 64, 90])
@given(data=st.data())
def test_unions_are_those_of_sets(many: int, data: st.DataObject) -> None:
    names = [f"field-{n:02d}" for n in range(many)]
    every = {-5: "|".join(names)}
    chosen = data.draw(st.lists(st.lists(st.sampled_from(names), max_size=5), max_size=12))
    held = every | {place * 7 - 20: "|".join(one) for place, one in enumerate(chosen) if place * 7 - 20 != -5}
    people = data.draw(st.lists(st.lists(st.sampled_from([*held, None, 10**15]), min_size=1, max_size=4), min_size=1, max_size=8))
    sets = FieldSets(held)
    codes = sets.codes(pa.array([one for mine in people for one in mine], pa.int64()))
    starts = np.concatenate([[0], np.cumsum([len(mine) for mine in people])[:-1]])
    found = sets.union(codes, starts)
    expected = [sorted({part for one in mine for part in held.get(one, "").split("|") if part} if mine else ()) for mine in people]
    assert found.texts().to_pylist() == ["|".join(one) for one in expected]
    assert found.people == Counter(part for one in expected for part in one)


def test_a_ledger_without_fields() -> None:
    sets = FieldSets({})
    found = sets.union(sets.codes(pa.array([None, 5], pa.int64())), np.array([0, 1]))
    assert found.texts().to_pylist() == ["", ""]
    assert found.people == {}
