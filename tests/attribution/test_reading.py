"""Reading dumps of any shape: encodings, what is no dump, and blocks that are cut anywhere."""

from __future__ import annotations

import contextlib
import io

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nilometer.attribution import reading
from nilometer.attribution.reading import Unreadable, unique
from nilometer.errors import ConfigError, InputError
from tests.attribution.dumped import Slow, cells, read

CHINESE = "编号,手机,昵称\n" + "".join(f"{n},1380000{n:04d},张三李四{n}\n" for n in range(200))
GERMAN = "id,name,city\n" + "".join(f"{n},Müller{n},Köln\n" for n in range(200))


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (CHINESE, "utf-8"), (CHINESE, "utf-8-sig"), (CHINESE, "utf-16"), (CHINESE, "gb18030"), (CHINESE, "gbk"),
        (GERMAN, "utf-8"), (GERMAN, "cp1252"), (GERMAN, "utf-16-le"), (GERMAN, "utf-16-be"), (GERMAN, "utf-32"),
    ],
)  # fmt: skip
def test_encodings_are_recognised(text: str, encoding: str) -> None:
    expected = [line.split(",") for line in text.splitlines()[1:]]
    assert cells(text.encode(encoding)) == expected
    assert cells(text.encode(encoding), slowly=777) == expected
    assert list(read(text.encode(encoding))[0][0]) == text.splitlines()[0].split(",")


def test_bytes_that_are_no_text_do_not_stop_it() -> None:
    content = b"id,name\n" + b"".join(f"{n},ok{n}\n".encode() for n in range(50)) + b"50,\xff\xfe\x80bad\n51,ok\n"
    found, wrong = read(content)
    assert [row["id"] for row in found] == [str(n) for n in range(52)]
    assert wrong == 0


@pytest.mark.parametrize(
    "content", [b"", bytes(range(256)) * 40, b"\x7fELF" + bytes(5000), b"PK\x03\x04" + bytes(50), b"PAR1" + bytes(50), b"{", b"[]"]
)
def test_what_is_no_dump_is_refused_by_name(content: bytes) -> None:
    with pytest.raises(InputError, match="dump"):
        read(content)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with contextlib.suppress(InputError, ConfigError):
        read(content)


@given(st.lists(st.sampled_from([b"a", b"bc\n", b"\n", b"\r\n", b"long " * 9, b"x\n"]), max_size=40), st.integers(1, 30))
def test_blocks_end_with_lines_and_lose_nothing(parts: list[bytes], size: int) -> None:
    content = b"".join(parts)
    found = list(reading.blocks(Slow(content, size)))
    assert b"".join(found) == content
    assert all(one.endswith(b"\n") for one in found[:-1])


def test_a_line_without_an_end_is_cut_and_not_held() -> None:
    found = list(reading.blocks(io.BytesIO(b"x" * 3000), longest=1000))
    assert b"".join(found) == b"x" * 3000
    [*_] = reading.tables(io.BytesIO(b"y" * (2 << 20)), "dump", Unreadable())


@given(st.lists(st.sampled_from(["", "a", "a", "b", " a ", "column 2", "a (2)"]), max_size=12))
def test_names_are_made_unique(names: list[str]) -> None:
    made = unique(names)
    assert len(set(made)) == len(made) == len(names)


def test_what_holds_no_text_is_left_out() -> None:
    table = pa.table(
        {"n": [1, None], "f": [2.0, 3.0], "g": [2.5, None], "l": [[1], [2]], "t": ["", "x"], "d": pa.array(["q", "q"]).dictionary_encode()}
    )
    assert reading.as_text(table).to_pydict() == {"n": ["1", None], "f": ["2", "3"], "g": ["2.5", None], "t": [None, "x"], "d": ["q", "q"]}
