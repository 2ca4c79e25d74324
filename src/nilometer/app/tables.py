"""Tables in and out: whatever holds Arrow data can be ingested, and views come back as Arrow with names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from nilometer.app.assembly import Home
from nilometer.disclosures.actor import LEVELS
from nilometer.errors import InputError
from nilometer.ledger.views import VIEWS


@contextmanager
def as_file(what: object, folder: Path) -> Iterator[str]:
    """A table as a Parquet file for as long as it is read. Takes Arrow, Polars, pandas and DuckDB relations.

    Raises InputError for anything else.
    """
    table = _arrow(what)
    path = folder / f"table-{id(what):x}.parquet"
    try:
        pq.write_table(table, path, compression="none")
        path.chmod(0o600)
        yield str(path)
    finally:
        path.unlink(missing_ok=True)


def _arrow(what: Any) -> pa.Table:
    if isinstance(what, pa.Table):
        return what
    if isinstance(what, pa.RecordBatch):
        return pa.Table.from_batches([what])
    for method in ("to_arrow_table", "to_arrow"):  # DuckDB relations; Polars frames
        if hasattr(what, method):
            return getattr(what, method)()
    if hasattr(what, "__arrow_c_stream__"):
        return pa.table(what)
    if hasattr(what, "to_records") and hasattr(what, "columns"):
        return pa.Table.from_pandas(what, preserve_index=False)
    raise InputError(f"Cannot ingest a {type(what).__name__}; expected a path, or an Arrow, Polars, pandas or DuckDB table.")


@dataclass(frozen=True, slots=True)
class View:
    """The rows of a view, with the actors' own ids in `actor`."""

    table: pa.Table

    def to_arrow(self) -> pa.Table:
        """The rows as an Arrow table."""
        return self.table


def view(home: Home, name: str, level: str) -> View:
    """A view of the ledger with names for pseudonyms. Raises InputError for a view or level that does not exist."""
    if name not in VIEWS:
        raise InputError(f"No view {name!r}; expected one of {', '.join(VIEWS)}.")
    if level not in LEVELS:
        raise InputError(f"No level {level!r}; expected one of {', '.join(LEVELS)}.")
    rows = home.ledger.answer(name, level=level)
    for column, kind in (("actor", level), ("surface", "surface"), ("fields", "fields")):
        if column in rows.column_names:
            names = home.ledger.names(kind)
            texts = pa.array([names.get(i) if i is not None else None for i in rows.column(column).to_pylist()], pa.string())
            rows = rows.set_column(rows.column_names.index(column), column, texts)
    return View(rows)
