"""Nilometer itself as one of the methods: run through its front door, like anybody would."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import pyarrow.parquet as pq

from nilometer.app import flow, settings
from nilometer.app.evaluate.columns import SECOND
from nilometer.app.evaluate.score import Claim
from nilometer.app.evaluate.truth import CONTEXT
from nilometer.app.ingest import Counted
from nilometer.findings.finding import Finding

SWEEP: Final = (100.0, 30.0, 10.0, 3.0, 1.0, 0.3, 0.1)
"""Values of `[detection] false_alarms` for the plot, from the most to the least sensitive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One detection. `setting` is `false_alarms` (None where this version has no such setting); seconds are of the wall."""

    setting: float | None
    usual: bool
    claims: tuple[Claim, ...]
    ingest: float
    detect: float


def default() -> float | None:
    """The setting that the plot sweeps, as a home has it by default; None in a version without it."""
    return getattr(getattr(settings.Settings(), "detection", None), "false_alarms", None)


def run(table: Path, *, context: Path | None, sweep: Sequence[float], counted: Counted) -> list[Run]:
    """Ingests a disclosure file into a home of its own and detects: first as by default, then once for each setting of `sweep`.

    `context` is an operator's file that is laid into the home before detection.
    """
    usual = default()
    with tempfile.TemporaryDirectory(prefix="nilometer-evaluate-") as place:
        home = Path(place) / "home"
        with flow.open(home) as nilometer:
            began = time.perf_counter()
            nilometer.ingest(table, progress=counted)
            ingest = time.perf_counter() - began
        if context is not None:
            (home / CONTEXT).write_bytes(context.read_bytes())
        runs = [_detected(home, usual, True, ingest)]
        for setting in sweep if usual is not None else ():
            if setting != usual:
                (home / settings.FILE).write_text(f"[detection]\nfalse_alarms = {setting}\n", encoding="utf-8")
                runs.append(_detected(home, setting, False, ingest))
    return runs


def _detected(home: Path, setting: float | None, usual: bool, ingest: float) -> Run:
    with flow.open(home) as nilometer:
        began = time.perf_counter()
        found = nilometer.detect()
        took = time.perf_counter() - began
    return Run(setting=setting, usual=usual, claims=tuple(map(claim, found)), ingest=ingest, detect=took)


def claim(finding: Finding) -> Claim:
    """A finding as a claim: its actors, when its evidence crossed the line, and the detector of its first reason."""
    return Claim(
        actors=tuple((actor.level, actor.id) for actor in finding.actors),
        time=_moment(finding.detected_at),
        by=f"{finding.id} {finding.reasons[0].detector}",
        named_at=tuple(map(_moment, finding.named_at)),
    )


def _moment(at: datetime) -> int:
    return int(at.replace(microsecond=0).timestamp()) * SECOND + at.microsecond


def reduced(table: Path, without: Collection[str], place: Path) -> Path:
    """The disclosure file without some columns, written into `place`; the file itself when it has none of them."""
    with pq.ParquetFile(table) as file:
        names = file.schema_arrow.names
        kept = [name for name in names if name not in without]
        if kept == names:
            return table
        path = place / table.name
        with pq.ParquetWriter(path, file.read_row_group(0, columns=kept).schema if file.num_row_groups else file.schema_arrow) as writer:
            for group in range(file.num_row_groups):
                writer.write_table(file.read_row_group(group, columns=kept))
    return path
