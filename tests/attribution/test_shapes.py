"""Shapes that forums and spreadsheets have, and files that are broken: rows are read, and whatever is not is counted."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pyarrow as pa
import pytest

from nilometer.attribution import kinds, reading
from nilometer.attribution.reading import Unreadable
from nilometer.disclosures.pseudonym import Key

PHONES = [f"138{n * 7919 % 10**8:08d}" for n in range(60)]


def columns(raw: str | bytes, label: str = "d") -> tuple[list[list[str | None]], int]:
    """All rows of all tables, and how many could not be read."""
    unread = Unreadable()
    import io

    parts = list(reading.tables(io.BytesIO(raw.encode() if isinstance(raw, str) else raw), label, unread))
    return [list(row.values()) for part in parts for row in part.rows.to_pylist()], unread.rows


@pytest.mark.parametrize("between", ["----", "---", "::", "||", " ", "  ", "^"])
def test_signs_between(between: str) -> None:
    rows, unread = columns("".join(f"nick{n}x{between}{phone}{between}pw{n}\n" for n, phone in enumerate(PHONES)))
    assert (rows, unread) == ([[f"nick{n}x", phone, f"pw{n}"] for n, phone in enumerate(PHONES)], 0)


def test_spaces_within_values_do_not_cut() -> None:
    assert columns("Ann Li\nBo Ek\nCy Po\n")[0][-2:] == [["Bo Ek"], ["Cy Po"]]
    assert columns("+86 13800000001\n+86 13800000002\n+86 13800000003\n")[0][0] == ["+86 13800000001"]
    assert columns("138 0000 0001\n138 0000 0002\n")[0][0] == ["138 0000 0001"]


@pytest.mark.parametrize("shape", ["{0},x\n", '="{0}",x\n', "'{0},x\n", "'{0}';'x'\n", "{1:.10E},x\n", "{1:.12E};x\n"])
def test_what_spreadsheets_put_around_numbers(shape: str) -> None:
    rows, unread = columns("".join(shape.format(phone, float(phone)) for phone in PHONES))
    assert ([row[0] for row in rows], unread) == (PHONES, 0)


def test_numbers_that_lost_digits_stay_as_they_are() -> None:
    assert columns("1.38E+10,x\n1.39E+10,y\n")[0] == [["1.38E+10", "x"], ["1.39E+10", "y"]]


def test_country_codes_with_a_zero() -> None:
    values = pa.array(["08613800000001", "8613800000001", "013800000001", "+8613800000001"])
    assert set(kinds.canonical("phone", values, "86").to_pylist()) == {"8613800000001"}


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n"])
def test_line_ends(end: str) -> None:
    rows, unread = columns("uid,phone" + end + "".join(f"{n},{phone}{end}" for n, phone in enumerate(PHONES)))
    assert (rows, unread) == ([[str(n), phone] for n, phone in enumerate(PHONES)], 0)


def test_passwords_that_hold_the_sign_between() -> None:
    passwords = ["a:b:c", "pw", "x:y", "pw2"]
    rows, unread = columns("".join(f"{phone}:{passwords[n % 4]}\n" for n, phone in enumerate(PHONES)))
    assert sorted(rows) == sorted([phone, passwords[n % 4]] for n, phone in enumerate(PHONES))
    assert unread == 0


def test_more_columns_than_are_looked_at_and_a_header() -> None:
    for width in (501, 700):
        rows, unread = columns(",".join(f"c{n}" for n in range(width)) + "\n" + ",".join(["7"] * width) + "\n")
        assert (len(rows), len(rows[0]), unread) == (1, 500, 0)
    began = time.perf_counter()
    columns(",".join(["1"] * 100_000) + "\n" + ",".join(["1"] * 100_000) + "\n")
    assert time.perf_counter() - began < 5


def test_strings_that_look_like_the_end_of_a_statement() -> None:
    rows = [(n, "hi :);\nx" if n == 20 else "a),\n(b" if n == 30 else "c", phone) for n, phone in enumerate(PHONES)]
    text = "INSERT INTO m VALUES " + ",\n".join(f"({n},'{a}','{b}')" for n, a, b in rows) + ";\nINSERT INTO n VALUES (1);\n"
    found, unread = columns("CREATE TABLE m(uid INTEGER, nick TEXT, mob TEXT);\n" + text)
    assert ([row[2] for row in found if len(row) == 3], unread) == (PHONES, 0)
    escaped = text.replace("hi :);", "it\\'s :);")
    found, unread = columns("CREATE TABLE `m`(uid INTEGER, nick TEXT, mob TEXT);\n" + escaped)
    assert ([row[2] for row in found if len(row) == 3], unread) == (PHONES, 0)


def test_sql_server() -> None:
    rows = "".join(
        f"INSERT [dbo].[Members] ([uid], [nick], [mob]) VALUES ({n}, N'张三', N'{phone}')\nGO\n" for n, phone in enumerate(PHONES)
    )
    found, unread = columns("USE [db]\nGO\nSET IDENTITY_INSERT [dbo].[Members] ON\nGO\n" + rows)
    assert ([row[2] for row in found], unread) == (PHONES, 0)


OBJECTS = [{"uid": n, "phone": phone} for n, phone in enumerate(PHONES)]
LISTS = [[n, phone] for n, phone in enumerate(PHONES)]


@pytest.mark.parametrize(
    ("text", "unread"),
    [
        (json.dumps(OBJECTS), 0),
        ("".join(map(json.dumps, OBJECTS)), 0),
        (json.dumps(OBJECTS)[:-1] + ', {"uid": 7, "pho', 1),
        (json.dumps({"data": {"list": OBJECTS}})[:-4] + ', "x', 1),
        (json.dumps(OBJECTS[:30])[:-1] + ", {rubbish}, " + json.dumps(OBJECTS[30:])[1:], 1),
        (json.dumps(LISTS), 0),
        ("\n".join(map(json.dumps, LISTS)), 0),
        (json.dumps(LISTS)[:-1] + ', [7, "1', 1),
    ],
)
def test_json_whole_and_broken(text: str, unread: int) -> None:
    rows, counted = columns(text)
    assert ([row[-1] for row in rows][: len(PHONES) - 1], counted) == (PHONES[:-1], unread) or rows[-1][-1] == PHONES[-1]
    assert counted == unread
    assert len(rows) >= len(PHONES) - 1


def test_json_of_single_values() -> None:
    assert columns(json.dumps(PHONES))[0] == [[phone] for phone in PHONES]
    assert columns(json.dumps({"ids": [1, 2, 3]}))[0] == [["1"], ["2"], ["3"]]


def test_text_that_begins_like_json_is_text() -> None:
    rows, _ = columns("".join(f"[vip]{n},{phone}\n" for n, phone in enumerate(PHONES)))
    assert [row[1] for row in rows] == PHONES


def test_first_lines_that_are_rows_are_no_header() -> None:
    for first in (f"nick----{PHONES[0]}----123456", "ann,a@b.example,x", f"x{PHONES[1]};b"):
        between = "----" if "----" in first else "," if "," in first else ";"
        rows, _ = columns(
            "".join(f"{line}\n" for line in (first, *(between.join(["q"] * first.count(between) + [f"w{n}"]) for n in range(9))))
        )
        assert len(rows) == 10, first


def test_one_zero_byte_is_no_binary_file() -> None:
    rows, _ = columns(b"uid,phone\n1,1380\x000000001\n" + b"2,13800000002\n" * 20)
    assert rows[0] == ["1", "13800000001"]


def test_long_values_take_no_time() -> None:
    values = pa.array(["x" * 10_000_000, "ann"] + ["y"] * 5_000)
    began = time.perf_counter()
    keyed = kinds.pseudonyms(Key(epoch=1, secret=bytes(32)), "nickname", values)
    assert time.perf_counter() - began < 2
    assert (keyed[0].as_py(), keyed.null_count) == (None, 1)
    assert kinds.pseudonyms(Key(epoch=1, secret=bytes(32)), "subject", values).null_count == 1
    for kind in ("subject", "nickname", "phone", "email"):
        assert kinds.pseudonyms(Key(epoch=1, secret=bytes(32)), kind, pa.array(["0" * 60_000_000])).null_count == 1
    assert time.perf_counter() - began < 20


def test_a_long_first_line_does_not_hide_the_rows(tmp_path: Path) -> None:
    rows, _ = columns("z" * 3_000_000 + "\n" + "".join(f"{n};{phone}\n" for n, phone in enumerate(PHONES)))
    assert [row[1] for row in rows if row[1]] == PHONES
