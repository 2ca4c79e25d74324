"""What detection asks beyond the views, against the plainest possible ledger: loops over rows (tests/detection/reference_ledger.py)."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from nilometer.detection.detector import ACTOR_HOURS, CROSSINGS, MEASURES, WANTED_CROSSINGS, WANTED_PARTS
from nilometer.disclosures.actor import HIERARCHY
from nilometer.ledger.answers import Answers
from tests.detection.reference_ledger import ReferenceLedger
from tests.ledger.stored import FIELDS, SURFACES, Row, few, ledger, parts, table

DAY = datetime(2026, 1, 1, tzinfo=UTC)
LEVELS = st.sampled_from(["org", "app", "account", "ip"])
hours = st.sampled_from([0, 1, 23, 24])
lines = st.lists(
    st.fixed_dictionaries(
        {
            "actor": st.sampled_from([7, -8, 2**62, 1, -2, 99]),
            "measure": st.sampled_from(MEASURES),
            "limit": st.integers(0, 4),
            "of": st.sampled_from(MEASURES),
            "share": st.sampled_from([0.0, 0.5, 1.0]),
            "day": st.sampled_from([0, 0, 1, 7, 30]),
            "from": hours,
            "to": hours,
        }
    ).filter(lambda line: line["from"] < line["to"]),
    max_size=8,
)


def wanted(drawn: list[dict[str, Any]]) -> pa.Table:
    made = [
        {
            **{k: line[k] for k in ("actor", "measure", "limit", "of", "share")},
            "since": DAY + timedelta(days=line["day"], hours=line["from"]),
            "before": DAY + timedelta(days=line["day"], hours=line["to"]),
        }
        for line in drawn
    ]
    return pa.Table.from_pylist(made, schema=WANTED_CROSSINGS)


def reference(rows: list[Row]) -> ReferenceLedger:
    names = {("fields", k): v for k, v in FIELDS.items()} | {("surface", k): v for k, v in SURFACES.items()}
    return ReferenceLedger(table(rows), names)


def listed(answer: pa.Table) -> list[tuple[Any, ...]]:
    return sorted(tuple(row.values()) for row in answer.to_pylist())


@few(30)
@given(
    commits=parts, level=LEVELS, drawn=lines, until=st.none() | st.sampled_from([DAY, DAY + timedelta(hours=1), DAY + timedelta(days=30)])
)
@example(commits=[], level="app", drawn=[], until=None)
def test_the_answers_are_the_references(commits: list[list[Row]], level: str, drawn: list[dict[str, Any]], until: datetime | None) -> None:
    rows = [r for commit in commits for r in commit]
    expected = reference(rows)
    with ledger(commits) as held:
        asked = Answers(held)
        assert asked.levels() == expected.levels()
        found = asked.crossings(level, wanted(drawn), until)
        assert found.schema.names == CROSSINGS.names
        assert found.to_pylist() == expected.crossings(level, wanted(drawn), until).to_pylist()
        assert listed(asked.actor_hours(level, until)) == listed(expected.actor_hours(level, until))
        actors = [a for a, own in expected._actors(level).items() if any(until is None or r.time <= until for r in own)]
        told = asked.facts(level, actors, until)
        assert {a: asdict(f) for a, f in told.items()} == {a: asdict(f) for a, f in expected.facts(level, actors, until).items()}
        if level in HIERARCHY:
            moments = [{"actor": a, "time": DAY + timedelta(days=d, hours=1)} for a in (7, -2) for d in (0, 1, 7)]
            asked_parts = pa.Table.from_pylist(moments, schema=WANTED_PARTS)
            assert listed(asked.parts(level, asked_parts)) == listed(expected.parts(level, asked_parts))
            assert listed(asked.ancestors(level, pa.array(actors, pa.int64()))) == listed(
                expected.ancestors(level, pa.array(actors, pa.int64()))
            )


def test_nothing_asked_is_nothing_answered_in_the_right_shape() -> None:
    with ledger([]) as held:
        asked = Answers(held)
        assert asked.levels() == []
        assert asked.actor_hours("app", None).schema.names == ACTOR_HOURS.names
        assert asked.crossings("app", WANTED_CROSSINGS.empty_table(), None).num_rows == 0
        assert asked.parts("app", WANTED_PARTS.empty_table()).num_rows == 0
        assert asked.ancestors("app", pa.array([], pa.int64())).num_rows == 0
        assert asked.facts("app", [], None) == {}
