"""Matching: a dump of five million rows against a ledger of 100 million disclosures, from files to people and from people to the verdict.

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
import pyarrow.csv as pa_csv
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


def written(scratch: Path, size: int) -> tuple[Path, Path]:
    """A dump as CSV and as SQL, `size` rows of id, phone and nickname, half of them of people whose phones are known; and a home that knows these."""
    from nilometer.app import identityfiles

    folder, home = scratch / f"dump-{size}", scratch / f"identities-{size}"
    if (folder / "dump.sql").exists() and (home / "identities" / "index.json").exists():
        return folder, home
    shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(home, ignore_errors=True)
    folder.mkdir()
    rng = np.random.default_rng(29)
    known = np.arange(2 * size) * 2
    some = rng.choice(4 * size, size, replace=False)

    def phones(ids: Ints) -> npt.NDArray[Any]:
        return np.char.add("138", np.char.zfill(ids.astype(str), 8))

    pa_csv.write_csv(pa.table({"subject": known, "phone": phones(known)}), folder / "identities.csv")
    rows = pa.table({"uid": some, "tel": phones(some), "nick": np.char.add("nick", some.astype(str))})
    pa_csv.write_csv(rows, folder / "dump.csv")
    with (folder / "dump.sql").open("w") as out:
        out.write("CREATE TABLE `m` (\n  `uid` bigint,\n  `tel` varchar(20),\n  `nick` varchar(40)\n);\n")
        for begin in range(0, size, 5_000):
            part = zip(*(column.to_pylist() for column in rows.slice(begin, 5_000).columns), strict=True)
            out.write("INSERT INTO `m` VALUES " + ",".join(f"({a},'{b}','{c}')" for a, b, c in part) + ";\n")
    import nilometer as nm

    with nm.open(home) as opened:
        identityfiles.take(opened.home, [str(folder / "identities.csv")], country="86")
    return folder, home


def read(home: str, path: str) -> tuple[int, Any]:
    """`nilometer match` of a file against identities and no disclosures: reading, recognising, keying, whose each row is."""
    import nilometer as nm

    with nm.open(home) as opened:
        said = opened.match(path)
    return said["matched"], said["rows"]


def run(scratch: Path, rows: int, rounds: int) -> None:
    """Prints reading, the whole from pseudonyms on, and the two ways to find the rows."""
    _read(scratch, (rows or 100_000_000) // 20, rounds)
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


def _read(scratch: Path, size: int, rounds: int) -> None:
    folder, home = written(scratch, size)
    body = []
    for name in ("dump.csv", "dump.sql"):
        taken = [measure.alone(_used, read, str(home), str(folder / name)) for _ in range(rounds)]
        assert {one[2][0] for one in taken} == {(taken[0][2][0][0], size)}, "all rows, the same ones matched"
        times = [one[0] for one in taken]
        used = statistics.median(one[2][1] for one in taken)
        body.append([name, statistics.median(times), min(times), used, f"{max(one[1] for one in taken) / 1000:.1f} GB"])
    headings = ("file", "median, s", "best, s", "processor time, s", "peak")
    measure.print_table(f"Reading a dump of {size:,} rows, {2 * size:,} phones known: files to people", headings, body)


def _used(work: Callable[..., tuple[int, Any]], *given: Any) -> tuple[tuple[int, Any], float]:
    began = time.process_time()
    return work(*given), time.process_time() - began
