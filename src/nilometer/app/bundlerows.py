"""The disclosures of a bundle: as a table people can read, and as excerpts of sealed segments that prove every line of it."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from nilometer.app import csvlines
from nilometer.app.assembly import Home
from nilometer.disclosures.schema import KEYED_ONLY, NAMED, STORED
from nilometer.evidence import rowproof
from nilometer.ledger import behind, rowseal
from nilometer.ledger.scope import Scope, hexadecimal
from nilometer.tlog import chunks

SCHEMA: Final = pa.schema(
    [
        ("segment", pa.string()),
        ("row", pa.int64()),
        ("time", pa.timestamp("us", tz="UTC")),
        *((name, pa.string()) for name in ("subject", *NAMED)),
        ("status", pa.int16()),
        ("shown", pa.bool_()),
        *((name, pa.string()) for name in KEYED_ONLY if name != "subject"),
    ]
)
"""A disclosure as the bundle writes it: where it is stored, then its columns; what only pseudonyms are kept of, in hexadecimal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """How many disclosures were written, from which segments, and how many of these have no sealed digest of their rows."""

    disclosures: int
    segments: tuple[str, ...]
    unsealed: int


def write(home: Home, whole: Scope, payload: Path) -> Written:
    """Writes `disclosures.csv`, `disclosures.parquet`, `names.csv` and the folder `rows`. Raises EvidenceError for a changed segment."""
    (payload / "rows").mkdir()
    names = {kind: home.ledger.names(kind) for kind in NAMED}
    used: dict[str, set[int]] = {kind: set() for kind in NAMED}
    index: list[dict[str, Any]] = []
    disclosures = 0
    with ExitStack() as stack:
        parquet = stack.enter_context(pq.ParquetWriter(payload / "disclosures.parquet", SCHEMA, compression="zstd"))
        put = stack.enter_context(csvlines.writing(stack.enter_context((payload / "disclosures.csv").open("wb")), SCHEMA))
        for part in behind.behind(home.ledger, whole):
            table = _readable(part, names, used)
            parquet.write_table(table)
            put(table)
            disclosures += table.num_rows
            index.append(_proved(home, part, payload / "rows"))
    kept = [(kind, number, names[kind].get(number, "?")) for kind in NAMED for number in sorted(used[kind])]
    table = pa.table(
        {
            "kind": [kind for kind, _, _ in kept],
            "pseudonym": hexadecimal(np.array([number for _, number, _ in kept], np.int64).view(np.uint64)),
            "name": pa.array([name for _, _, name in kept], pa.string()),
        }
    )
    with (payload / "names.csv").open("wb") as stream, csvlines.writing(stream, table.schema) as put:
        put(table)
    layout = {"row_bytes": rowseal.ROW, "rows_per_chunk": chunks.ROWS, "columns": list(STORED.names), "segments": index}
    (payload / "rows" / "index.json").write_text(json.dumps(layout, indent=1) + "\n")
    return Written(
        disclosures=disclosures, segments=tuple(one["segment"] for one in index), unsealed=sum(not one["sealed"] for one in index)
    )


def _readable(part: behind.Behind, names: dict[str, dict[int, str]], used: dict[str, set[int]]) -> pa.Table:
    rows = part.rows
    columns: dict[str, pa.Array] = {
        "segment": pa.repeat(part.segment.file, rows.num_rows),
        "row": pa.array(part.places),
        "time": rows.column("time"),
        "status": rows.column("status"),
        "shown": rows.column("shown"),
    }
    for kind in NAMED:
        coded = rows.column(kind).combine_chunks().dictionary_encode()
        known = coded.dictionary.to_pylist()
        used[kind].update(known)
        texts = pa.array([names[kind].get(number, "?") for number in known], pa.string())
        columns[kind] = texts.take(coded.indices)
    for kind in KEYED_ONLY:
        values = rows.column(kind).combine_chunks()
        texts = hexadecimal(np.asarray(values.fill_null(0)).view(np.uint64))
        columns[kind] = pa.array(texts.to_pylist(), pa.string(), mask=np.asarray(values.is_null())) if values.null_count else texts
    return pa.table([columns[name] for name in SCHEMA.names], schema=SCHEMA)


def _proved(home: Home, part: behind.Behind, folder: Path) -> dict[str, Any]:
    """Writes the excerpt of one segment; what the index says of it."""
    said: dict[str, Any] = {"segment": part.segment.file, "rows": part.segment.rows, "sealed": part.segment.sealed, "ranges": []}
    if not part.segment.sealed:
        return said
    salt = bytes.fromhex(part.segment.salt)
    found = rowproof.excerpt(rowproof.tree(behind.whole(home.ledger, part.segment), salt, part.segment.sealed), part.places)
    name = Path(part.segment.file).stem
    (folder / f"{name}.chunks").write_bytes(found.bodies)
    (folder / f"{name}.path").write_bytes(found.path)
    return {**said, "ranges": found.ranges, "chunks": f"rows/{name}.chunks", "path": f"rows/{name}.path"}
