"""Tables of others in, views with names out."""

from __future__ import annotations

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import nilometer as nm
from tests.cli.running import row

ROWS = [{**row(n, org=None), "status": 200} for n in range(5)]
TABLE = pa.Table.from_pylist(ROWS)
KINDS = {
    "arrow": lambda: TABLE,
    "batch": lambda: TABLE.combine_chunks().to_batches()[0],
    "polars": lambda: pl.from_arrow(TABLE),
    "pandas": lambda: pd.DataFrame({k: [r[k] for r in ROWS] for k in ("time", "subject", "app", "status")}),
    "duckdb": lambda: duckdb.connect().from_arrow(TABLE),
    "reader": lambda: pa.RecordBatchReader.from_batches(TABLE.schema, TABLE.to_batches()),
    "dictionary": lambda: TABLE.set_column(2, "app", TABLE.column("app").dictionary_encode()),
    "integers": lambda: TABLE.set_column(1, "subject", pa.array(range(5), pa.uint32())),
    "floats": lambda: TABLE.set_column(1, "subject", pa.array([float(n) for n in range(5)])),
    "nanoseconds": lambda: TABLE.set_column(
        0, "time", pa.array([1_767_323_045 * 10**9 + n for n in range(5)], pa.timestamp("ns", tz="Asia/Shanghai"))
    ),
    "naive": lambda: TABLE.set_column(0, "time", pa.array([1_767_323_045_000 + n for n in range(5)], pa.timestamp("ms"))),
    "days": lambda: TABLE.set_column(0, "time", pa.array([20_455] * 5, pa.date32())),
    "sliced": lambda: pa.concat_tables([TABLE, TABLE]).slice(3, 5),
}


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_holds_a_table_can_be_ingested(kind: str) -> None:
    with nm.open(":memory:") as home:
        summary = home.ingest(KINDS[kind]())
        assert (summary.disclosures, summary.subjects, summary.unreadable) == (5, 5, 0), summary
        reach = home.reach(level="app").to_arrow()
        assert reach.to_pylist()[0]["actor"] == "app-1"
        assert reach.to_pylist()[0]["people"] == 5
        assert home.reach(level="org").to_arrow().num_rows == 0
        if kind in ("integers", "floats"):
            assert home.who(3)["exposures"] == home.who("3")["exposures"] != []


def test_a_list_of_people_is_no_person() -> None:
    lists = TABLE.set_column(1, "subject", pa.array([[1, 2], [3], [], [4], None], pa.list_(pa.int64())))
    with nm.open(":memory:") as home:
        summary = home.ingest(lists)
        assert (summary.disclosures, summary.unreadable) == (0, 5)


def test_the_same_table_twice_is_known() -> None:
    with nm.open(":memory:") as home:
        home.ingest(TABLE)
        assert home.ingest(TABLE).duplicates == 5


@pytest.mark.parametrize("wrong", [7, None, {"a": 1}, object()])
def test_what_is_no_table_is_said(wrong: object) -> None:
    with nm.open(":memory:") as home, pytest.raises(nm.InputError, match=r"Cannot ingest a .*; expected a path, or an Arrow"):
        home.ingest(wrong)


def test_views_come_with_names() -> None:
    with nm.open(":memory:") as home:
        home.ingest(TABLE)
        [shown] = home.view("surfaces", level="app").to_arrow().to_pylist()
        assert shown == {"actor": "app-1", "surface": "orders", "fields": "name|phone", "people": 5, "disclosures": 5}
        for view, level in (("nonsense", "app"), ("reach", "nonsense")):
            with pytest.raises(nm.InputError, match="expected one of"):
                home.view(view, level=level)
        with pytest.raises(nm.InputError, match="Nothing to ingest"):
            home.ingest([])
