"""Tiny handmade disclosure files with their truth, whose right answers can be counted by hand."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from nilometer.app.evaluate import columns
from nilometer.app.evaluate.columns import SECOND, Columns

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
STAMP = pa.timestamp("us", tz="UTC")


def at(seconds: float) -> datetime:
    """The moment so many seconds after the first."""
    return BEGIN + timedelta(seconds=seconds)


def micro(seconds: float) -> int:
    """The same in microseconds since 1970."""
    return int(BEGIN.timestamp()) * SECOND + round(seconds * SECOND)


def row(seconds: float, subject: object, **more: Any) -> dict[str, Any]:
    """A disclosure of `subject` to account a1 of app p1 of org o1, unless said otherwise."""
    usual = {"org": "o1", "app": "p1", "account": "a1", "session": "s1", "ip": "10.0.0.1", "surface": "read", "status": 200}
    return {"time": at(seconds), "subject": str(subject), **usual, **more}


def table(rows: Iterable[dict[str, Any]]) -> pa.Table:
    """Rows as an Arrow table."""
    made = pa.Table.from_pylist(list(rows))
    return made.set_column(made.column_names.index("time"), "time", made.column("time").cast(STAMP))


def cols(rows: Iterable[dict[str, Any]]) -> Columns:
    """Rows as columns."""
    return columns.of(table(rows))


def leak(people: int, start: float, end: float, *actors: tuple[str, str], **more: Any) -> dict[str, Any]:
    """A leak as truth.json has it."""
    named = [{"level": level, "id": ident} for level, ident in actors]
    when = {"started": at(start).isoformat(), "ended": at(end).isoformat()}
    return {"actors": named, "people": people, "surfaces": ["read"], **when, **more}


def innocent(*actors: tuple[str, str]) -> dict[str, Any]:
    """An innocent as truth.json has it."""
    return {"actors": [{"level": level, "id": ident} for level, ident in actors], "why": "honest work"}


def folder(place: Path, rows: Sequence[dict[str, Any]], leaks: Sequence[dict[str, Any]] = (), innocents: Sequence[dict[str, Any]] = (),
    marked: Sequence[tuple[int, float, object]] = (), but: dict[str, Any] | None = None) -> Path:  # fmt: skip
    """A folder as `simulate` writes it; `marked` are (leak, seconds, subject) for the marker file; `but` overrides."""
    place.mkdir(parents=True, exist_ok=True)
    pq.write_table(table(rows), place / "disclosures.parquet")
    truth = {"scenario": "handmade", "title": "By hand", "kind": "leak" if leaks else "lookalike", "seed": 3, "scale": 1.0}
    (place / "truth.json").write_text(json.dumps({**truth, "leaks": list(leaks), "innocents": list(innocents), **(but or {})}))
    if marked:
        number, seconds, subject = zip(*marked, strict=True)
        times = pa.array([at(s) for s in seconds]).cast(STAMP)
        pq.write_table(
            pa.table({"leak": pa.array(number, pa.int32()), "time": times, "subject": list(map(str, subject))}), place / "leaks.parquet"
        )
    return place
