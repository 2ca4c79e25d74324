"""Framing: the same lines and records whatever the size of the reads, nothing dropped, nothing invented."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nilometer.sources import framing
from nilometer.sources.framing import LONGEST_LINE, blocks, valid_text


class Dribble(io.BytesIO):
    """A stream that gives at most so many bytes at a time."""

    def __init__(self, content: bytes, most: int) -> None:
        super().__init__(content)
        self.most = most

    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(self.most, size if size is not None and size >= 0 else self.most))


content = st.lists(st.sampled_from([b"a", b"bc", b'"', b"\n", b"\r\n", b",", b"\xff", b"\0", "é".encode(), b"\n\n"]), max_size=60).map(
    b"".join
)


@given(content, st.integers(1, 9), st.booleans())
def test_blocks_are_the_stream(text: bytes, most: int, records: bool) -> None:
    found = list(blocks(Dribble(text, most), records))
    assert b"".join(block for block, _ in found) == text
    assert [size for _, size in found] == [len(block) for block, _ in found]
    assert all(block.endswith(b"\n") for block, _ in found[:-1])


@given(content, st.integers(1, 9))
def test_lines_are_the_streams_lines_whatever_the_blocks(text: bytes, most: int) -> None:
    found: list[tuple[int, str]] = []
    first = 1
    for block, _ in blocks(Dribble(text, most)):
        chunk = framing.lines(block, first)
        found += zip(chunk.table.column("number").to_pylist(), chunk.table.column("line").to_pylist(), strict=True)
        first += chunk.entries
    expected = text.split(b"\n")[:-1] if text.endswith(b"\n") or not text else text.split(b"\n")
    assert found == [(n, valid_text(line).decode().rstrip("\r\n")) for n, line in enumerate(expected, 1)]


@given(st.binary(max_size=60), st.binary(max_size=60))
@example(b"a\xff", b"a\xfe")
def test_valid_text_is_text_and_keeps_ids_apart(one: bytes, other: bytes) -> None:
    valid_text(one).decode()
    if one != other and b"\\" not in one + other:
        assert valid_text(one) != valid_text(other)
    assert valid_text(valid_text(one)) == valid_text(one)


def test_json_stays_json() -> None:
    assert valid_text(b'{"a":"\xff"}\n"\xff"') == b'{"a":"\\\\xff"}\n"\\xff"'
    assert valid_text(b'"\xff"', json=True) == b'"\\\\xff"'


plain = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=6)
cells = st.one_of(plain, st.sampled_from(["a,b", 'q"q', "two\nlines", "", "é", " "]))


@given(st.lists(st.tuples(cells, cells, cells), max_size=12), st.integers(1, 40))
def test_records_are_what_was_written_whatever_the_blocks(rows: list[tuple[str, str, str]], most: int) -> None:
    held = io.StringIO()
    csv.writer(held, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([("x", "y", "z"), *rows])
    found, first = [], 1
    for place, (block, _) in enumerate(blocks(Dribble(held.getvalue().encode(), most), records=True)):
        chunk = framing.records(block, first, ("x", "y", "z"), ",", skip_header=place == 0)
        assert not chunk.spoilt
        found += zip(*(chunk.table.column(n).to_pylist() for n in ("number", "x", "y", "z")), strict=True)
        first += chunk.entries
    assert found == [(n, *row) for n, row in enumerate(rows, 1)]


@pytest.mark.parametrize(
    ("block", "good", "bad"),
    [
        (b"1,2\n3\n4,5\n", [(1, "1"), (3, "4")], [2]),
        (b'1,"a\n2,b\n', [(2, "2")], [1]),
        (b'1,a"b\n2,b\n', [(1, "1"), (2, "2")], []),
        (b'1,"a"b\n2,b\n', [(1, "1"), (2, "2")], []),
        (b'1,a\n"2,b\n3,c"\n', [(1, "1")], [2]),
        (b"\n\n1,2\n\n3,4,5\n", [(1, "1")], [2]),
        (b'"1\n2","3"\n4,"', [(1, "1\n2")], [2]),
        (b"x" * (LONGEST_LINE + 1) + b",y\n1,2\n3\n", [(2, "1")], [1, 3]),
        (b"", [], []),
    ],
)  # fmt: skip
def test_a_bad_record_is_spoilt_and_no_other(block: bytes, good: list[tuple[int, str]], bad: list[int]) -> None:
    chunk = framing.records(block, 1, ("x", "y"), ",", skip_header=False)
    assert list(zip(chunk.table.column("number").to_pylist(), chunk.table.column("x").to_pylist(), strict=True)) == good
    assert [number for number, _, _ in chunk.spoilt] == bad
    assert chunk.entries == len(good) + len(bad)


def test_many_quotes_never_closed_take_no_time() -> None:
    chunk = framing.records(b'a"b,"\n' * 100_001, 1, ("x", "y"), ",", skip_header=False)
    assert chunk.table.num_rows + len(chunk.spoilt) == chunk.entries


@pytest.mark.parametrize("size", [LONGEST_LINE, LONGEST_LINE + 1, framing.CHUNK + 1, 2 * framing.CHUNK + 5])
def test_long_lines_are_read_past(size: int) -> None:
    text = b"before\n" + b"x" * size + b"\nafter\n"
    kept, spoilt, total, first = [], [], 0, 1
    for block, taken in blocks(io.BytesIO(text)):
        chunk = framing.lines(block, first)
        kept += [v for v in chunk.table.column("line").to_pylist() if len(v) < 10]
        spoilt += chunk.spoilt
        first += chunk.entries
        total += taken
    assert (kept, total) == (["before", "after"], len(text))
    assert len(spoilt) == (size >= LONGEST_LINE)
    assert all(len(text) <= 4096 for _, _, text in spoilt)
