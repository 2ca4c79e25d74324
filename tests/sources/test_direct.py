"""The short way for columnar sources gives what the plan gives."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nilometer.disclosures.raw import RAW
from nilometer.sources import direct, reader
from nilometer.sources.files import Origin
from nilometer.sources.mapping import EMPTY

TEXT = st.one_of(st.none(), st.sampled_from(["", "-", " ", "a", "é", "app-1", " padded "]))
TIMES = st.one_of(
    st.none(),
    st.datetimes(min_value=datetime.fromisoformat("1960-01-01"), max_value=datetime.fromisoformat("2210-01-01")),
    st.just(datetime.fromisoformat("2026-01-02T03:04:05.678901")),
)
ROW = st.fixed_dictionaries(
    {
        "time": TIMES,
        "subject": st.one_of(
            st.none(), st.sampled_from(["", " ", "-", "42", "42.0", "u-17", "0007", "9" * 30, "[1, 2]", "{", '{"id": 7}', "\u3000"])
        ),
        "org": TEXT,
        "app": TEXT,
        "ip": TEXT,
        "surface": TEXT,
        "fields": TEXT,
        "status": st.one_of(st.none(), st.sampled_from([200, 204, 304, 404, 0, 999, 40_000, -5])),
        "reference": TEXT,
    }
)


def schema(*, typed: bool) -> pa.Schema:
    kinds = {"time": pa.timestamp("us") if typed else pa.string(), "status": pa.int64()}
    return pa.schema(
        [
            (name, kinds.get(name, pa.string()))
            for name in ("time", "subject", "org", "app", "ip", "surface", "fields", "status", "reference")
        ]
    )


def read(path: Path, table: pa.Table) -> tuple[list[dict[str, object]], list[tuple[object, object]]]:
    pq.write_table(table, path)
    origin = Origin(path=path, size=path.stat().st_size)
    recognised = reader.look(origin, path.read_bytes()[: reader.HEAD], EMPTY, None)
    batches = list(reader.read(origin, recognised, EMPTY))
    rows = [row for b in batches for row in b.raw.to_pylist()]
    bad = [(n, r) for b in batches for n, r in zip(b.unreadable["number"].to_pylist(), b.unreadable["reason"].to_pylist(), strict=True)]
    for row in rows:
        for name in ("org", "app", "ip", "surface", "fields", "reference"):  # cleaned where they are pseudonymised
            row[name] = (row[name] or "").strip() if (row[name] or "").strip() != "-" else ""
        row["subject"] = str(row["subject"])
    return rows, sorted(bad)


@settings(max_examples=20, deadline=None)
@given(rows=st.lists(ROW, max_size=12))
def test_both_ways_read_the_same(tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, object]]) -> None:
    folder = tmp_path_factory.mktemp("direct")
    typed = pa.Table.from_pylist(rows, schema=schema(typed=True))
    spelt = [{**r, "time": r["time"].isoformat() if isinstance(r["time"], datetime) else None} for r in rows]
    assert direct.columns(typed.schema, EMPTY, ()) is not None
    through_plan = pa.Table.from_pylist(spelt, schema=schema(typed=False))
    assert direct.columns(through_plan.schema, EMPTY, ()) is None
    assert read(folder / "a.parquet", typed) == read(folder / "b.parquet", through_plan)


@pytest.mark.parametrize("kind", [pa.int32(), pa.int64(), pa.string()])
def test_subjects_of_every_kind_are_the_same_people(tmp_path: Path, kind: pa.DataType) -> None:
    times = [datetime.fromisoformat("2026-01-01") + timedelta(minutes=i) for i in range(3)]
    table = pa.table(
        {
            "time": pa.array(times, pa.timestamp("us", tz="UTC")),
            "subject": pa.array([7, 8, None], pa.int64()).cast(kind),
            "app": ["a", "b", "c"],
        }
    )
    rows, bad = read(tmp_path / "t.parquet", table)
    assert [(r["subject"], r["ordinal"], r["time"]) for r in rows] == [("7", 7, times[0]), ("8", 8, times[1])]
    assert bad == [(3, "no subject")]


def test_lists_of_fields_and_dictionaries(tmp_path: Path) -> None:
    table = pa.table(
        {
            "time": pa.array([datetime.fromisoformat("2026-01-01")], pa.timestamp("ms")),
            "subject": [1],
            "app": pa.array(["a"]).dictionary_encode(),
            "fields": pa.array([["phone", "nickname"]], pa.list_(pa.string())),
        }
    )
    rows, _ = read(tmp_path / "t.parquet", table)
    assert rows[0]["fields"] == "phone|nickname"
    assert set(rows[0]) == set(RAW.names)
