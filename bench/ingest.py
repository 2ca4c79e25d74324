"""Ingest: canonical Parquet, canonical NDJSON and nginx combined lines with a mapping, beside DuckDB reading the same."""

from __future__ import annotations

import shutil
import statistics
from pathlib import Path

import duckdb

from bench import data, measure

MAPPING = """
[[surface]]
name = "order.buyer"
match = "GET /api/v2/orders/{order}/buyers/{subject}"
fields = ["nickname", "phone"]
reference = "{order}"
[actor]
app = "query:app_key"
account = "remote_user"
ip = "remote_addr"
"""


def nilometer(path: str, mapping: str | None, home: str) -> int:
    """One ingest into a fresh home, in a process that has imported everything; disclosures stored."""
    import nilometer as nm

    shutil.rmtree(home, ignore_errors=True)
    with nm.open(home) as opened:
        return opened.ingest(path, mapping=mapping).disclosures


def plain(sql: str) -> int:
    """One DuckDB query on two threads."""
    connection = duckdb.connect()
    connection.execute("SET threads=2")
    return int(connection.execute(sql).fetchall()[0][0])


def run(scratch: Path, rows: int, rounds: int) -> None:
    """Prints rows a second for each source, beside DuckDB that only parses and counts distinct people per app."""
    rows = rows or 4_000_000
    parquet = data.parquet(scratch / f"ingest-{rows}.parquet", rows, 30, seed=11)
    ndjson = data.ndjson(scratch / f"ingest-{rows}.ndjson", parquet)
    combined = data.combined(scratch / f"ingest-{rows}.log", parquet)
    mapping = scratch / "mapping.toml"
    mapping.write_text(MAPPING)
    split = (
        f"read_csv('{combined}', delim=' ', header=false, quote='\"', escape='\\', auto_detect=false, parallel=true, columns={{"
        + ", ".join(f"'c{i}': 'VARCHAR'" for i in range(10))
        + "})"
    )
    cases = [
        (
            "canonical Parquet",
            parquet,
            None,
            1.5,
            f"SELECT count(*) FROM (SELECT app, count(DISTINCT subject) FROM '{parquet}' GROUP BY app)",
        ),
        (
            "canonical NDJSON",
            ndjson,
            None,
            0.7,
            f"SELECT count(*) FROM (SELECT app, count(DISTINCT subject) FROM read_json('{ndjson}', format='newline_delimited') GROUP BY app)",
        ),
        (
            "nginx combined, mapping",
            combined,
            str(mapping),
            0.5,
            f"SELECT count(*) FROM (SELECT c2, count(DISTINCT split_part(split_part(c5, '/', 7), '?', 1)) FROM {split} GROUP BY c2)",
        ),
    ]
    body = []
    for name, path, chosen, goal, sql in cases:
        ours, theirs, peak = [], [], 0.0
        for _ in range(rounds):
            seconds, memory, stored = measure.alone(nilometer, str(path), chosen, str(scratch / "home"))
            assert stored == rows, (stored, rows)
            ours.append(seconds)
            peak = max(peak, memory)
            theirs.append(measure.alone(plain, sql)[0])
        mine, duck = statistics.median(ours), statistics.median(theirs)
        body.append([name, f"{rows / mine / 1e6:.2f} M/s", f"{goal} M/s", f"{rows / duck / 1e6:.2f} M/s", mine / duck, f"{peak:,.0f} MB"])
    shutil.rmtree(scratch / "home", ignore_errors=True)
    measure.print_table(
        f"Ingest of {rows:,} rows: read, pseudonymised, stored and synced (median of {rounds})",
        ["source", "Nilometer", "goal", "DuckDB: parse, distinct people per app", "time ratio", "peak"],
        body,
    )
