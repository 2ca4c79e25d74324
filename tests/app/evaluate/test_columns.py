"""A disclosure file becomes columns: the same rows, in order of time, whatever shape its values come in."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nilometer.app.evaluate import columns
from nilometer.errors import InputError
from tests.app.evaluate.made import cols, micro, row, table


def test_rows_come_in_order_of_time_with_their_names() -> None:
    found = cols([row(2, "b", account="a2"), row(1, "a", account=None, status=404), row(3, "a", account="a1", status=304)])
    assert found.time.tolist() == [micro(1), micro(2), micro(3)]
    assert found.subjects.take(pa.array(found.subject)).to_pylist() == ["a", "b", "a"]
    assert found.shown.tolist() == [False, True, True]
    account = found.named["account"]
    assert account.places[0] == columns.MISSING
    assert account.texts(account.places[1:]) == ["a2", "a1"]
    assert found.levels == ("org", "app", "account", "session", "ip")


def test_statuses_mean_shown_as_the_contract_says() -> None:
    rows = [row(n, n, status=status) for n, status in enumerate((200, 299, 304, 199, 300, 404, None))]
    assert cols(rows).shown.tolist() == [True, True, True, False, False, False, True]
    assert columns.of(table(rows).drop_columns(["status"])).shown.all()


def test_numbers_texts_and_dictionaries_are_the_same_people(tmp_path: Path) -> None:
    rows = [row(n, n % 3) for n in range(9)]
    texts = table(rows)
    numbers = texts.set_column(1, "subject", texts.column("subject").cast(pa.int64()))
    for made in (texts, numbers):
        pq.write_table(made, tmp_path / "t.parquet", row_group_size=2)
        found = columns.read(tmp_path / "t.parquet")
        assert sorted(found.subjects.cast(pa.string()).to_pylist()) == ["0", "1", "2"]
        assert found.subject.tolist() == [0, 1, 2] * 3


def test_a_time_may_be_a_text_or_naive() -> None:
    texts = pa.chunked_array([["2026-01-01T00:00:01Z", "2026-01-01T01:00:01+01:00"]])
    assert columns.moments(texts).tolist() == [micro(1), micro(1)]
    assert columns.moments(pa.chunked_array([pa.array([1_500], pa.timestamp("ms"))])).tolist() == [1_500_000]


def test_rows_without_time_or_subject_are_left_out() -> None:
    made = table([row(1, "a"), row(2, "b")])
    empty = made.set_column(1, "subject", pa.array([None, "b"], pa.string()))
    assert len(columns.of(empty)) == 1
    assert len(columns.of(made.slice(0, 0))) == 0


def test_a_column_less_is_nobodys() -> None:
    found = cols([row(1, "a"), row(2, "b", status=404)])
    less = found.less(["account", "reference"])
    assert less.levels == ("org", "app", "session", "ip")
    assert less.shown.tolist() == [True, False]
    assert "account" in found.named
    assert found.less(["status"]).shown.all(), "who sees no status takes everything for shown"


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    bad = tmp_path / "disclosures.parquet"
    bad.write_text("no parquet")
    with pytest.raises(InputError, match=r"disclosures\.parquet is not a disclosure file"):
        columns.read(bad)
    pq.write_table(pa.table({"when": [1]}), bad)
    with pytest.raises(InputError, match="has no column time and no column subject; found when"):
        columns.read(bad)
    pq.write_table(pa.table({"time": ["yesterday"], "subject": ["a"]}), bad)
    with pytest.raises(InputError, match=r"disclosures\.parquet is not a disclosure file"):
        columns.read(bad)
