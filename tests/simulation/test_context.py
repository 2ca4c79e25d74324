"""The context file: what was declared reads back as it was written, whatever the words."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from nilometer.simulation.context import busy, need, planned

WORDS = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
START = datetime(2019, 11, 21, tzinfo=UTC)


@given(level=WORDS, ident=WORDS, people=st.integers(1, 10**9), why=WORDS, hours=st.none() | st.integers(1, 10_000))
def test_a_need_reads_back(level: str, ident: str, people: int, why: str, hours: int | None) -> None:
    until = None if hours is None else START + timedelta(hours=hours)
    (read,) = tomllib.loads(need(level=level, ident=ident, people_a_day=people, why=why, until=until))["need"]
    expected = {"level": level, "id": ident, "people_a_day": people, "why": why}
    assert read == (expected if until is None else expected | {"until": until})


@given(ident=WORDS, people=st.integers(1, 10**9), kind=WORDS, why=WORDS, hours=st.integers(1, 10_000))
def test_a_plan_reads_back(ident: str, people: int, kind: str, why: str, hours: int) -> None:
    until = START + timedelta(hours=hours)
    text = planned(level="org", ident=ident, start=START, until=until, people=people, kind=kind, why=why)
    (read,) = tomllib.loads(text)["planned"]
    assert read == {"level": "org", "id": ident, "from": START, "until": until, "people": people, "kind": kind, "why": why}


def test_pieces_put_together_are_one_file() -> None:
    until = START + timedelta(days=1)
    pieces = [
        need(level="app", ident="app-031-0", people_a_day=1200, why="verified"),
        need(level="app", ident="app-032-0", people_a_day=100, why="verified"),
        busy(start=START, until=until, factor=4, name="Double 11"),
    ]
    read = tomllib.loads("\n".join(pieces))
    assert [entry["id"] for entry in read["need"]] == ["app-031-0", "app-032-0"]
    assert read["busy"] == [{"from": START, "until": until, "factor": 4.0, "name": "Double 11"}]
