"""Reading: recognised, framed, planned; what cannot be read is set aside with its number, and nothing else is."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nilometer.errors import ConfigError, InputError
from nilometer.sources import mapping as mappings
from nilometer.sources import reader
from nilometer.sources.files import Origin, head
from nilometer.sources.mapping import Mapping
from tests.cli.running import lines, row, written


def read(path: Path, mapping: Mapping = mappings.EMPTY, form: str | None = None, **where: int) -> list[reader.Batch]:
    origin = Origin(path=path)
    recognised = reader.look(origin, head(origin, reader.HEAD), mapping, form)
    return list(reader.read(origin, recognised, mapping, **where))


def raw(batches: list[reader.Batch]) -> list[dict[str, object]]:
    return pa.concat_tables([b.raw for b in batches]).to_pylist()


def test_numbers_sizes_and_reasons(tmp_path: Path) -> None:
    text = lines([row(0), row(1)]) + b"\n" + b"broken\n" + lines([row(2, app=None)]) + lines([row(3)])
    [batch] = read(written(tmp_path / "log", text))
    assert [r["number"] for r in raw([batch])] == [1, 2, 6]
    assert batch.unreadable.to_pylist() == [
        {"number": 4, "reason": "not a JSON object", "text": "broken"},
        {"number": 5, "reason": "no actor at any level", "text": json.dumps(row(2, app=None))},
    ]
    assert (batch.entries, batch.unmatched, batch.size, batch.torn) == (5, 0, len(text), 0)


@pytest.mark.parametrize("cut", range(5))
def test_reading_goes_on_where_it_was_left(tmp_path: Path, cut: int) -> None:
    rows = [row(n) for n in range(5)]
    log = written(tmp_path / "log", rows)
    assert raw(read(log))[cut:] == raw(read(log, skip=len(lines(rows[:cut])), first=cut + 1))
    table = tmp_path / "t.parquet"
    pq.write_table(pa.Table.from_pylist(rows), table)
    assert raw(read(table))[cut:] == raw(read(table, skip=cut))


def test_csv_goes_on_without_its_header(tmp_path: Path) -> None:
    parts = [b"time,subject,app\n", b"2026-01-02,1,a\n", b"2026-01-02,2,a\n"]
    log = written(tmp_path / "log", b"".join(parts))
    assert [r["subject"] for r in raw(read(log, skip=len(parts[0] + parts[1]), first=2))] == ["2"]


@pytest.mark.parametrize(
    ("end", "torn"),
    [(b'{"time":', 8), (b"", 0), (b"\n", 0), (b"broken\n", 0), (json.dumps(row(7)).encode(), 0)],
    ids=["cut", "none", "blank", "bad", "whole"],
)
def test_a_last_line_that_broke_off_is_known(tmp_path: Path, end: bytes, torn: int) -> None:
    batches = read(written(tmp_path / "log", lines([row(0), row(1)]) + end))
    assert sum(b.torn for b in batches) == torn
    assert sum(b.size for b in batches) == len(lines([row(0), row(1)]) + end)


def test_columns_beyond_a_disclosures_own_are_attributes(tmp_path: Path) -> None:
    [first, second] = raw(read(written(tmp_path / "log", [{**row(0, note="n", deep={"a": 1}, Note="N"), "number": 7}, row(1, note="m")])))
    kept = json.loads(str(first["attributes"]))
    assert kept.pop("deep").replace(" ", "") == '{"a":1}'
    assert "n" in kept.values() or "N" in kept.values()
    assert json.loads(str(second["attributes"]))["deep"] is None
    table = tmp_path / "t.parquet"
    pq.write_table(pa.Table.from_pylist([row(0, note="n", tags=["a", "b"])]), table)
    assert json.loads(str(raw(read(table))[0]["attributes"])) == {"note": "n", "tags": '["a","b"]'}
    mapped = mappings.parse('[columns]\nsubject = "note"')
    assert raw(read(table, mapped))[0]["attributes"] is None


def test_a_format_is_said_or_found(tmp_path: Path) -> None:
    log = written(tmp_path / "log", [row(0)])
    for form, found in ((None, "disclosures"), ("ndjson", "ndjson"), ("disclosures", "disclosures")):
        assert reader.look(Origin(path=log), log.read_bytes(), mappings.EMPTY, form).form.id == found
    csv = written(tmp_path / "csv", b"time,subject,app\n2026-01-02,1,a\n")
    assert reader.look(Origin(path=csv), csv.read_bytes(), mappings.EMPTY, "disclosures").form.id == "csv"
    mapped = mappings.parse('[source]\nformat = "ndjson"')
    assert reader.look(Origin(path=log), log.read_bytes(), mapped, None).form.id == "ndjson"
    with pytest.raises(InputError, match=r"Known formats: alb, apache"):
        reader.look(Origin(path=log), log.read_bytes(), mappings.EMPTY, "nonsense")


def test_what_the_source_cannot_give_is_said(tmp_path: Path) -> None:
    log = written(tmp_path / "log", b"time,subject,app\n2026-01-02,1,a\n")
    for text, says in (('subject = "{nobody}"', r"no column 'nobody'"), ('subject = "query:uid"', r"no column 'target'|target")):
        with pytest.raises(ConfigError, match=says):
            read(log, mappings.parse(f"[columns]\n{text}"))


@pytest.mark.parametrize("value", ["x'; DROP TABLE lines; --", '"', "{a}'", "\\", "%' OR 1=1", "\N{SNOWMAN}"])
def test_values_of_logs_and_mappings_are_never_sql(tmp_path: Path, value: str) -> None:
    log = written(tmp_path / "log", [row(0, subject=value, **{value: "extra"})] * 2)
    found = raw(read(log))
    assert [r["subject"] for r in found] == [value, value]
    mapped = mappings.parse(f"[actor]\norg = {json.dumps('constant:' + value)}\n")
    assert {r["org"] for r in raw(read(log, mapped))} == {value}


def test_a_sample_has_no_lines_that_say_nothing() -> None:
    sample = reader.sample_of("x", b"\xef\xbb\xbfshort\n" + b"y" * 200_000 + b"\n" + b"z\n" * 500)
    assert sample.lines[:2] == ("short", "z")
    assert len(sample.lines) < 201
