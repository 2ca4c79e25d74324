"""What detection asks the ledger, against loops over the same rows (tests/detection/table_answers.py), through a real small ledger."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from nilometer.detection import words
from nilometer.detection.rows import DAY, DAY_ROWS, by_day
from nilometer.detection.run import detect, shelf
from nilometer.detection.watch import Watch
from nilometer.disclosures.actor import LEVELS
from nilometer.ledger.answers import Answers, Node
from tests.detection.table_answers import TableAnswers
from tests.ledger.oracle import sort
from tests.ledger.stored import BEGIN, FIELDS, SURFACES, Row, few, ledger, moments, parts

FIRST = words.microseconds(BEGIN) // DAY
when = st.none() | moments.map(words.microseconds)
nodes = st.lists(
    st.tuples(st.sampled_from([level for level in LEVELS if level != "user_agent"]), st.sampled_from([1, -2, 7, -8, 2**62]))
    | st.tuples(st.just("surface"), st.sampled_from(list(SURFACES))),
    min_size=1,
    max_size=4,
)


def plain(rows: list[Row]) -> TableAnswers:
    """The same rows as a table in memory."""
    made = [{**{name: row[name] for name in DAY_ROWS.names if name != "t"}, "t": words.microseconds(row["time"])} for row in rows]
    return TableAnswers(pa.Table.from_pylist(made, schema=DAY_ROWS))


def listed(table: pa.Table) -> list[tuple[object, ...]]:
    """Rows in one order."""
    return sort(tuple(row.values()) for row in table.to_pylist())


@few(25)
@given(commits=parts, until=when, since=when)
@example(commits=[], until=None, since=None)
def test_days_are_counted(commits: list[list[Row]], until: int | None, since: int | None) -> None:
    expected = plain([row for commit in commits for row in commit])
    first = None if since is None else since // 86_400_000_000
    with ledger(commits) as held:
        found = Answers(held).days(until, first)
        assert found == expected.days(until, first)
        assert list(found) == sorted(found)


@few(25)
@given(commits=parts, until=when, first=st.sampled_from([0, 1, 6, 30, 240]), length=st.sampled_from([0, 0, 1, 25, 300]))
@example(commits=[[]], until=None, first=0, length=0)
def test_a_stretch_of_days_is_read_whole_and_nothing_else(commits: list[list[Row]], until: int | None, first: int, length: int) -> None:
    expected = plain([row for commit in commits for row in commit])
    with ledger(commits) as held:
        found = Answers(held).rows(FIRST + first, FIRST + first + length, until)
        assert found.schema.names == DAY_ROWS.names
        assert found.schema.types == DAY_ROWS.types
        assert listed(found) == listed(expected.rows(FIRST + first, FIRST + first + length, until))
        if found.num_rows:
            assert [rows.day for rows in by_day(found)] == sorted({t // DAY for t in found.column("t").to_pylist()})


@few(30)
@given(commits=parts, asked=nodes, since=when, until=when)
def test_facts_are_the_loops(commits: list[list[Row]], asked: list[Node], since: int | None, until: int | None) -> None:
    rows = [row for commit in commits for row in commit]
    mine = [row for row in rows if belongs(row, asked) and within(row, since, until)]
    shown = [row for row in mine if row["shown"]]
    with ledger(commits) as held:
        found = Answers(held).facts(asked, since, until)
    assert found.disclosures == len(shown)
    assert found.people == len({row["subject"] for row in shown})
    assert found.fields == tuple(sorted({part for row in shown if row["fields"] is not None for part in FIELDS[row["fields"]].split("|")}))
    assert found.surfaces == tuple(sorted({SURFACES[row["surface"]] for row in shown if row["surface"] is not None}))
    if mine:
        assert found.first == min(row["time"] for row in mine)
        assert found.last == max(row["time"] for row in mine)
        same = plain(rows).facts(asked, since, until)
        assert (same.people, same.disclosures, same.first, same.last) == (found.people, found.disclosures, found.first, found.last)


def belongs(row: Row, asked: list[Node]) -> bool:
    """Whether a row is one of these actors'; of an address only where no identity is known."""
    nobody = row["account"] is None
    return any(row[level] == key and (level != "ip" or nobody) for level, key in asked)


def within(row: Row, since: int | None, until: int | None) -> bool:
    """Whether a row lies between two moments, both included."""
    t = words.microseconds(row["time"])
    return (since is None or t >= since) and (until is None or t <= until)


def test_names_are_the_ledgers_and_only_those_asked_for() -> None:
    nothing = dict.fromkeys((*LEVELS, "surface", "fields", "reference", "request", "block"))
    with ledger([[{**nothing, "time": BEGIN, "subject": 1, "status": 200, "shown": True, "step": 0}]]) as held:
        asked = Answers(held)
        assert asked.names("surface", [21]) == {21: "orders"}
        assert asked.names("surface", [21, -22, 99]) == SURFACES
        assert asked.names("surface", []) == {}
        assert asked.names("app", [21]) == {}


def test_an_empty_ledger_has_nothing_to_find() -> None:
    with ledger([]) as held:
        asked = Answers(held)
        assert asked.days(None) == {}
        assert asked.rows(FIRST, FIRST + 9, None).num_rows == 0
        assert detect(asked, Watch(detectors=list(shelf().values()))) == []  # type: ignore[arg-type]
