"""Folded exposures: per subject and actor the fields, first, last and count, sorted by subject.

They answer "who was shown this person's data" by reading one small part of each file. Derived from segments, a few at
a time, by whoever needs them first; a fold names the segments it covers, so nothing is read twice or left out.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable
from functools import lru_cache
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from nilometer.disclosures.actor import EVIDENCE_LEVELS, HIERARCHY
from nilometer.ledger import segments
from nilometer.ledger.ledger import Ledger
from nilometer.ledger.manifest import Fold, Segment

_ROWS: Final = 8_000_000  # disclosures folded in one go: what the group-by holds in memory
_MOST: Final = 16  # folds before small ones are merged: each costs a look-up half a millisecond
_ROW_GROUP: Final = 16_384
_KEYS: Final = (*HIERARCHY, *EVIDENCE_LEVELS, "surface", "fields", "shown")
EXPOSURES: Final = pa.schema(
    [
        ("subject", pa.int64()),
        *((k, pa.int64()) for k in _KEYS[:-1]),
        ("shown", pa.bool_()),
        ("first", pa.timestamp("us", tz="UTC")),
        ("last", pa.timestamp("us", tz="UTC")),
        ("count", pa.int64()),
    ]
)
"""One exposure: a subject, an actor as far as it is known, a surface, a set of fields, shown or only asked for.

`ip` and `user_agent` are kept only where no identity level is known: there they are all there is.
"""


def unfolded(ledger: Ledger) -> list[Segment]:
    """Segments that no fold covers yet."""
    covered = {name for fold in _present(ledger) for name in fold.covers}
    return [s for s in ledger.manifest.segments if s.file not in covered]


def _present(ledger: Ledger) -> list[Fold]:
    """The folds whose files are there: a fold can be made anew, so that a lost one is no loss."""
    return [f for f in ledger.manifest.folds if (ledger.folder / f.file).exists()]


def fold(ledger: Ledger, progress: Callable[[int, int], None] = lambda done, total: None) -> None:
    """Brings the folds up to date. Raises EngineError when another process is writing the ledger."""
    if not unfolded(ledger):
        return
    with ledger.writing("nilometer, folding exposures") as writer:
        waiting = unfolded(ledger)
        lost = [f for f in ledger.manifest.folds if f not in _present(ledger)]
        total, done = sum(s.rows for s in waiting), 0
        while waiting:
            group: list[Segment] = []
            while waiting and (not group or sum(s.rows for s in group) + waiting[0].rows <= _ROWS):
                group.append(waiting.pop(0))
            source = ledger.engine.source(group)
            new = _write(ledger, _from_segments(source), [s.file for s in group])
            writer.add_folds([new], gone=lost)
            done += sum(s.rows for s in group)
            progress(done, total)
        folds = ledger.manifest.folds
        if len(folds) > _MOST:
            small = sorted(folds, key=lambda f: f.rows)[: len(folds) - _MOST // 2]
            merged = _write(ledger, _merging(ledger.paths([f.file for f in small])), [c for f in small for c in f.covers])
            writer.add_folds([merged], gone=small)


def _from_segments(source: str) -> str:
    nobody = " AND ".join(f"{h} IS NULL" for h in HIERARCHY)
    evidence = ", ".join(f"CASE WHEN {nobody} THEN {e} END AS {e}" for e in EVIDENCE_LEVELS)
    return (
        f"SELECT subject, {', '.join(HIERARCHY)}, {evidence}, surface, fields, shown, min(time) AS first, max(time) AS last, count(*) AS count "
        f"FROM {source} GROUP BY ALL ORDER BY subject"
    )


def _merging(paths: list[str]) -> str:
    return (
        f"SELECT subject, {', '.join(_KEYS)}, min(first) AS first, max(last) AS last, CAST(sum(count) AS BIGINT) AS count "
        f"FROM read_parquet({paths!r}) GROUP BY ALL ORDER BY subject"
    )


def _write(ledger: Ledger, sql: str, covers: list[str]) -> Fold:
    name = f"{ledger.manifest.generation + 1:08d}.parquet"
    path = ledger.folder / "folds" / name
    ledger.engine.copy(sql, path, _ROW_GROUP)
    return Fold(file=f"folds/{name}", rows=pq.read_metadata(path).num_rows, covers=covers, sha256=segments.digest(path))


def exposures(ledger: Ledger, subject: int) -> pa.Table:
    """Every exposure of one subject (`EXPOSURES`); segments not folded yet are read as they are, which is slower."""
    found = [_lookup(path, subject) for path in ledger.paths([f.file for f in _present(ledger)])]
    waiting = unfolded(ledger)
    if waiting:
        source = f"(SELECT * FROM {ledger.engine.source(waiting)} WHERE subject = {subject})"
        found.append(ledger.engine.query(_from_segments(source)).cast(EXPOSURES))
    return pa.concat_tables(found) if found else EXPOSURES.empty_table()


class _Indexed:
    """An open fold file with the largest subject of each row group, to find a subject by bisection."""

    def __init__(self, path: str) -> None:
        self.file = pq.ParquetFile(path, memory_map=True)
        meta = self.file.metadata
        bounds = [meta.row_group(i).column(0).statistics for i in range(meta.num_row_groups)]
        self.highest = [b.max for b in bounds]
        self.lowest = [b.min for b in bounds]


@lru_cache(maxsize=256)
def _indexed(path: str) -> _Indexed:
    return _Indexed(path)


def _lookup(path: str, subject: int) -> pa.Table:
    index = _indexed(path)
    groups = []
    place = bisect.bisect_left(index.highest, subject)
    while place < len(index.highest) and index.lowest[place] <= subject:
        groups.append(place)
        place += 1
    if not groups:
        return EXPOSURES.empty_table()
    keys = np.asarray(index.file.read_row_groups(groups, columns=["subject"], use_threads=False).column(0))
    begin, end = np.searchsorted(keys, subject, "left"), np.searchsorted(keys, subject, "right")
    if begin == end:
        return EXPOSURES.empty_table()
    rows = index.file.read_row_groups(groups, use_threads=False).slice(int(begin), int(end - begin))
    return pa.table(
        [pc.cast(rows.column(name), kind) for name, kind in zip(EXPOSURES.names, EXPOSURES.types, strict=True)], schema=EXPOSURES
    )
