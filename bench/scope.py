"""Scope: exactly whose data one actor was shown, 20 million people of it, out of a ledger of 100 million disclosures."""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bench import measure
from nilometer.ledger.scope import Part, Scope

ACTOR = 4_711
"""The pseudonym of the app whose scope is asked for; two fifths of all disclosures are its."""
PER_COMMIT = 2_000_000
FIRST = 1_577_836_800_000_000
"""1 January 2020, in microseconds since 1970."""
SPAN = 240 * 86_400_000_000
FIELDS = {1: "nickname", 2: "nickname|phone", 3: "address|nickname|phone", -4: "phone", 5: "order", -6: "address|order|phone"}
SURFACES = {21: "review.detail", -22: "order.buyer", 23: "item.viewer"}


def _mixed(values: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Numbers spread over 64 bits, different ones differently (Steele, Lea and Flood, SplitMix, OOPSLA 2014)."""
    z = values.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (z ^ (z >> np.uint64(31))).view(np.int64)


def _rows(begin: int, size: int, rows: int, people: int) -> pa.Table:
    """Part of the ledger, in order of time: of every five rows two are the actor's; its first ones reach all `people` once."""
    from nilometer.disclosures.schema import STORED

    rng = np.random.default_rng((17, begin))
    number = np.arange(begin, begin + size)
    his = number % 5 < 2
    turn = number // 5 * 2 + number % 5  # his first, second, ... row
    again = np.where(turn < people, turn * 7_919 % people, rng.integers(0, people, size))
    others = (60_000_000 * rng.random(size) ** 2).astype(np.int64)
    app = np.where(his, ACTOR, 100_000 + (20_000 * rng.random(size) ** 2).astype(np.int64))
    at = FIRST + number * (SPAN // rows) + rng.integers(0, 1_000, size)
    status = np.where(rng.random(size) < 0.01, 403, 200).astype(np.int16)
    status[his & (turn < people)] = 200
    columns = {
        "time": pa.array(at, pa.timestamp("us", tz="UTC")),
        "subject": _mixed(np.where(his, again, others)),
        "org": _mixed(app // 3),
        "app": np.where(his, ACTOR, _mixed(app)),
        "account": _mixed(app * 4 + rng.integers(0, 4, size)),
        "ip": _mixed(app * 64 + rng.integers(0, 64, size)),
        "surface": np.array(list(SURFACES))[number % 3],
        "fields": np.array(list(FIELDS))[rng.integers(0, 6, size)],
        "status": status,
        "shown": status == 200,
        "request": rng.integers(-(2**62), 2**62, size),
        "step": np.zeros(size, np.int8),
    }
    arrays = [pa.array(columns[f.name], f.type) if f.name in columns else pa.nulls(size, f.type) for f in STORED]
    return pa.table(arrays, schema=STORED)


def made(folder: str, rows: int, people: int) -> int:
    """Writes the ledger, through the one writer, once."""
    import nilometer as nm
    from nilometer.ledger.manifest import Ingested

    given = {"label": "bench", "format": "bench", "head": "", "digest": "", "mapping": "", "size": 0, "entries": 0}
    counts = {"disclosures": 0, "shown": 0, "unmatched": 0, "unreadable": 0, "complete": True, "at": "2026-01-01T00:00:00Z"}
    with nm.open(folder) as opened, opened.home.ledger.writing("bench") as writer:
        for kind, names in (("fields", FIELDS), ("surface", SURFACES), ("app", {ACTOR: "app-large"})):
            writer.name(kind, np.array(list(names), np.int64), pa.array(list(names.values())))
        for begin in range(0, rows, PER_COMMIT):
            writer.add(_rows(begin, min(PER_COMMIT, rows - begin), rows, people))
        writer.commit([Ingested(**given, **counts)])  # type: ignore[arg-type]
    return rows


def in_heaps(home: str, path: str) -> int:
    """The design that was kept: `nilometer.app.scope.write`, rows in heaps by person, each folded by itself. Returns people."""
    import nilometer as nm
    from nilometer.app import scope

    with nm.open(home) as opened:
        return scope.write(opened.home, _scope(), Path(path))


def counted(home: str, path: str) -> int:
    """The same without writing: how many people."""
    import nilometer as nm
    from nilometer.app import scope

    with nm.open(home) as opened:
        return scope.counted(opened.home, _scope())


def grouped(home: str, path: str) -> int:
    """The other design: one GROUP BY in DuckDB, copied to Parquet. Fields as bits; texts would cost more."""
    import nilometer as nm

    with nm.open(home) as opened:
        ledger = opened.home.ledger
        bits = pa.table({"ident": pa.array(list(FIELDS), pa.int64()), "bit": pa.array([1 << n for n in range(len(FIELDS))], pa.int64())})
        rows = f"(SELECT * FROM {ledger.engine.source(ledger.manifest.segments)} WHERE app = {ACTOR} AND shown)"
        connection = ledger.engine._open()
        connection.register("bits", bits)
        sql = (
            f"SELECT lower(lpad(hex(subject), 16, '0')) AS subject, bit_or(bit) AS fields, min(time) AS first, max(time) AS last, "
            f"count(*) AS count FROM {rows} LEFT JOIN bits ON fields = ident GROUP BY subject"
        )
        ledger.engine.copy(sql, Path(path), 500_000)
        return int(connection.sql(f"SELECT count(*) FROM '{path}'").fetchall()[0][0])


def _scope() -> Scope:
    return Scope(parts=(Part(nodes=(("app", ACTOR),)),))


def run(scratch: Path, rows: int, rounds: int) -> None:
    """Prints both designs, writing Parquet, and the winner writing CSV."""
    rows = rows or 100_000_000
    people = rows // 5
    home = scratch / f"scope-{rows}"
    if not (home / "ledger" / "manifest.json").exists():
        shutil.rmtree(home, ignore_errors=True)
        seconds, memory, _ = measure.alone(made, str(home), rows, people)
        print(f"made {rows:,} disclosures in {seconds:.0f} s (peak {memory:,.0f} MB)")
    body = []
    for name, work, suffix in (
        ("counted only", counted, ".none"),
        ("in heaps, Parquet", in_heaps, ".parquet"),
        ("in heaps, CSV", in_heaps, ".csv"),
        ("one GROUP BY in DuckDB, Parquet, in no order", grouped, ".duckdb.parquet"),
    ):
        times, peaks, processor = [], [], []
        for _ in range(rounds):
            path = scratch / f"scope-people{suffix}"
            seconds, memory, (found, used) = measure.alone(_used, work, str(home), str(path))
            assert found == people, f"{name}: {found:,} people, expected {people:,}"
            times.append(seconds)
            peaks.append(memory)
            processor.append(used)
            path.unlink(missing_ok=True)
        body.append([name, statistics.median(times), min(times), statistics.median(processor), f"{max(peaks) / 1000:.1f} GB"])
    headings = ("design", "median, s", "best, s", "processor time, s", "peak")
    measure.print_table(f"Scope of an actor with {people:,} people out of {rows:,} disclosures", headings, body)


def _used(work: Callable[[str, str], int], home: str, path: str) -> tuple[int, float]:
    began = time.process_time()
    return work(home, path), time.process_time() - began
