"""Generated input for benchmarks, from seeds: uneven actors, repeat visits, most people seen by few."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

DAY = 86_400


def rows(
    count: int, begin: int, days: int, total: int, seed: int, *, people: int = 20_000_000, apps: int = 20_001
) -> dict[str, npt.NDArray[np.int64]]:
    """`count` of `total` disclosures from row `begin` on, in time order over `days` days: `second`, `app`, `account`, `subject`, `ip`, `status`."""
    rng = np.random.default_rng([seed, begin])
    app = np.minimum((rng.pareto(1.1, count) * 60).astype(np.int64), apps - 1)
    base = app * 7919 % people
    width = 200 + app * 31 % 4000
    near = (base + (rng.random(count) ** 2 * width).astype(np.int64)) % people
    far = rng.integers(0, people, count)
    return {
        "second": np.sort(((begin + np.arange(count)) * (days * DAY) // total) + rng.integers(0, 30, count)),
        "app": app,
        "account": app * 3 + rng.integers(0, 3, count),
        "subject": np.where(rng.random(count) < 0.35, far, near),
        "ip": rng.integers(0, 40_000, count),
        "status": np.where(rng.random(count) < 0.02, 404, 200),
    }


def parquet(path: Path, total: int, days: int, seed: int) -> Path:
    """Canonical Parquet with string actors and integer subjects; made once."""
    if path.exists():
        return path
    partial = path.with_suffix(".partial")
    writer = None
    for begin in range(0, total, 2_000_000):
        r = rows(min(2_000_000, total - begin), begin, days, total, seed)
        table = pa.table(
            {
                "time": pa.array(r["second"] * 1_000_000 + 1_577_836_800_000_000).cast(pa.timestamp("us", tz="UTC")),
                "subject": r["subject"],
                "org": _text("org-", r["app"] // 4),
                "app": _text("app-", r["app"]),
                "account": _text("account-", r["account"]),
                "ip": _text("10.0.", r["ip"]),
                "surface": pa.repeat("order.buyer", len(r["app"])),
                "fields": pa.repeat("nickname|phone", len(r["app"])),
                "status": r["status"].astype(np.int16),
            }
        )
        writer = writer or pq.ParquetWriter(partial, table.schema, compression="zstd")
        writer.write_table(table)
    assert writer is not None
    writer.close()
    partial.rename(path)
    return path


def _text(prefix: str, numbers: npt.NDArray[np.int64]) -> pa.Array:
    found, place = np.unique(numbers, return_inverse=True)
    return pa.DictionaryArray.from_arrays(place.astype(np.int32), pa.array([f"{prefix}{n}" for n in found])).cast(pa.string())


def ndjson(path: Path, source: Path) -> Path:
    """The Parquet as canonical NDJSON, by DuckDB; made once."""
    if not path.exists():
        duckdb.sql(
            f"""COPY (SELECT strftime(time AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%SZ') AS time, subject, org, app, account, ip, surface,
            ['nickname', 'phone'] AS fields, status FROM '{source}') TO '{path}.partial' (FORMAT json)"""
        )
        Path(f"{path}.partial").rename(path)
    return path


def combined(path: Path, source: Path) -> Path:
    """The Parquet as an nginx combined log, by DuckDB; made once."""
    if not path.exists():
        duckdb.sql(
            f"""COPY (SELECT '10.0.' || (hash(ip) % 256) || '.' || (hash(ip) // 256 % 256) || ' - ' || account || ' [' ||
            strftime(time AT TIME ZONE 'UTC', '%d/%b/%Y:%H:%M:%S') || ' +0000] "GET /api/v2/orders/' || (hash(subject) % 100000000) || '/buyers/' || subject ||
            '?app_key=' || app || ' HTTP/1.1" ' || status || ' ' || (hash(time) % 9000) || ' "-" "python-requests/2.' || (hash(app) % 30) || '"' AS line
            FROM '{source}') TO '{path}.partial' (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER E'\\x01')"""
        )
        Path(f"{path}.partial").rename(path)
    return path
