"""The Parquet file is there whole or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from nilometer.simulation.directory import Directory
from nilometer.simulation.rows import Rows
from nilometer.simulation.sink import GROUP, ParquetSink


@pytest.fixture
def directory() -> Directory:
    directory = Directory(seed=0)
    directory.company(accounts=(1,), agent="a/1")
    directory.surface("s", ("phone",))
    return directory


def day(number: int, count: int) -> Rows:
    time = number * 10**9 + np.arange(count)[::-1]
    return Rows.of(time=time, subject=np.arange(count), credential=0, session=0, ip=0, agent=0, surface=0)


def test_days_are_sorted_and_put_into_row_groups_of_a_sensible_size(tmp_path: Path, directory: Directory) -> None:
    with ParquetSink(tmp_path / "t.parquet") as sink:
        for number in range(5):
            sink.write(day(number, GROUP // 2 + 1), directory)
    file = pq.ParquetFile(tmp_path / "t.parquet")
    assert [file.metadata.row_group(k).num_rows for k in range(file.num_row_groups)] == [GROUP + 2, GROUP + 2, GROUP // 2 + 1]
    time = file.read(["time"])["time"].to_numpy().astype(np.int64)
    assert (np.diff(time) > 0).all()
    assert [path.name for path in tmp_path.iterdir()] == ["t.parquet"]


def test_what_fails_leaves_nothing_and_keeps_what_was_there(tmp_path: Path, directory: Directory) -> None:
    (tmp_path / "t.parquet").write_text("the old one")

    def interrupted() -> None:
        with ParquetSink(tmp_path / "t.parquet") as sink:
            sink.write(day(0, GROUP), directory)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [path.name for path in tmp_path.iterdir()] == ["t.parquet"]
    assert (tmp_path / "t.parquet").read_text() == "the old one"


@pytest.mark.parametrize("size", [GROUP, 5])
def test_a_group_that_cannot_be_written_is_an_error_not_a_short_file(tmp_path: Path, directory: Directory, size: int) -> None:
    bad = Rows.of(time=np.arange(size), subject=np.arange(size), credential=99, session=0, ip=0, agent=0, surface=0)
    with pytest.raises(IndexError), ParquetSink(tmp_path / "t.parquet") as sink:
        sink.write(bad, directory)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_table_is_a_table(tmp_path: Path) -> None:
    with ParquetSink(tmp_path / "t.parquet"):
        pass
    assert pq.read_table(tmp_path / "t.parquet").num_rows == 0
