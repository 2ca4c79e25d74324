"""Taking people out of a ledger: their rows stay and count, and say nobody's any more.

In each row of theirs the person becomes a tombstone: a number that a key made which is thrown away at once. One person is one
tombstone everywhere, so that every count of distinct people stays what it was. References and request ids, which the platform's other
records connect with the person, become tombstones in the same way, unless other people have them, too: then they say one of several,
and stay, so that detection finds what it found. The block of neighbouring ids and extra columns go.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from nilometer.disclosures import pseudonym
from nilometer.disclosures.pseudonym import Key
from nilometer.disclosures.schema import STORED
from nilometer.ledger import behind, files, manifest, segments, vault
from nilometer.ledger.engines import duckdb as engine
from nilometer.ledger.ledger import Ledger
from nilometer.ledger.manifest import Manifest, Segment
from nilometer.ledger.sets import among, distinct

Ints = npt.NDArray[np.int64]

_SHARED: Final = ("reference", "request")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A ledger without some people, written beside the old one: `fresh` makes it hold.

    gone: files that it names no longer, folds aside. rows: how many rows were of these people. people: how many of them there were.
    """

    fresh: Manifest
    gone: tuple[str, ...]
    rows: int
    people: int


def held(ledger: Ledger, subjects: Ints) -> dict[str, tuple[int, int]]:
    """By segment that holds any of these people (each once): how many rows and how many of the people. Raises EngineError."""
    if not len(subjects) or not ledger.manifest.segments:
        return {}
    names = {str(ledger.folder / one.file): one.file for one in ledger.manifest.segments}
    asked = pa.table({"person": pa.array(subjects, pa.int64())})
    sql = (
        "SELECT filename, count(*) AS n, count(DISTINCT subject) AS people "
        f"FROM read_parquet({list(names)!r}, filename=true) JOIN asked ON subject = asked.person GROUP BY filename"
    )
    found = ledger.engine.query(sql, asked=asked).to_pylist()
    return {names[row["filename"]]: (row["n"], row["people"]) for row in found}


def prepare(ledger: Ledger, subjects: Ints) -> Prepared:
    """Writes the segments of these people (ascending, each once) anew; the ledger is what it was until `finish`.

    The caller holds the ledger (`Ledger.writing`). Raises EngineError or OSError; what was written then is swept by the next writer.
    """
    old, where = ledger.manifest, held(ledger, subjects)
    key = Key(epoch=old.key_epoch, secret=secrets.token_bytes(32))  # known to nobody once this returns
    stay = {name: _of_others(ledger, subjects, name) for name in _SHARED} if where else {}
    mark, made, gone = old.generation + 1, dict[str, Segment](), list[str]()
    seen = np.zeros(0, np.int64)
    connection = engine.connect(threads=ledger.engine.threads)
    try:
        for place, segment in enumerate(one for one in old.segments if one.file in where):
            table = behind.whole(ledger, segment)
            rows = among(np.asarray(table.column("subject")), subjects)
            seen = distinct(np.concatenate([seen, np.asarray(table.column("subject"))[rows]]))
            attributes = _attributes(ledger, segment, table, rows, f"{mark:08d}-{place:03d}.sealed")
            made[segment.file] = segments.write(
                connection, ledger.folder / "segments", f"{mark:08d}-{place:03d}.parquet", _buried(table, rows, key, stay), attributes
            )
            gone += [segment.file, *([segment.attributes] if segment.attributes else [])]
    finally:
        connection.close()
    for folder in ("segments", "attributes"):
        files.sync(ledger.folder / folder)
    fresh = msgspec.structs.replace(
        old,
        generation=mark,
        segments=[made.get(one.file, one) for one in old.segments],
        folds=[one for one in old.folds if not set(one.covers) & set(made)],
    )
    return Prepared(fresh=fresh, gone=tuple(gone), rows=sum(n for n, _ in where.values()), people=len(seen))


def finish(ledger: Ledger, prepared: Prepared) -> None:
    """Makes the new segments the ledger's, at once, and removes the old ones. The caller holds the ledger. Raises OSError.

    After a crash in between the old ones are still there: `Ledger.left_behind` names them, the next writer removes them.
    """
    manifest.store(ledger.folder / "manifest.json", prepared.fresh)
    named = prepared.fresh.named_files()
    folds = [f"folds/{path.name}" for path in (ledger.folder / "folds").iterdir()]
    _remove(ledger, [*prepared.gone, *(name for name in folds if name not in named)])


def drop(ledger: Ledger, prepared: Prepared) -> None:
    """Removes what was prepared; the ledger stays what it was. The caller holds the ledger. Raises OSError."""
    old = ledger.manifest.named_files()
    _remove(ledger, sorted(set(prepared.fresh.named_files()) - set(old)))


def _remove(ledger: Ledger, names: Iterable[str]) -> None:
    """Removes files for good: that they are gone is on the disk when this returns."""
    for name in names:
        (ledger.folder / name).unlink(missing_ok=True)
    for folder in ("segments", "attributes", "folds"):
        files.sync(ledger.folder / folder)


def _of_others(ledger: Ledger, subjects: Ints, name: str) -> Ints:
    """Values of a column that both these people and others have, ascending."""
    asked = pa.table({"person": pa.array(subjects, pa.int64())})
    rows = ledger.engine.source(ledger.manifest.segments)
    theirs = f"SELECT DISTINCT {name} FROM {rows} JOIN asked ON subject = asked.person WHERE {name} IS NOT NULL"
    sql = f"SELECT DISTINCT {name} AS v FROM {rows} SEMI JOIN ({theirs}) USING ({name}) ANTI JOIN asked ON subject = asked.person"
    return distinct(np.asarray(ledger.engine.query(sql, asked=asked).column("v")))


def _buried(table: pa.Table, rows: npt.NDArray[np.bool_], key: Key, stay: Mapping[str, Ints]) -> pa.Table:
    """The table with these rows saying nobody's."""
    for name in ("subject", *_SHARED):
        column = table.column(name).combine_chunks()
        values = np.asarray(column.fill_null(0)).copy()
        gone = rows & ~among(values, stay[name]) if name in stay else rows
        values[gone] = pseudonym.numbers(key, name, values[gone])
        mask = np.asarray(column.is_null()) if column.null_count else None
        table = table.set_column(STORED.get_field_index(name), STORED.field(name), pa.array(values, pa.int64(), mask=mask))
    block = pc.if_else(pa.array(rows), pa.scalar(None, pa.int32()), table.column("block").combine_chunks())
    return table.set_column(STORED.get_field_index("block"), STORED.field("block"), block)


def _attributes(ledger: Ledger, segment: Segment, table: pa.Table, rows: npt.NDArray[np.bool_], name: str) -> str | None:
    """Extra columns of a segment without those of some rows, as a file of their own, in the order in which its rows are written anew."""
    if segment.attributes is None:
        return None
    kept = vault.unsealed(ledger.folder / segment.attributes, ledger.secret)
    column = pc.if_else(pa.array(rows), pa.scalar(None, pa.string()), kept.column("attributes").combine_chunks())
    ordered = pa.table({"attributes": column.take(pa.array(segments.clustered(table)))})
    files.write(ledger.folder / "attributes" / name, vault.sealed(ordered, ledger.secret, name))
    return f"attributes/{name}"
