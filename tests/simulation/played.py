"""A simulated directory, opened for questions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

SCALE = 0.1


@dataclass(frozen=True)
class Played:
    """A simulated directory: its truth, and its table as the view `d` (with the local day as `day`) and `shown`."""

    truth: dict[str, Any]
    database: duckdb.DuckDBPyConnection

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.database.execute(sql).fetchall()

    def one(self, sql: str) -> Any:
        return self.rows(sql)[0][0]


def opened(directory: Path) -> Played:
    database = duckdb.connect(config={"threads": "1"})
    database.execute("SET TimeZone = 'UTC'")
    table = directory / "disclosures.parquet"
    database.execute(
        f"CREATE VIEW d AS SELECT *, CAST(time + INTERVAL 8 HOUR AS DATE) AS day, file_row_number AS place FROM read_parquet('{table}', file_row_number = true)"
    )
    database.execute("CREATE VIEW shown AS SELECT * FROM d WHERE status BETWEEN 200 AND 299 OR status = 304")
    return Played(json.loads((directory / "truth.json").read_text()), database)
