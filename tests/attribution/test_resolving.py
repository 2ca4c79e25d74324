"""Whose row it is, against a slow loop; when its values can have been taken."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nilometer.attribution.found import ALWAYS, NEVER
from nilometer.attribution.resolving import Keyed, resolve

OWNED = st.lists(
    st.tuples(st.integers(0, 4), st.integers(10, 13), st.sampled_from([ALWAYS, 5]), st.sampled_from([8, NEVER])), max_size=10, unique=True
)
ROWS = st.lists(
    st.tuples(st.one_of(st.none(), st.integers(9, 14)), st.one_of(st.none(), st.integers(0, 5)), st.one_of(st.none(), st.integers(0, 5))),
    min_size=1,
    max_size=8,
)


@dataclass
class Held:
    place: np.ndarray  # type: ignore[type-arg]
    subject: np.ndarray  # type: ignore[type-arg]
    since: np.ndarray  # type: ignore[type-arg]
    until: np.ndarray  # type: ignore[type-arg]


def column(kind: str, values: list[int | None], owned: list[tuple[int, int, int, int]], back: bool) -> Keyed:
    there = np.array([one is not None for one in values])
    plain = np.array([0 if one is None else one for one in values], np.int64)
    distinct = np.unique(plain)
    rows = sorted((int(np.searchsorted(distinct, value)), *rest) for value, *rest in owned if value in distinct)
    held = Held(*(np.array([row[place] for row in rows], np.int64) for place in range(4)))
    return Keyed(
        kind=kind, values=plain, there=there, distinct=distinct, owners=held, back=np.searchsorted(distinct, plain) if back else None
    )


@given(ROWS, OWNED, OWNED, st.booleans())
def test_as_a_loop_would(
    rows: list[tuple[int | None, ...]], phones: list[tuple[int, ...]], names: list[tuple[int, ...]], back: bool
) -> None:
    known = {10, 11, 12}
    ids = [row[0] for row in rows]
    subject = Keyed(kind="subject", values=np.array([one or 0 for one in ids], np.int64), there=np.array([one is not None for one in ids]))
    others = [column("phone", [row[1] for row in rows], phones, back), column("nickname", [row[2] for row in rows], names, back)]  # type: ignore[arg-type]
    found = resolve(len(rows), subject, others, np.array([one in known for one in ids]))
    for place, (ident, *values) in enumerate(rows):
        owners = [[one for one in owned if one[0] == value] for value, owned in zip(values, (phones, names), strict=True)]
        single = [{one[1] for one in some} for some in owners]
        who = ident if ident in known else next((one.copy().pop() for one in single if len(one) == 1), None)
        assert found.known[place] == (who is not None)
        if who is None:
            continue
        assert found.person[place] == who
        after, before = ALWAYS, NEVER
        for some in owners:
            mine = [one for one in some if one[1] == who]
            if mine:
                after, before = max(after, min(one[2] for one in mine)), min(before, max(one[3] for one in mine))
        assert (found.after[place], found.before[place]) == ((after, before) if after < before else (ALWAYS, NEVER))


def test_what_fits_and_what_does_not_is_counted() -> None:
    subject = Keyed(kind="subject", values=np.array([10, 10, 99, 99]), there=np.ones(4, bool))
    owned = [(0, 10, ALWAYS, NEVER), (1, 11, ALWAYS, NEVER), (2, 12, ALWAYS, NEVER), (2, 13, ALWAYS, NEVER)]
    phone = column("phone", [0, 1, 1, 2], owned, back=True)
    found = resolve(4, subject, [phone], np.array([True, True, False, False]))
    assert found.known.tolist() == [True, True, True, False]
    assert (found.contradictory, found.ambiguous) == (1, 1)
    assert found.fits == {"phone": (2, 3)}


def test_no_columns_at_all() -> None:
    found = resolve(3, None, [], None)
    assert not found.known.any()
