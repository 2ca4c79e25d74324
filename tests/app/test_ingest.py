"""Ingest, from inside: acknowledged in steps, and after a stop in the middle it goes on where it was."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import nilometer as nm
from nilometer.app.ingest import ingest
from nilometer.errors import ConfigError, InputError
from tests.cli.running import lines, row, written

ROWS = 1_100_000


class Pulled(Exception):
    """The plug was."""


def test_a_long_source_is_acknowledged_in_steps(tmp_path: Path) -> None:
    numbers = np.arange(ROWS)
    table = pa.table({
        "time": pa.array(1_767_323_045_000_000 + numbers, pa.timestamp("us")), "subject": numbers,
        "app": pa.DictionaryArray.from_arrays(pa.array(numbers % 3, pa.int32()), ["a", "b", "c"]),
    })  # fmt: skip
    pq.write_table(table, tmp_path / "t.parquet", compression="none", row_group_size=200_000)
    with nm.open(tmp_path / "home") as opened:
        batches = []

        def pulled(done: int, total: int) -> None:
            batches.append(done)
            if len(batches) == 2:
                raise Pulled

        with pytest.raises(Pulled):
            ingest(opened.home, [str(tmp_path / "t.parquet")], progress=pulled, commit_rows=1)
        [kept] = opened.home.ledger.manifest.sources
        assert 0 < kept.size < ROWS
        assert kept.complete is False
        assert opened.home.ledger.subjects() == kept.disclosures == kept.size
        went_on = opened.ingest(tmp_path / "t.parquet")
        assert went_on.disclosures == ROWS - kept.size
        assert went_on.duplicates == kept.size
        assert opened.home.ledger.subjects() == ROWS
        [whole] = opened.home.ledger.manifest.sources
        assert (whole.complete, whole.size, whole.disclosures) == (True, ROWS, ROWS)
        assert opened.home.ledger.manifest.earlier == []
        assert opened.ingest(tmp_path / "t.parquet").disclosures == 0


def test_many_small_sources_are_acknowledged_in_steps(tmp_path: Path) -> None:
    names = [str(written(tmp_path / f"{n}.log", [row(n)])) for n in range(6)]
    with nm.open(":memory:") as opened:
        generations = []
        ingest(opened.home, names, commit_rows=2, progress=lambda done, total: generations.append(opened.home.ledger.manifest.generation))
        assert generations[-1] >= 3
        assert opened.home.ledger.subjects() == 6
        assert len(opened.home.ledger.manifest.sources) == 6


def test_a_source_that_does_not_fit_is_left_out_of_many_and_refused_alone(tmp_path: Path) -> None:
    good, bad = written(tmp_path / "a.log", [row(1)]), written(tmp_path / "b.csv", b"when,subject,app\n1,2,3\n1,2,3\n")
    with nm.open(":memory:") as opened:
        summary = opened.ingest([good, bad])
        assert (summary.files, summary.disclosures) == (1, 1)
        assert "Nothing says when" in summary.skipped[str(bad)]
        with pytest.raises(ConfigError, match=r"b\.csv: Nothing says when"):
            opened.ingest(bad)
        assert sum(s.rows for s in opened.home.ledger.manifest.segments) == 1


def test_what_is_told_and_counted(tmp_path: Path) -> None:
    said: list[str] = []
    seen: list[tuple[int, int]] = []
    log = written(tmp_path / "log", lines([row(1), row(2)]) + b"broken\n")
    with nm.open(":memory:") as opened:
        summary = opened.ingest(log, tell=said.append, progress=lambda done, total: seen.append((done, total)))
        assert summary.reasons == {"not a JSON object": 1}
        assert summary.examples == {"not a JSON object": f"{log}:3"}
        assert summary.formats == {"disclosures": 1}
        assert seen[-1] == (log.stat().st_size, log.stat().st_size)
        assert any("canonical disclosures" in s for s in said)
        with pytest.raises(InputError, match="cannot be read"):
            opened.ingest(written(tmp_path / "x", b"\x1f\x8b"))


def test_a_day_on_which_nobody_was_shown_anybody(tmp_path: Path) -> None:
    """A header alone is no mistake: an export of a quiet day has no more."""
    (tmp_path / "quiet.csv").write_text("time,subject,app,surface\n")
    with nm.open(tmp_path / "home") as home:
        done = home.ingest(tmp_path / "quiet.csv")
        assert (done.disclosures, done.unreadable) == (0, 0)
        with (tmp_path / "quiet.csv").open("a") as stream:
            stream.write("2026-01-01T00:00:00Z,1,a,s\n")
        assert home.ingest(tmp_path / "quiet.csv").disclosures == 1
