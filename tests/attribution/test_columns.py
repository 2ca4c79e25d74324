"""Recognising columns by their values: ids beside row numbers, ages and strangers' numbers; names that lie; mappings that are believed."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from nilometer.attribution import kinds
from nilometer.attribution.columns import Column, recognise
from nilometer.attribution.kinds import SUBJECT
from nilometer.disclosures.pseudonym import Key

KEY = Key(epoch=1, secret=bytes(32))
PEOPLE = 3_000
IDS = [str(100_000 + 7 * n) for n in range(PEOPLE)]
PHONES = [f"1380{n:07d}" for n in range(PEOPLE)]


def keyed(kind: str, values: list[str]) -> np.ndarray:  # type: ignore[type-arg]
    return np.asarray(kinds.pseudonyms(KEY, kind, pa.array(values)))


SUBJECTS = keyed(SUBJECT, IDS)
OWNER = dict(zip(keyed("phone", PHONES).tolist(), SUBJECTS.tolist(), strict=True))


def told(table: dict[str, list[str | None]], *, low: bool = False, **named: str) -> dict[str, Column]:
    """What columns are told to be; with `low` the platform's ids are the numbers from 1 on."""
    subjects = keyed(SUBJECT, [str(n) for n in range(1, PEOPLE)]) if low else SUBJECTS

    def known(kind: str, values: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
        return np.isin(values, subjects if kind == SUBJECT else list(OWNER))

    def owner(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
        place = np.flatnonzero(np.isin(values, list(OWNER)))
        return place, np.array([OWNER[one] for one in values[place].tolist()], np.int64)

    columns = recognise(pa.table({name: pa.array(column, pa.string()) for name, column in table.items()}), KEY, identities=["phone"], country="", known=known, owner=owner, named=named)  # fmt: skip
    return {one.name: one for one in columns}


def drawn(size: int = 400) -> list[int]:
    chosen: list[int] = np.random.default_rng(1).choice(PEOPLE, size, replace=False).tolist()
    return chosen


def test_by_values_whatever_they_are_called() -> None:
    some = drawn()
    found = told({"a": [IDS[n] for n in some], "b": [PHONES[n] for n in some], "age": [str(20 + n % 50) for n in some], "c": ["x"] * 400})
    assert {name: one.kind for name, one in found.items()} == {"a": SUBJECT, "b": "phone", "age": None, "c": None}
    assert found["a"].known == 1.0


def test_mostly_strangers_are_still_recognised() -> None:
    some = drawn(40)
    found = told({"b": [PHONES[n] for n in some] + [f"1770{n:07d}" for n in range(1000)]})
    assert found["b"].kind == "phone"
    assert 0 < found["b"].known < 0.1


def test_nobody_known_is_nothing() -> None:
    found = told({"user_id": [f"z{n}" for n in range(100)], "phone": [f"1770{n:07d}" for n in range(100)]})
    assert [one.kind for one in found.values()] == [None, None]


@pytest.mark.parametrize(("number", "ident"), [("id", "who"), ("no", "id"), ("column 1", "column 2"), ("row", "number")])
def test_row_numbers_that_are_ids_of_somebody_lose(number: str, ident: str) -> None:
    """Where ids are small numbers, counting the rows gives somebody's ids, too."""
    some = np.random.default_rng(2).choice(np.arange(1, PEOPLE), 300, replace=False)
    found = told({number: [str(n) for n in range(1, 301)], ident: [str(n) for n in some]}, low=True)
    assert (found[number].kind, found[ident].kind) == (None, SUBJECT)


def test_identities_beside_it_decide_which_column_is_the_id() -> None:
    some = drawn()
    others = drawn()[::-1]
    found = told({"user_id": [IDS[n] for n in others], "ref": [IDS[n] for n in some], "tel": [PHONES[n] for n in some]})
    assert (found["ref"].kind, found["user_id"].kind) == (SUBJECT, None)


def test_a_few_values_that_come_again_are_no_ids() -> None:
    found = told({"shop": [str(1 + n % 10) for n in range(1000)]}, low=True)
    assert found["shop"].kind is None


def test_a_mapping_is_believed() -> None:
    some = drawn()
    found = told({"a": [IDS[n] for n in some], "b": [f"1770{n:07d}" for n in some]}, phone="b")
    assert (found["b"].kind, found["b"].by) == ("phone", "mapping")
    found = told({"a": [IDS[n] for n in some], "b": [IDS[n] for n in some[::-1]]}, subject="b")
    assert (found["a"].kind, found["b"].kind) == (None, SUBJECT)


def test_small_and_empty_tables() -> None:
    assert told({"a": [IDS[0]]})["a"].kind == SUBJECT
    assert told({"a": [None, None]})["a"].kind is None
    assert told({"a": []})["a"].kind is None
