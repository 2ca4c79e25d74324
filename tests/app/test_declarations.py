"""The tables of the context file: what is wrong is named with its place, and the operators' page shows what there is."""

from __future__ import annotations

import contextlib
import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nilometer.app import declarations
from nilometer.detection.context import BENIGN_DAYS, BENIGN_ROOM
from nilometer.errors import ConfigError
from tests.app.declared import BUSY, GROUP, NEED, PLANNED, RELATION, VERDICT
from tests.rules import tree

FILE = Path("home/context.toml")


def parsed(text: str | bytes) -> declarations.Declarations:
    """The tables of a text."""
    return declarations.parse(text if isinstance(text, bytes) else text.encode(), FILE)


def test_tables_stand_in_their_order_with_their_places() -> None:
    found = parsed(b"\xef\xbb\xbf" + (BUSY + NEED + VERDICT + NEED.replace('"a"', '"b"')).encode())
    assert [(place, table.id) for place, table in found.need] == [(f"{FILE}: [[need]] number 1", "a"), (f"{FILE}: [[need]] number 2", "b")]
    assert [len(getattr(found, kind)) for kind in declarations.KINDS] == [2, 0, 0, 1, 1, 0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[need", "not a TOML file"),
        (b"\xff\xfe", "not a TOML file"),
        ("x = 1", "unknown table 'x'; expected one of [[need]], [[planned]]"),
        ("[need]\n", "need: expected tables that begin with [[need]], found a table"),
        ("busy = 3\n", "busy: expected tables that begin with [[busy]], found a whole number, 3"),
        (NEED + NEED + "why = 3\n", "[[need]] number 2, why: expected str, found a whole number, 3"),
        (NEED + "whyy = ''\n", "[[need]] number 1, whyy: expected one of the keys level, id, people_a_day, why, until, found a key"),
        (NEED.replace('id = "a"\n', ""), "[[need]] number 1, id: expected a value, found none"),
        (NEED.replace('"a"', "17"), "[[need]] number 1, id: expected str, found a whole number, 17"),
        (NEED.replace("app", "user_agent"), "[[need]] number 1, level: expected one of org, app, account, session, ip, found text, 'user_agent'"),
        (NEED.replace("5", "-1"), "[[need]] number 1, people_a_day: expected int >= 0, found a whole number, -1"),
        (NEED.replace("5", "1.5"), "[[need]] number 1, people_a_day: expected int, found a number, 1.5"),
        (NEED.replace("5", "true"), "[[need]] number 1, people_a_day: expected int, found true or false, True"),
        (NEED.replace("5", "1" * 12), "[[need]] number 1, people_a_day: expected int <= 10000000000, found"),
        (NEED + "until = '2026-01-01T00:00:00Z'\n", "[[need]] number 1, until: expected a date and time without quotes"),
        (NEED + "until = 2026-01-01\n", "found a date, 2026-01-01"),
        (NEED + "until = 12:00:00\n", "found a time, 12:00:00"),
        (PLANNED.replace("from", "since"), "[[planned]] number 1, since: expected one of the keys level, id, from, until"),
        (PLANNED + PLANNED.replace("people = 5", "people = 'all'"), "[[planned]] number 2, people: expected int, found text, 'all'"),
        (BUSY.replace("= 3", "= 0.5"), "[[busy]] number 1, factor: expected float >= 1.0, found a number, 0.5"),
        (BUSY.replace("= 3", "= nan"), "factor: expected float"),
        (BUSY.replace("= 3", "= inf"), "[[busy]] number 1, factor: expected float <= 100.0, found a number, inf"),
        (GROUP.replace('"b"', "3"), "[[group]] number 1, ids[1]: expected str, found a whole number, 3"),
        (GROUP.replace('"a", "b"', ""), "[[group]] number 1, ids: expected"),
        (VERDICT.replace("benign", "fine"), "[[verdict]] number 1, verdict: expected benign or confirmed, found text, 'fine'"),
        (VERDICT.replace('why = "x"\n', ""), "[[verdict]] number 1, why: expected a value, found none"),
        (RELATION.replace("served.csv", ""), "[[relation]] number 1, file: expected"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_place(text: str | bytes, says: str) -> None:
    with pytest.raises(ConfigError) as told:
        parsed(text)
    assert "context.toml" in str(told.value)
    assert says in str(told.value)


@given(
    st.text(max_size=60)
    | st.sampled_from([NEED, PLANNED, GROUP, BUSY, VERDICT]).flatmap(lambda t: st.integers(0, len(t)).map(lambda n: t[:n] + "#" + t[n:]))
)
def test_any_text_is_a_context_or_a_known_error(text: str) -> None:
    with contextlib.suppress(ConfigError):
        parsed(text.encode("utf-8", "surrogatepass"))


# The page for operators


def test_the_page_shows_every_table_and_key_and_its_examples_are_read() -> None:
    page = (tree.ROOT / "docs" / "guide" / "context.md").read_text()
    examples = re.findall(r"^```toml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    text = "".join(examples)
    found = parsed(text)
    assert [len(getattr(found, kind)) for kind in declarations.KINDS] == [1] * 6
    tables = [
        declarations.NeedTable,
        declarations.PlannedTable,
        declarations.GroupTable,
        declarations.BusyTable,
        declarations.VerdictTable,
        declarations.RelationTable,
    ]
    known = {table.__name__.removesuffix("Table").lower(): set(table.__struct_encode_fields__) for table in tables}
    assert {kind: set(given[0]) for kind, given in tomllib.loads(text).items()} == known
    assert f"(here\n{int(140 * BENIGN_ROOM)})" in page
    assert f"for {BENIGN_DAYS} days" in page
    assert f"1 to {declarations.MOST_BUSY:.0f} is accepted" in page
