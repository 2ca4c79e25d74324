"""JSON dumps: a line each, lists, objects somewhere inside; other shapes row by row; half lines counted."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.attribution.dumped import HOSTILE, read

ROWS = st.lists(st.fixed_dictionaries({"id": st.integers(0, 10**12), "note": HOSTILE}, optional={"tel": st.integers(10**10, 10**11), "x": st.none()}), min_size=2, max_size=20)  # fmt: skip


def expected(rows: list[dict[str, object]]) -> list[dict[str, str]]:
    return [{key: str(value) for key, value in row.items() if value is not None} for row in rows]


def found(content: bytes, **more: int) -> list[dict[str, str]]:
    return [{key: value for key, value in row.items() if value is not None} for row in read(content, **more)[0]]


@given(ROWS, st.integers(1, 500))
def test_an_object_a_line_and_lists(rows: list[dict[str, object]], slowly: int) -> None:
    lines = "".join(json.dumps(row) + "\n" for row in rows).encode()
    assert found(lines) == found(lines, slowly=slowly) == expected(rows)
    assert found(json.dumps(rows).encode()) == expected(rows)
    assert found(json.dumps(rows, indent=2, ensure_ascii=False).encode()) == expected(rows)
    assert found(("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n").encode()) == expected(rows)
    assert found(json.dumps({"meta": {"n": 1}, "data": {"users": rows}}).encode()) == expected(rows)


def test_nested_names_are_joined() -> None:
    rows = [{"id": n, "contact": {"tel": f"138{n}", "deep": {"mail": f"a{n}@b.example"}}, "tags": ["x"]} for n in range(5)]
    assert read("".join(json.dumps(row) + "\n" for row in rows).encode())[0][0] == {
        "id": "0",
        "contact.tel": "1380",
        "contact.deep.mail": "a0@b.example",
    }


def test_objects_under_their_ids() -> None:
    rows = {f"u{n}": {"tel": f"138{n}"} for n in range(5)}
    assert found(json.dumps(rows).encode()) == [{"key": f"u{n}", "tel": f"138{n}"} for n in range(5)]


def test_rows_of_different_shapes() -> None:
    rows: list[object] = [{"id": 1, "v": "a"}, {"id": "two", "v": {"w": 3}}, {"id": 3.0, "v": [1, 2]}, {"id": True}]
    assert found("".join(json.dumps(row) + "\n" for row in rows).encode()) == [
        {"id": "1", "v": "a"},
        {"id": "two", "v.w": "3"},
        {"id": "3"},
        {},
    ]


def test_times_and_long_numbers_stay_as_they_are_written() -> None:
    rows = [{"id": "00123", "t": "2020-01-01T00:00:00Z", "n": 9007199254740993} for _ in range(3)]
    one = found("".join(json.dumps(row) + "\n" for row in rows).encode())[0]
    assert (one["id"], one["n"]) == ("00123", "9007199254740993")


def test_half_lines_are_counted() -> None:
    rows, wrong = read(b'{"id": 1}\n{"id": 2}\n{"id": \nnot json\n{"id": 5}\n')
    assert [row["id"] for row in rows] == ["1", "2", "5"]
    assert wrong == 2


@pytest.mark.parametrize("content", [b"[" * 100_000, b'{"a":' * 50_000 + b"1" + b"}" * 50_000])
def test_nests_are_refused_or_read_but_never_a_crash(content: bytes) -> None:
    from nilometer.errors import InputError

    with pytest.raises(InputError):
        read(content)
    rows, wrong = read(b'[{"a": 1}, ' + b"[" * 5000)
    assert (rows, wrong) == ([{"a": "1"}], 1)
