"""Exactly whose data, against loops over the same rows: every figure, in one pass and in several, for few and for many fields."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nilometer.detection.words import microseconds
from nilometer.ledger import scope as scopes
from nilometer.ledger.scope import Part, Scope
from tests.ledger.stored import BEGIN, FIELDS, Row, few, ledger, moments, parts

DAY = 86_400_000_000
LEVELS = ("org", "app", "account", "session", "ip", "surface")
nodes = st.lists(st.tuples(st.sampled_from(LEVELS), st.sampled_from([1, -2, 7, -8, 2**62, 21, -22])), min_size=1, max_size=4)
when = st.none() | moments.map(microseconds)
some = st.lists(
    st.builds(lambda given, since, all_: Part(nodes=tuple(given), since=since, accounts=all_), nodes, when, st.booleans()),
    min_size=1,
    max_size=3,
)


def belongs(row: Row, whole: Scope) -> bool:
    if whole.until is not None and microseconds(row["time"]) > whole.until:
        return False
    return any(
        (part.since is None or microseconds(row["time"]) >= part.since)
        and any(row[level] == key and (level != "ip" or part.accounts or row["account"] is None) for level, key in part.nodes)
        for part in whole.parts
    )


def rows_of(commits: Iterable[Iterable[Row]], whole: Scope, shown: bool = True) -> list[Row]:
    return [row for made in commits for row in made if row["shown"] == shown and belongs(row, whole)]


def plain(rows: Sequence[Row]) -> list[tuple[str, str, datetime, datetime, int]]:
    """Everybody once, in the order of pseudonyms as sixteen digits."""
    of: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        of[row["subject"]].append(row)
    found = []
    for subject, mine in of.items():
        fields = sorted({part for row in mine if row["fields"] is not None for part in FIELDS[row["fields"]].split("|")})
        times = [row["time"] for row in mine]
        found.append((f"{subject % 2**64:016x}", "|".join(fields), min(times), max(times), len(mine)))
    return sorted(found)


def answered(held: scopes.Ledger, whole: Scope, **more: object) -> list[tuple[object, ...]]:
    tables = [one.table() for one in scopes.people(held, whole, **more)]  # type: ignore[arg-type]
    return [tuple(row.values()) for table in tables for row in table.to_pylist()]


@few(40)
@given(commits=parts, given_parts=some, until=when, shown=st.booleans(), pass_rows=st.sampled_from([10**9, 1, 7]))
@example(commits=[], given_parts=[Part(nodes=(("app", 7),))], until=None, shown=True, pass_rows=1)
def test_everybody_once(commits: list[list[Row]], given_parts: list[Part], until: int | None, shown: bool, pass_rows: int) -> None:
    whole = Scope(parts=tuple(given_parts), until=until)
    with ledger(commits) as held:
        assert answered(held, whole, shown=shown, pass_rows=pass_rows) == plain(rows_of(commits, whole, shown))
        assert scopes.counted(held, whole, shown=shown) == len(plain(rows_of(commits, whole, shown)))


@few(30)
@given(commits=parts, given_parts=some, column=st.sampled_from(LEVELS))
def test_people_by_company_app_and_surface(commits: list[list[Row]], given_parts: list[Part], column: str) -> None:
    whole = Scope(parts=tuple(given_parts))
    expected: dict[int | None, set[int]] = defaultdict(set)
    for row in rows_of(commits, whole):
        expected[row[column]].add(row["subject"])
    with ledger(commits) as held:
        assert scopes.by(held, whole, column) == {key: len(people) for key, people in expected.items()}


@few(30)
@given(commits=parts, given_parts=some)
def test_items_add_up_over_recipients_and_never_within_one(commits: list[list[Row]], given_parts: list[Part]) -> None:
    whole = Scope(parts=tuple(given_parts))
    items, recipients = set(), set()
    for row in rows_of(commits, whole):
        recipient = next(((level, row[level]) for level in ("org", "app", "account", "session", "ip") if row[level] is not None), None)
        recipients.add(recipient)
        items |= {(recipient, row["subject"], part) for part in (FIELDS[row["fields"]].split("|") if row["fields"] is not None else ())}
    with ledger(commits) as held:
        assert scopes.by_recipient(held, whole) == (len(recipients), len(items))
        single = {(subject, part) for _, subject, part in items}
        assert sum(sum(one.fields.people.values()) for one in scopes.people(held, whole)) == len(single)


@few(30)
@given(commits=parts)
def test_new_people_by_day_are_those_never_shown_before_and_without_a_reference(commits: list[list[Row]]) -> None:
    rows = rows_of(commits, Scope(parts=(Part(nodes=(("app", 7), ("app", -8))),)))
    expected: dict[int, dict[int, int]] = {}
    for app in (7, -8):
        first: dict[int, Row] = {}
        for row in sorted((row for row in rows if row["app"] == app), key=lambda row: (row["time"], row["reference"] is not None)):
            first.setdefault(row["subject"], row)
        for row in first.values():
            alike = [other for other in rows if other["app"] == app and (other["subject"], other["time"]) == (row["subject"], row["time"])]
            if any(other["reference"] is None for other in alike):
                day = microseconds(row["time"]) // DAY
                expected.setdefault(app, {})[day] = expected.get(app, {}).get(day, 0) + 1
    with ledger(commits) as held:
        assert scopes.new_by_day(held, "app", [7, -8]) == expected


def test_many_people_fall_into_heaps_in_order() -> None:
    subjects = np.random.default_rng(1).integers(-(2**63), 2**63 - 1, 3_000).tolist()
    made = [[{**_row(subject), "time": BEGIN} for subject in subjects], [_row(subject) for subject in subjects[:1_000]]]
    whole = Scope(parts=(Part(nodes=(("app", 7),)),))
    with ledger(made) as held:
        few_heaps = answered(held, whole)
        assert answered(held, whole, pass_rows=500) == few_heaps
        many = [row for one in scopes._folded(held, _sql(held, whole), scopes.FieldSets(held.names("fields")), 256) for row in _listed(one)]
    assert few_heaps == many == plain([row for commit in made for row in commit])


def test_a_field_that_two_sets_share_counts_once_for_a_recipient() -> None:
    rows = [{**_row(5), "fields": fields, "app": app} for fields in FIELDS for app in (7, -8)]
    with ledger([rows]) as held:
        assert scopes.by_recipient(held, Scope(parts=(Part(nodes=(("app", 7), ("app", -8))),))) == (2, 6)


def _sql(held: scopes.Ledger, whole: Scope) -> str:
    return f"SELECT subject, epoch_us(time) AS t, fields FROM {scopes.source(held, whole)} WHERE shown"


def _listed(one: scopes.People) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in one.table().to_pylist()]


def _row(subject: int) -> Row:
    nothing = dict.fromkeys(("org", "account", "session", "ip", "user_agent", "surface", "reference", "request", "block"))
    return {**nothing, "time": BEGIN, "subject": subject, "app": 7, "fields": 11, "status": 200, "shown": True, "step": 0}


@given(st.lists(st.integers(-(2**63), 2**63 - 1)))
def test_pseudonyms_are_written_and_read_back(numbers: list[int]) -> None:
    texts = scopes.hexadecimal(np.array(numbers, np.int64).view(np.uint64))
    assert texts.to_pylist() == [f"{number % 2**64:016x}" for number in numbers]
    assert scopes.pseudonyms(texts).tolist() == numbers
    with pytest.raises(ValueError, match="sixteen"):
        scopes.pseudonyms(pa.array(["12"]))


@pytest.mark.parametrize("wrong", [(), (Part(nodes=()),), (Part(nodes=(("people; DROP", 1),)),)])
def test_a_scope_of_nobody_or_of_a_level_that_there_is_not_is_refused(wrong: tuple[Part, ...]) -> None:
    with pytest.raises(ValueError, match="at least one actor"):
        Scope(parts=wrong)
