"""Matching: a dump of five million rows against a ledger of 100 million disclosures, from pseudonyms to the verdict.

The ledger is that of `bench.scope`. Of the dump seven tenths come from its large actor, three tenths are popular people. Beside it
two ways to find whose rows they are: DuckDB joins them while it reads, or a bitmap and a binary search look at the subjects of each
segment first and only what they keep is read on.
"""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from bench import measure, scope

DUMP = 5_000_000
_BITS = 27
COLUMNS = ("org", "app", "account", "session", "ip", "time", "fields", "shown")
Ints = npt.NDArray[np.int64]


def dump(size: int, people: int) -> Ints:
    """Pseudonyms of a dump, ascending: seven tenths are people of the large actor, the others popular ones of anybody's."""
    rng = np.random.default_rng(23)
    his = rng.choice(people, min(people, size * 7 // 10), replace=False)
    others = (60_000_000 * rng.random(size - len(his)) ** 2).astype(np.int64)
    return np.unique(scope._mixed(np.concatenate([his, others])))


def judged(home: str, size: int, people: int) -> tuple[int, Any]:
    """Holdings and verdict: people in the dump, and who is named."""
    import nilometer as nm
    from nilometer.attribution.found import unbounded
    from nilometer.attribution.match import judge
    from nilometer.ledger.holding import held

    found = unbounded(size, dump(size, people))
    with nm.open(home) as opened:
        verdict = judge(held(opened.home.ledger, found.people), found)
    return len(found.people), verdict.named


def joined(home: str, size: int, people: int) -> tuple[int, Any]:
    """Rows of the dump's people with their actors, by DuckDB's join (how `ledger.holding` reads)."""
    import nilometer as nm

    asked = dump(size, people)
    places = pa.table({"person": pa.array(asked), "place": pa.array(np.arange(len(asked)))})
    with nm.open(home) as opened:
        engine = opened.home.ledger.engine
        source = engine.between(opened.home.ledger.manifest.segments)
        sql = f"SELECT place, {', '.join(COLUMNS)} FROM {source} JOIN asked ON subject = asked.person WHERE shown"
        return sum(batch.num_rows for batch in engine.stream(sql, asked=places)), None


def probed(home: str, size: int, people: int) -> tuple[int, Any]:
    """The same by numpy: one bit for the low bits of each pseudonym, then a binary search among those that have it."""
    import nilometer as nm

    asked = dump(size, people)
    marked = np.zeros(1 << _BITS, bool)
    marked[asked & ((1 << _BITS) - 1)] = True

    def segment(path: str) -> Iterator[int]:
        file = pq.ParquetFile(path)
        for group in range(file.num_row_groups):
            subject = np.asarray(file.read_row_group(group, columns=["subject"], use_threads=False).column(0))
            maybe = np.flatnonzero(marked[subject & ((1 << _BITS) - 1)])
            place = np.minimum(np.searchsorted(asked, subject[maybe]), len(asked) - 1)
            kept = maybe[asked[place] == subject[maybe]]
            rows = file.read_row_group(group, columns=list(COLUMNS), use_threads=False).take(pa.array(kept))
            yield int(np.count_nonzero(np.asarray(rows.column("shown"))))

    with nm.open(home) as opened, ThreadPoolExecutor(max_workers=2) as threads:
        paths = opened.home.ledger.paths([s.file for s in opened.home.ledger.manifest.segments])
        return sum(threads.map(lambda path: sum(segment(path)), paths)), None


def run(scratch: Path, rows: int, rounds: int) -> None:
    """Prints the whole, and the two ways to find the rows."""
    rows = rows or 100_000_000
    people, size = rows // 5, rows // 20
    home = scratch / f"scope-{rows}"
    if not (home / "ledger" / "manifest.json").exists():
        shutil.rmtree(home, ignore_errors=True)
        scope.made(str(home), rows, people)
    body, counts = [], set()
    for name, work in (
        ("from pseudonyms to the verdict", judged),
        ("rows only, DuckDB's join", joined),
        ("rows only, bitmap and search", probed),
    ):
        times, peaks, processor = [], [], []
        for _ in range(rounds):
            seconds, memory, ((number, named), used) = measure.alone(_used, work, str(home), size, people)
            if work is judged:
                assert named == ("app", scope.ACTOR), f"named {named}, expected app {scope.ACTOR}"
            else:
                counts.add(number)
            times.append(seconds)
            peaks.append(memory)
            processor.append(used)
        body.append([name, statistics.median(times), min(times), statistics.median(processor), f"{max(peaks) / 1000:.1f} GB"])
    assert len(counts) == 1, f"the two ways found different numbers of rows: {counts}"
    headings = ("what", "median, s", "best, s", "processor time, s", "peak")
    measure.print_table(f"A dump of {size:,} rows against {rows:,} disclosures ({counts.pop():,} of its people)", headings, body)


def _used(work: Callable[[str, int, int], tuple[int, Any]], home: str, size: int, people: int) -> tuple[tuple[int, Any], float]:
    began = time.process_time()
    return work(home, size, people), time.process_time() - began
