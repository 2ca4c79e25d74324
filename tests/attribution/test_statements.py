"""SQL dumps as mysqldump, sqlite3, pg_dump write them, with strings that look like SQL; statements that blocks cut."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nilometer.attribution.delimited import NULLS
from nilometer.attribution.statements import looks
from tests.attribution.dumped import HOSTILE, cells, read

TEXTS = st.lists(
    st.one_of(HOSTILE, st.sampled_from(["a),(b", "x;\ny", "it's", "back\\slash", "');--", "(", ")", "NULL", "a\nb"])),
    min_size=1,
    max_size=25,
)


def mysql(text: str) -> str:
    for plain, escaped in (("\\", "\\\\"), ("'", "\\'"), ("\n", "\\n"), ("\0", "\\0")):
        text = text.replace(plain, escaped)
    return f"'{text}'"


@given(TEXTS, st.integers(1, 9), st.booleans())
@example([" "], 1, False)
@example([" ", "a),(b", "\u3000x ", " NULL", "None"], 2, True)
def test_mysqldump(texts: list[str], at_once: int, named: bool) -> None:
    head = "CREATE TABLE `m` (\n  `id` int NOT NULL AUTO_INCREMENT,\n  `tel` varchar(20) DEFAULT 'a,b',\n  `note` text,\n  PRIMARY KEY (`id`),\n  KEY `k` (`tel`)\n) ENGINE=InnoDB;\n"
    rows = [f"({n},'138{n:08d}',{mysql(text)})" for n, text in enumerate(texts)]
    into = "INSERT INTO `m` (`id`, `tel`, `note`) VALUES " if named else "INSERT INTO `m` VALUES "
    content = head + "".join(into + ",".join(rows[b : b + at_once]) + ";\n" for b in range(0, len(rows), at_once))
    found, wrong = read(content.encode())
    assert wrong == 0
    assert [(row["id"], row["tel"]) for row in found] == [(str(n), f"138{n:08d}") for n in range(len(texts))]
    kept = [row["note"] for row in found]
    for text, one in zip(texts, kept, strict=True):
        if "\n" not in text:
            assert one == (None if text.strip() in NULLS else text.strip()), "spaces around a value say nothing, however it was read"


@given(TEXTS)
def test_what_sqlite_dumps(texts: list[str]) -> None:
    base = sqlite3.connect(":memory:")
    base.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, tel TEXT, note TEXT)")
    base.executemany("INSERT INTO people VALUES (?, ?, ?)", [(n, f"138{n:08d}", text) for n, text in enumerate(texts)])
    content = "\n".join(base.iterdump())
    base.close()
    found, wrong = read(content.encode())
    assert wrong == 0
    assert [(row["id"], row["tel"]) for row in found] == [(str(n), f"138{n:08d}") for n in range(len(texts))]


def test_copy_of_postgresql() -> None:
    content = (
        "CREATE TABLE public.m (\n    id bigint NOT NULL,\n    tel text\n);\n\nCOPY public.m (id, tel) FROM stdin;\n"
        "1\t138\n2\t\\N\n3\ta\\\\b\n\\.\n\nCOPY public.other (x) FROM stdin;\n\\.\n\nSELECT 1;\n"
    )
    assert read(content.encode()) == ([{"id": "1", "tel": "138"}, {"id": "2", "tel": None}, {"id": "3", "tel": "a\\b"}], 0)
    assert [row[0] for row in cells(content.partition("\\.\n")[0].encode())] == ["1", "2", "3"], "a COPY that breaks off"


@pytest.mark.parametrize("between", [",", ", ", ",\n", ",\n  ", " , "])
def test_however_rows_are_laid_out(between: str) -> None:
    rows = between.join(f"( {n}, N'a{n}' , NULL )" for n in range(50))
    found = cells(f"insert into [dbo].[m] ([id], [name], [x]) values {rows};\n".encode())
    assert [(row[0], row[1]) for row in found] == [(str(n), f"a{n}") for n in range(50)]


def test_many_small_statements_and_several_tables() -> None:
    content = "".join(f"INSERT INTO a (id, v) VALUES ({n}, 'x');\nINSERT INTO b VALUES ('y{n}', {n}, 3.5);\n" for n in range(40))
    found, wrong = read(content.encode())
    assert (len(found), wrong) == (80, 0)
    assert sum("id" in row for row in found) == 40


@pytest.mark.parametrize("slowly", [97, 1000])
def test_statements_that_blocks_cut(slowly: int) -> None:
    lines = ",\n".join(f"({n},'name {n}')" for n in range(300))
    single = ",".join(f"({n},'name {n}')" for n in range(300, 400))
    content = f"INSERT INTO m (id, name) VALUES\n{lines};\nINSERT INTO m (id, name) VALUES {single};\n"
    found, wrong = read(content.encode(), slowly=slowly)
    assert wrong == 0
    assert [row["id"] for row in found] == [str(n) for n in range(400)]


def test_rows_that_are_no_rows_are_counted() -> None:
    found, wrong = read(b"INSERT INTO m (a, b) VALUES (1,'x'),(2),(3,'y'),(4,'z','w');\n")
    assert [row["a"] for row in found] == ["1", "3"]
    assert wrong == 2


def test_what_looks_like_sql() -> None:
    assert looks("-- dump\nINSERT INTO x VALUES (1);")
    assert looks("CREATE TABLE IF NOT EXISTS x (a int);")
    assert not looks("a,b\nplease insert into x the values\n")


@pytest.mark.parametrize(
    "content",
    ["INSERT INTO m VALUES ", "INSERT INTO m VALUES (", "INSERT INTO m VALUES ('unclosed", "CREATE TABLE x (", "COPY x FROM stdin;\n"],
)
def test_what_breaks_off_is_no_crash(content: str) -> None:
    assert read(content.encode())[0] in ([], [{"column 1": "unclosed"}], [{"column 1": None}])
