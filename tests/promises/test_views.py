"""The ledger says the same of the same rows, whichever files, packings, batches and order they came in."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given
from hypothesis import strategies as st

import nilometer as nm
from nilometer.ledger.views import VIEWS
from tests.cli.running import lines
from tests.ledger import oracle
from tests.ledger.stored import few

BEGIN = datetime(2026, 1, 1, 22, tzinfo=UTC)
rows = st.lists(
    st.fixed_dictionaries(
        {
            "time": st.integers(0, 60).map(lambda n: (BEGIN + timedelta(minutes=5 * n)).isoformat()),
            "subject": st.integers(1, 6).map(str),
            "app": st.sampled_from(["a", "b"]),
            "ip": st.sampled_from([None, "203.0.113.9", "2001:db8::1"]),
            "surface": st.sampled_from([None, "orders"]),
            "fields": st.sampled_from([None, "name", "name|phone"]),
            "status": st.sampled_from([200, 404]),
        }
    ),
    min_size=1,
    max_size=25,
)
STEPS = {"steps", "ascending", "near"}
"""Steps stand between neighbours of one source, so they alone depend on which file a row was in."""


def everything(home: nm.Nilometer, steps: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for view in VIEWS:
        for level in ("app", "ip"):
            table = home.view(view, level=level).to_arrow()
            kept = table.select([n for n in table.column_names if steps or n not in STEPS])
            found[f"{view} {level}"] = oracle.sort([tuple(r.values()) for r in kept.to_pylist()])
    found["who"] = [{k: v for k, v in home.who(n).items() if k != "subject"} for n in range(1, 7)]
    return found


def told(folder: Path, parts: list[bytes | pa.Table], one_by_one: bool, steps: bool) -> dict[str, Any]:
    names = []
    for number, part in enumerate(parts):
        path = folder / f"{number}.log"
        if isinstance(part, bytes):
            path.write_bytes(part)
        else:
            pq.write_table(part, path, row_group_size=3)
        names.append(str(path))
    with nm.open(":memory:") as home:
        for name in names if one_by_one else [names]:
            home.ingest(name)
        return everything(home, steps)


@few(4)
@given(rows=rows, cut=st.integers(1, 20))
def test_other_files_packings_and_order(tmp_path_factory: Any, rows: list[dict[str, Any]], cut: int) -> None:
    whole, head, tail = lines(rows), lines(rows[:cut]), lines(rows[cut:])
    table = pa.Table.from_pylist(rows)
    ways = [[whole], [gzip.compress(whole)], [table]]
    answers = [told(tmp_path_factory.mktemp("way"), way, False, True) for way in ways]
    assert answers[0] == answers[1] == answers[2]
    if not whole.startswith(tail) and not tail.startswith(head):  # a file that continues a known one is that file, grown
        split = told(tmp_path_factory.mktemp("way"), [tail, gzip.compress(head)] if tail else [head], True, False)
        assert split == dict(told(tmp_path_factory.mktemp("way"), [whole], False, False).items())
