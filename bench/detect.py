"""Detection by the day: what a day of ten million disclosures by 200,000 actors costs, and whether a day costs more after 240 of them."""

from __future__ import annotations

import shutil
import statistics
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench import measure

FIRST = 18_262
"""1 January 2020, in days since 1970."""
PEOPLE = 60_000_000
DAY = 86_400_000_000


def day(number: int, rows: int, actors: int, seed: int = 11) -> pa.Table:
    """One day: accounts of very different sizes (Zipf), half of whose people come back; shaped as a disclosure file.

    Half of the rows show people of the account's own base, a quarter active people anybody may meet, a quarter never seen ones.
    """
    rng = np.random.default_rng((seed, number))
    account = np.minimum((actors * rng.random(rows) ** 1.6).astype(np.int64), actors - 1)
    account[:actors] = np.arange(actors)
    kind = rng.random(rows)
    base = account * 2_654_435_761 % PEOPLE + (200.0 * rng.random(rows) ** 2).astype(np.int64)
    active = (PEOPLE * rng.random(rows) ** 4).astype(np.int64)
    subject = np.select([kind < 0.5, kind < 0.75], [base % PEOPLE, active], rng.integers(0, PEOPLE, rows))
    at = np.sort(rng.integers(0, DAY, rows)) + (FIRST + number) * DAY
    names = pa.array([f"account-{n}" for n in range(actors)])
    apps = pa.array([f"app-{n}" for n in range(2_000)])
    orgs = pa.array([f"org-{n}" for n in range(1_000)])

    def named(values: pa.Array, places: np.ndarray) -> pa.Array:  # type: ignore[type-arg]
        return pa.DictionaryArray.from_arrays(pa.array(places.astype(np.int32)), values)

    return pa.table(
        {
            "time": pa.array(at, pa.timestamp("us", tz="UTC")),
            "subject": subject,
            "org": named(orgs, account % 1_000),
            "app": named(apps, account % 2_000),
            "account": named(names, account),
            "surface": named(pa.array([f"surface-{n}" for n in range(20)]), account % 20),
        }
    )


def looked(home: str, path: str) -> tuple[float, float]:
    """Reads one day into the home and looks at it, each through the front door in a fresh process; seconds for each."""
    import nilometer as nm

    with nm.open(home) as opened:
        began = time.perf_counter()
        opened.ingest(path)
        read = time.perf_counter()
        opened.detect()
        return read - began, time.perf_counter() - read


def run(scratch: Path, rows: int, rounds: int) -> None:
    """Prints the table: a short history of full days, then a long one of small days."""
    full = rows or 10_000_000
    print("\n| day | disclosures | actors | detect, s | peak memory, GB |\n|---|---|---|---|---|")
    _days(scratch, "full", 4, full, max(1_000, full // 50), every=1)
    _days(scratch, "long", 240, full // 100, max(100, full // 1_000), every=30)


def _days(scratch: Path, name: str, days: int, rows: int, actors: int, every: int) -> None:
    home, path = scratch / f"watch-{name}", scratch / f"watch-{name}.parquet"
    shutil.rmtree(home, ignore_errors=True)
    times: list[float] = []
    for number in range(days):
        pq.write_table(day(number, rows, actors), path)
        _, peak, (_, taken) = measure.alone(looked, str(home), str(path))
        times.append(taken)
        if (number + 1) % every == 0:
            middle = statistics.median(times[-every:])
            print(f"| {number + 2 - every}-{number + 1} | {rows:,} a day | {actors:,} | {middle:.2f} | {peak / 1000:.1f} |")
            sys.stdout.flush()
