"""Sealing: what it adds to an ingest, and how large the proof of one disclosure among a billion is."""

from __future__ import annotations

import resource
import shutil
import statistics
from pathlib import Path
from typing import Any

from bench import data, measure

GOAL = 0.05


def ingested(path: str, home: str, sealed: bool) -> tuple[int, float]:
    """One ingest into a fresh home; disclosures and processor seconds. Unsealed: no digests of rows, no journal, no signature."""
    import nilometer as nm
    from nilometer.app import sealing
    from nilometer.ledger import rowseal

    if not sealed:
        without: Any = rowseal
        without.digest = lambda table, key: ""
        nothing: Any = sealing
        nothing.seal = lambda home, **given: None
    shutil.rmtree(home, ignore_errors=True)
    before = resource.getrusage(resource.RUSAGE_SELF)
    with nm.open(home) as opened:
        stored = opened.ingest(path).disclosures
    after = resource.getrusage(resource.RUSAGE_SELF)
    return stored, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def run(scratch: Path, rows: int, rounds: int) -> None:
    """Prints the median of the ratios, round by round, of an ingest with sealing to one without, in wall and processor time."""
    rows = rows or 4_000_000
    body = []
    for name, path in (
        ("canonical Parquet", parquet := data.parquet(scratch / f"ingest-{rows}.parquet", rows, 30, seed=11)),
        ("canonical NDJSON", data.ndjson(scratch / f"ingest-{rows}.ndjson", parquet)),
    ):
        walls, busy, shown = [], [], []
        for turn in range(rounds):
            found = {}
            for sealed in (True, False) if turn % 2 else (False, True):  # whoever comes second finds the file in memory
                seconds, _, (stored, processor) = measure.alone(ingested, str(path), str(scratch / "home"), sealed)
                assert stored == rows, (stored, rows)
                found[sealed] = (seconds, processor)
            walls.append(found[True][0] / found[False][0] - 1)
            busy.append(found[True][1] / found[False][1] - 1)
            shown.append(found[True][0])
        added = f"{statistics.median(walls):+.1%} ({min(walls):+.1%} to {max(walls):+.1%})"
        body.append([name, f"{rows / statistics.median(shown) / 1e6:.2f} M/s", added, f"{statistics.median(busy):+.1%}", f"{GOAL:+.0%}"])
    shutil.rmtree(scratch / "home", ignore_errors=True)
    measure.print_table(
        f"Sealing of {rows:,} rows: what it adds to an ingest (median of {rounds} pairs)",
        ["source", "sealed ingest", "wall time added", "processor time added", "goal"],
        body,
    )
