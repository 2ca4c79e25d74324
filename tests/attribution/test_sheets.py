"""Spreadsheets and Parquet."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from nilometer.errors import InputError
from tests.attribution.dumped import read


def book(sheets: dict[str, list[list[object]]]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as made:
        for name, rows in sheets.items():
            sheet = made.add_worksheet(name)
            for place, row in enumerate(rows):
                sheet.write_row(place, 0, row)
    return out.getvalue()


def test_sheets_with_and_without_a_header() -> None:
    found, wrong = read(
        book({"members": [["uid", "tel"], [1, 13800000001], [2, 13800000002]], "more": [[3, 13800000003], [4, "x"]], "empty": []})
    )
    assert found == [
        {"uid": "1", "tel": "13800000001"}, {"uid": "2", "tel": "13800000002"},
        {"column 1": "3", "column 2": "13800000003"}, {"column 1": "4", "column 2": "x"},
    ]  # fmt: skip
    assert wrong == 0


def test_a_damaged_book_is_refused() -> None:
    whole = book({"a": [["x", 1]]})
    for content in (whole[: len(whole) // 2], b"PK\x03\x04" + whole[50:], b"\xd0\xcf\x11\xe0" + bytes(600)):
        with pytest.raises(InputError, match="spreadsheet"):
            read(content)


def test_parquet() -> None:
    out = io.BytesIO()
    pq.write_table(pa.table({"id": [1, 2], "tel": pa.array(["a", None]).dictionary_encode(), "l": [[1], []]}), out)
    assert read(out.getvalue()) == ([{"id": "1", "tel": "a"}, {"id": "2", "tel": None}], 0)
    with pytest.raises(InputError, match="Parquet"):
        read(out.getvalue()[:-30])
