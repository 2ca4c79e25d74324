"""Looking at the first entries of a source stores nothing and gives text."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nilometer.app.suggest import propose
from nilometer.errors import InputError
from nilometer.sources import mapping, plan, reader
from nilometer.sources.files import Origin
from nilometer.sources.peek import peek

LINE = '203.0.113.{n} - app-{n} [02/Jan/2026:03:04:05 +0000] "GET /orders/{o}/buyers/{s}?app_key=k HTTP/1.1" 200 5 "-" "x"\n'


def test_lines_come_as_columns(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text("".join(LINE.format(n=n, o=1000 + n, s=5000 + n) for n in range(40)) + "not a line\n")
    origin = Origin(path=log, size=log.stat().st_size)
    found = reader.look(origin, log.read_bytes(), mapping.EMPTY, None)
    table = peek(origin, found, ("method", "target"))
    assert table.num_rows == 40
    assert table.column("target")[3].as_py() == "/orders/1003/buyers/5003?app_key=k"


def test_a_proposal_can_be_used(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text("".join(LINE.format(n=n % 9, o=1000 + n, s=5000 + n) for n in range(400)))
    text = propose(str(log), None, lambda said: None)
    parsed = mapping.parse(text)
    assert parsed.surface[0].match == "GET /orders/{order}/buyers/{subject}"
    assert plan.compile_plan(reader.look(Origin(path=log), log.read_bytes(), parsed, None).form, parsed)
    assert "5003" not in text, "a proposal says shapes, never people"


def test_parquet_and_what_needs_no_mapping(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"when": ["2026-01-01T00:00:00Z"] * 30, "customer_id": list(range(30)), "app": ["a"] * 30}), path)
    assert 'subject = "customer_id"' in propose(str(path), None, lambda said: None)
    canonical = tmp_path / "d.ndjson"
    canonical.write_text('{"time":"2026-01-01T00:00:00Z","subject":1,"app":"a"}\n' * 3)
    with pytest.raises(InputError, match="needs no mapping"):
        propose(str(canonical), None, lambda said: None)
