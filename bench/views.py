"""Views and look-ups over a large ledger, beside the best hand-written DuckDB query over the same rows."""

from __future__ import annotations

import shutil
import statistics
import time
from pathlib import Path

import duckdb
import numpy as np

from bench import data, measure

_REACH = "SELECT count(*), sum(n) FROM (SELECT app, CAST(time AS DATE) AS day, count(DISTINCT subject) AS n FROM {0} WHERE status BETWEEN 200 AND 299 GROUP BY ALL)"
_NEW = "SELECT count(*), sum(n) FROM (SELECT app, day, count(*) AS n FROM (SELECT app, subject, min(CAST(time AS DATE)) AS day FROM {0} WHERE status BETWEEN 200 AND 299 GROUP BY app, subject) GROUP BY ALL)"


def hand_written(path: str, sql: str, scratch: str) -> tuple[int, int]:
    """One DuckDB query over the canonical Parquet, on two threads and 3 GB."""
    connection = duckdb.connect()
    connection.execute(f"SET threads=2; SET memory_limit='3GB'; SET temp_directory='{scratch}/spill'; SET TimeZone='UTC'")
    return tuple(int(v) for v in connection.execute(sql.format(f"'{path}'")).fetchall()[0])  # type: ignore[return-value]


def view(home: str) -> tuple[int, int, int]:
    """Reach and new people per app and day, in one view: rows, people, new people."""
    import nilometer as nm

    with nm.open(home) as opened:
        table = opened.home.ledger.answer("people_by_day", level="app")
        return table.num_rows, int(np.asarray(table.column("people")).sum()), int(np.asarray(table.column("new")).sum())


def load(path: str, home: str) -> int:
    """The ledger over the rows, made once."""
    import nilometer as nm

    with nm.open(home) as opened:
        return opened.ingest(path).disclosures


def lookups(home: str, subjects: list[int], apps: list[str]) -> tuple[float, list[float], list[float]]:
    """Seconds to fold, then per look-up `who` and `actor`, warm."""
    import nilometer as nm
    from nilometer.ledger import folds

    with nm.open(home) as opened:
        began = time.perf_counter()
        folds.fold(opened.home.ledger)
        folded = time.perf_counter() - began
        found: tuple[list[float], list[float]] = ([], [])
        for times, ask, what in ((found[0], opened.who, subjects), (found[1], lambda a: opened.actor("app", a), apps)):
            for one in [what[0], *what]:  # the first warms up
                began = time.perf_counter()
                ask(one)
                times.append(time.perf_counter() - began)
            times.pop(0)
        return folded, *found


def run(scratch: Path, rows: int, rounds: int) -> None:
    """Prints the view beside DuckDB, and the times of look-ups."""
    rows = rows or 100_000_000
    days = 30
    path = data.parquet(scratch / f"views-{rows}.parquet", rows, days, seed=12)
    home = scratch / f"home-{rows}"
    if not (home / "ledger" / "manifest.json").exists():
        shutil.rmtree(home, ignore_errors=True)
        seconds, memory, _ = measure.alone(load, str(path), str(home))
        print(f"loaded {rows:,} rows in {seconds:.1f} s ({rows / seconds / 1e6:.2f} M/s, peak {memory:,.0f} MB)")
    timed: dict[str, list[float]] = {"view": [], "reach": [], "new": []}
    peaks = dict.fromkeys(timed, 0.0)
    for _ in range(rounds):
        for name, work, given in (
            ("reach", hand_written, (str(path), _REACH, str(scratch))),
            ("new", hand_written, (str(path), _NEW, str(scratch))),
            ("view", view, (str(home),)),
        ):
            seconds, memory, answer = measure.alone(work, *given)
            timed[name].append(seconds)
            peaks[name] = max(peaks[name], memory)
            if name == "reach":
                reach = answer
            elif name == "new":
                new = answer
            else:
                assert answer == (reach[0], reach[1], new[1]), (answer, reach, new)
    ours, both = statistics.median(timed["view"]), statistics.median(timed["reach"]) + statistics.median(timed["new"])
    measure.print_table(
        f"{rows:,} disclosures over {days} days: reach and new people per app and day (same answers; median of {rounds})",
        ["what", "seconds", "peak MB"],
        [
            ["DuckDB by hand: reach", statistics.median(timed["reach"]), f"{peaks['reach']:,.0f}"],
            ["DuckDB by hand: new people", statistics.median(timed["new"]), f"{peaks['new']:,.0f}"],
            ["Nilometer, view `people_by_day`: both", ours, f"{peaks['view']:,.0f}"],
            ["ratio (goal: at most 2)", ours / both, ""],
        ],
    )
    rng = np.random.default_rng(5)
    sample = data.rows(200_000, 0, days, rows, seed=12)
    subjects = [int(s) for s in rng.choice(sample["subject"], 200)]
    apps = [f"app-{a}" for a in rng.choice(sample["app"], 40)]
    seconds, memory, (folded, who, actor) = measure.alone(lookups, str(home), subjects, apps)
    big = [f"app-{a}" for a in np.argsort(-np.bincount(sample["app"]))[:3]]
    _, _, (_, _, biggest) = measure.alone(lookups, str(home), subjects[:1], big)
    ms = [
        [name, np.median(t) * 1e3, np.quantile(t, 0.99) * 1e3, goal]
        for name, t, goal in (
            ("who SUBJECT", who, "50 ms"),
            ("actor app (drawn by disclosures)", actor, "200 ms"),
            ("actor app, the three largest", biggest, ""),
        )
    ]
    measure.print_table(
        f"Look-ups over {rows:,} disclosures, warm (folding took {folded:.1f} s; peak {memory:,.0f} MB)",
        ["what", "median ms", "p99 ms", "goal"],
        ms,
    )
