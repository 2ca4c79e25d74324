"""Every engine on the shelf gives every view exactly the rows that it means: same rows from every engine, and from a slow oracle."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from types import ModuleType

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nilometer import shelves
from nilometer.disclosures.actor import LEVELS
from nilometer.errors import EngineError
from nilometer.ledger.duckdb_sql import ORDER
from nilometer.ledger.views import VIEWS
from tests.ledger import oracle
from tests.ledger.stored import Row, few, ledger, moments, parts

ENGINES = shelves.modules("nilometer.ledger.engines")
when = st.none() | moments


def test_every_view_has_an_oracle() -> None:
    assert set(oracle.ANSWERS) == set(VIEWS)


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES.keys())
@few(15)
@given(
    commits=parts,
    levels=st.sampled_from([("app", "ip"), ("org", "account"), ("session", "user_agent")]),
    until=when,
    since=when,
    passes=st.sampled_from([1, 1, 3]),
)
@example(commits=[], levels=LEVELS, until=None, since=None, passes=1)
def test_every_view_means_the_same(
    engine: ModuleType, commits: list[list[Row]], levels: Sequence[str], until: datetime | None, since: datetime | None, passes: int
) -> None:
    rows = [r for commit in commits for r in commit]
    with ledger(commits) as held:
        asked = engine.Engine(held, memory="1GB", threads=1, part_rows=len(rows) // passes + 1)
        try:
            for view, schema in VIEWS.items():
                for level in levels:
                    answer = asked.answer(view, level=level, until=until, since=since)
                    assert answer.schema.names == schema.names
                    assert answer.schema.types == schema.types
                    found = list(zip(*(c.to_pylist() for c in answer.columns), strict=True))
                    assert oracle.sort(found) == oracle.sort(oracle.ANSWERS[view](rows, level, until, since)), (view, level)
                    assert _ordered(view, found), (view, level, "in the order promised, in however many passes")
        finally:
            asked.close()


def _ordered(view: str, rows: Sequence[tuple[object, ...]]) -> bool:
    names = VIEWS[view].names
    by = ORDER.get(view, [(names[0], "ascending"), (names[1], "ascending")])[:2]
    if view == "reach_by_window":
        return True
    keys = [tuple((-1 if side == "descending" else 1) * _number(row[names.index(name)]) for name, side in by) for row in rows]
    return keys == sorted(keys)


def _number(value: object) -> int:
    return int(value.strftime("%Y%m%d%H")) if hasattr(value, "strftime") else int(value)  # type: ignore[call-overload,no-any-return]


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES.keys())
def test_an_unknown_view_or_level_is_said(engine: ModuleType) -> None:
    with ledger([]) as held:
        asked = engine.Engine(held, memory="1GB", threads=1)
        with pytest.raises(EngineError, match="No view 'nonsense'; there are people_by_day"):
            asked.answer("nonsense", level="app")
        with pytest.raises(EngineError, match="expected one of org, app"):
            asked.answer("reach", level="subject")


@few(8)
@given(commits=parts, seed=st.integers(0, 5))
def test_another_split_or_order_gives_the_same_views(commits: list[list[Row]], seed: int) -> None:
    rows = [r for commit in commits for r in commit]
    turned = rows[seed:] + rows[:seed]
    with ledger([rows]) as whole, ledger([turned[:3], turned[3:4], turned[4:]]) as split:
        for view in VIEWS:
            for level in ("app", "ip"):
                answers = (held.answer(view, level=level) for held in (whole, split))
                one, other = ([tuple(r.values()) for r in answer.to_pylist()] for answer in answers)
                assert oracle.sort(one) == oracle.sort(other), (view, level)
