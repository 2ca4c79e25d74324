"""Delimited text: delimiter and header recognised, rows of another width counted, an unclosed quote swallows nobody."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nilometer.attribution.delimited import is_header, shape
from tests.attribution.dumped import HOSTILE, cells, read


def written(rows: list[list[str]], delimiter: str, header: list[str] | None) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows([*([header] if header else []), *rows])
    return out.getvalue().encode()


@given(st.lists(HOSTILE, min_size=6, max_size=30), st.sampled_from(",;\t|"), st.booleans(), st.integers(1, 4000))
def test_what_a_csv_writer_wrote_is_read(texts: list[str], delimiter: str, header: bool, slowly: int) -> None:
    rows = [[str(10_000 + n), f"138{n:08d}", f"x{text}y", f"a{n}@b.example"] for n, text in enumerate(texts)]
    content = written(rows, delimiter, ["who", "tel", "note", "mail"] if header else None)
    for found in (cells(content), cells(content, slowly=slowly)):
        assert [row[:2] + row[3:] for row in found] == [row[:2] + row[3:] for row in rows]
        assert [row[2] for row in found] == [row[2] for row in rows]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", ":"])
@pytest.mark.parametrize("header", [True, False])
def test_delimiter_and_header(delimiter: str, header: bool) -> None:
    lines = [delimiter.join((f"a{n}@b.example", f"pw{n}")) for n in range(20)]
    content = "\n".join([*([delimiter.join(("mail", "word"))] if header else []), *lines]).encode()
    found, _ = read(content)
    assert len(found) == 20
    assert list(found[0]) == (["mail", "word"] if header else ["column 1", "column 2"])


def test_one_value_a_line() -> None:
    assert cells(b"13800000001\n13800000002\n") == [["13800000001"], ["13800000002"]]
    assert read(b"phone\n13800000001\n13800000002\n")[0][0] == {"phone": "13800000001"}


def test_rows_of_another_width_are_counted() -> None:
    found, wrong = read(b"id,phone\n1,138\n2\n3,139,x,y\n4,137\n")
    assert (sorted(row["id"] for row in found), wrong) == (["1", "3", "4"], 1), "more cells are the last one's, fewer are counted"


def test_an_unclosed_quote_swallows_nobody() -> None:
    rows = [f'{n},"name {n}",x' for n in range(100)]
    rows[40] = '40,"name 40,x'
    rows[70] = '70,name "70,x'
    found, wrong = read(("id,name,c\n" + "\n".join(rows) + "\n").encode())
    assert [row["id"] for row in found] == [str(n) for n in range(100)]
    assert wrong == 0


def test_values_of_several_lines_stay_whole() -> None:
    found, _ = read(b'id,address,c\n1,"Street 1\nTown",x\n2,"Street 2\nTown",y\n3,z,w\n')
    assert [row["address"] for row in found] == ["Street 1\nTown", "Street 2\nTown", "z"]


def test_what_means_nothing_is_nothing() -> None:
    found, _ = read(b"id,phone\n1,NULL\n2,\\N\n3,\n4,N/A\n5,138\n")
    assert [row["phone"] for row in found] == [None, None, None, None, "138"]


@pytest.mark.parametrize(
    ("first", "others", "header"),
    [
        (["uid", "phone"], [["1", "13800000001"]], True),
        (["alice", "13800000001"], [["bob", "13800000002"]], False),
        (["alice", "wonder"], [["bob", "builder"], ["alice", "x"]], False),
        (["a", "a"], [["1", "2"]], False),
        (["", ""], [["1", "2"]], False),
        (["name", "mail"], [], True),
    ],
)
def test_headers(first: list[str], others: list[list[str]], header: bool) -> None:
    assert is_header(first, others) is header


def test_no_delimiter_is_one_column() -> None:
    assert shape(["one", "two", "three"])[1] == 1
    assert shape([]) == ("\x1f", 1)
