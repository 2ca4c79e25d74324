"""Dumps whose source is known: what they are made of is what they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nilometer.simulation import dumps

OF = dumps.world(2, people=2_000, firms=12)
NODES = sorted(OF.held)
shares = st.floats(0.01, 1.0)


def test_the_same_seed_is_the_same_world() -> None:
    again = dumps.world(2, people=2_000, firms=12)
    assert again.table.equals(OF.table)
    assert not dumps.world(3, people=2_000, firms=12).table.equals(OF.table)


def test_what_is_held_is_what_the_table_says() -> None:
    rows = OF.table.to_pylist()
    place = {person: n for n, person in enumerate(OF.people.tolist())}
    for level in ("org", "app", "account"):
        held: dict[int, set[int]] = {}
        for row in rows:
            held.setdefault(row[level], set()).add(place[row["subject"]])
        assert {actor: sorted(people) for actor, people in held.items()} == {
            actor: people.tolist() for (lv, actor), (people, _) in OF.held.items() if lv == level
        }
    assert {(row["app"], row["org"]) for row in rows} == {(c[1], p[1]) for c, p in OF.parent.items() if c[0] == "app"}


@settings(max_examples=60)
@given(st.sampled_from(NODES), shares, st.floats(0, 0.5), st.floats(0, 0.1), shares, st.integers(0, 2**32), st.booleans())
def test_a_leak_is_a_part_of_its_source_and_strangers(
    node: tuple[str, int], rate: float, foreign: float, altered: float, strangers: float, seed: int, whole: bool
) -> None:
    held, first = OF.held[node]
    until = None if whole else int(np.quantile(first, 0.8))
    dump = dumps.leaked(
        np.random.default_rng(seed), OF, [node], rate=rate, foreign=foreign, altered=altered, strangers=strangers, until=until
    )
    [genuine] = dump.genuine
    shown = held if until is None else held[first <= until]
    assert set(genuine.tolist()) <= set(shown.tolist()) & set(dump.people.tolist())
    assert len(np.unique(dump.people)) == len(dump.people)
    assert dump.rows == len(dump.people) + dump.unmatched
    most = max(1, round(len(shown) * rate))
    assert len(genuine) <= most
    assert dump.rows <= round(most / (1 - foreign)) + 2
    if not altered and not foreign:
        assert (len(genuine), dump.unmatched, len(dump.people)) == (most, 0, most)


@pytest.mark.parametrize("kind", dumps.NOWHERE)
def test_a_dump_from_nowhere_has_its_size_and_no_source(kind: str) -> None:
    dump = dumps.nowhere(np.random.default_rng(1), OF, kind, 500)
    assert dump.sources == ()
    assert dump.kind == kind
    assert dump.rows <= 500
    assert dump.unmatched > 50
    if kind == "regional":
        _, counts = np.unique(OF.region[dump.people], return_counts=True)
        assert counts.max() > 0.5 * len(dump.people)
