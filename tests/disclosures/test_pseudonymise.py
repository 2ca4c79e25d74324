"""From raw disclosures to stored ones."""

from __future__ import annotations

import dataclasses
import types
import typing

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nilometer.disclosures.disclosure import Disclosure
from nilometer.disclosures.pseudonym import Key, one
from nilometer.disclosures.pseudonymise import fields_text, pseudonymise, stored
from nilometer.disclosures.raw import RAW, is_shown
from nilometer.disclosures.schema import NAMED, STORED

KEY = Key(epoch=1, secret=bytes(range(32)))


def raw(rows: list[dict[str, object]]) -> pa.Table:
    basis = {"number": 1, "time": 1_700_000_000_000_000, "subject": "x", "status": 200}
    return pa.Table.from_pylist([{**basis, **r} for r in rows], schema=RAW)


def test_one_and_many_are_twins() -> None:
    kinds = {"datetime": pa.timestamp("us", tz="UTC"), "bool": pa.bool_(), "int": None}
    fields = dataclasses.fields(Disclosure)
    hints = typing.get_type_hints(Disclosure)
    assert [f.name for f in fields] == STORED.names
    for field, column in zip(fields, STORED, strict=True):
        hint = hints[field.name]
        assert column.nullable == (isinstance(hint, types.UnionType) and type(None) in hint.__args__), field.name
        expected = kinds[(hint.__args__[0] if isinstance(hint, types.UnionType) else hint).__name__]
        assert column.type == expected if expected is not None else pa.types.is_integer(column.type), field.name


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("phone", "phone"), ("phone|name", "name|phone"), ("phone,name", "name|phone"), ('["phone","name"]', "name|phone"), (" a | |a ", "a"),
        ("[]", ""), ("", ""), ("[broken", "[broken"), ('["a|b"]', "a|b"), ("[1, 2]", "1|2"), ('{"a": 1}', '{"a": 1}'),
    ],
)  # fmt: skip
def test_fields_have_one_spelling(given: str, text: str) -> None:
    assert fields_text(given) == text


@given(st.sets(st.text("abcdé_", min_size=1), max_size=6), st.randoms())
def test_the_order_and_packing_of_fields_say_nothing(names: set[str], random: typing.Any) -> None:
    import json

    shuffled = [*names, *names]
    random.shuffle(shuffled)
    assert (
        fields_text("|".join(shuffled))
        == fields_text(json.dumps(shuffled))
        == fields_text(",".join(sorted(names)))
        == "|".join(sorted(names))
    )


def test_nothing_is_null_and_nobody_is_pseudonymised() -> None:
    columns, names = pseudonymise(raw([{"app": v, "session": "s"} for v in ("a", "", "-", " ", None, " a ")]), KEY)
    assert columns["app"].to_pylist() == [one(KEY, "app", "a"), None, None, None, None, one(KEY, "app", "a")]
    assert {n.kind for n in names} == {"app", "session"}
    assert columns["org"].null_count == 6


def test_names_go_along_and_subjects_do_not() -> None:
    rows = raw([{"app": "a", "org": "o", "surface": "s", "fields": "b|a", "reference": "r", "request": "q"}, {"app": "b", "fields": "a|b"}])
    columns, names = pseudonymise(rows, KEY)
    held = {n.kind: dict(zip(n.ids.tolist(), n.texts.to_pylist(), strict=True)) for n in names}
    assert set(held) <= set(NAMED)
    assert held["app"] == {one(KEY, "app", v): v for v in "ab"}
    assert set(held["fields"].values()) == {"a|b"}
    assert len(set(columns["fields"].to_pylist())) == 1
    assert columns["subject"].to_pylist() == [one(KEY, "subject", "x")] * 2


@given(st.lists(st.none() | st.integers(-(2**62), 2**62), max_size=12))
def test_neighbours_share_a_block_and_a_block_is_no_id(ordinals: list[int | None]) -> None:
    columns, _ = pseudonymise(raw([{"ordinal": o} for o in ordinals]), KEY)
    blocks = columns["block"].to_pylist()
    for a, b in zip(ordinals, blocks, strict=True):
        assert (a is None) == (b is None)
        for c, d in zip(ordinals, blocks, strict=True):
            if a is not None and c is not None and a >> 8 == c >> 8:
                assert b == d


@pytest.mark.parametrize("status", [100, 199, 200, 206, 299, 300, 301, 303, 304, 305, 404, 500, 0, -1, 32767])
def test_only_2xx_and_304_showed_anything(status: int) -> None:
    rows = raw([{"status": status}])
    table = stored(rows, pseudonymise(rows, KEY)[0], np.zeros(1, np.int8))
    assert table.schema == STORED
    assert table.column("shown")[0].as_py() is is_shown(status) is (status in {200, 206, 299, 304})
