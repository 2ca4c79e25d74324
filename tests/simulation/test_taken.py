"""The marker file says exactly whom a leak was shown, and is never left half made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from nilometer.simulation.rows import Rows
from nilometer.simulation.simulate import simulate
from nilometer.simulation.taken import SCHEMA, Taken


def rows(times: list[int], subjects: list[int], statuses: list[int]) -> Rows:
    return Rows.of(
        time=np.array(times), subject=np.array(subjects), status=np.array(statuses), credential=0, session=0, ip=0, agent=0, surface=0
    )


def test_only_what_was_shown_is_kept_in_order_of_time(tmp_path: Path) -> None:
    with Taken(tmp_path / "leaks.parquet") as taken:
        taken.add(1, rows([30, 10], [7, 8], [200, 304]))
        taken.add(0, rows([20, 25], [9, 10], [206, 404]))
    table = pq.read_table(tmp_path / "leaks.parquet")
    assert table.schema.equals(SCHEMA)
    assert table.column("leak").to_pylist() == [1, 0, 1]
    assert table.column("subject").to_pylist() == [8, 9, 7]
    assert [path.name for path in tmp_path.iterdir()] == ["leaks.parquet"]


def test_no_leak_leaves_no_file_and_removes_an_old_one(tmp_path: Path) -> None:
    (tmp_path / "leaks.parquet").write_text("old")
    with Taken(tmp_path / "leaks.parquet"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_breaks_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> None:
        with Taken(tmp_path / "leaks.parquet") as taken:
            taken.add(0, rows(list(range(250_000)), [1] * 250_000, [200] * 250_000))
            assert (tmp_path / ".leaks.parquet.partial").exists()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken()
    assert list(tmp_path.iterdir()) == []


def test_it_agrees_with_the_truth(tmp_path: Path) -> None:
    [leak] = simulate("marketing_consultancy", tmp_path, seed=3, scale=0.01).leaks
    table = pq.read_table(tmp_path / "leaks.parquet")
    assert table.num_rows == leak.items
    assert len(set(table.column("subject").to_pylist())) == leak.people
