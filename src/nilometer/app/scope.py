"""The scope of a case: exactly whose data, which fields, when, how often; as a table or as a file, never sampled."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from nilometer.app import casebook, csvlines, detect
from nilometer.app.assembly import Home
from nilometer.cases.case import Case
from nilometer.detection.rows import DAY
from nilometer.detection.words import microseconds
from nilometer.disclosures import pseudonym
from nilometer.disclosures.actor import LEVELS
from nilometer.errors import InputError
from nilometer.ledger import files
from nilometer.ledger import scope as scopes
from nilometer.ledger.scope import PEOPLE, Part, Scope

Counted = Callable[[int, int], None]

SUFFIXES: Final = (".csv", ".parquet")
_GROUP: Final = 500_000  # rows in a row group, so that a reader needs little memory


def current(home: Home, case: Case) -> list[dict[str, Any]]:
    """The case's findings as they stand now: as the last `detect` kept them, else as they were when they came into the case."""
    kept = {finding["id"]: finding for finding in detect.kept(home)}
    return [_grown(finding, kept.get(ident)) for ident, finding in case.findings.items()]


def _grown(then: dict[str, Any], now: dict[str, Any] | None) -> dict[str, Any]:
    """The finding as it is now, with everybody whom it accused when it came into the case."""
    if now is None:
        return then
    return {**now, "actors": [*now["actors"], *(actor for actor in then["actors"] if actor not in now["actors"])]}


def accused(findings: Iterable[dict[str, Any]]) -> list[tuple[str, str]]:
    """Whom findings accuse, (level, id) each once, campaigns left out; a surface only where nobody narrower is accused."""
    found: dict[tuple[str, str], None] = {}
    for finding in findings:
        actors = [(actor["level"], actor["id"]) for actor in finding["actors"] if actor["level"] != "campaign"]
        narrow = [actor for actor in actors if actor[0] != "surface"]
        found |= dict.fromkeys(narrow or actors)
    return list(found)


def parts(home: Home, findings: Iterable[dict[str, Any]]) -> tuple[Part, ...]:
    """What belongs to the scope of findings: everything their actors were shown, whenever.

    A finding that can name no actor, only a surface, is narrowed to what that surface showed since the day of the alarm: who
    else reads there is not told apart, so its people are an upper bound.
    """
    found = []
    for finding in findings:
        nodes = [(level, pseudonym.one(home.key, level, ident)) for level, ident in accused([finding])]
        if not nodes:
            continue
        since = None
        if nodes[0][0] == "surface":
            since = microseconds(datetime.fromisoformat(finding["detected_at"])) // DAY * DAY
        found.append(Part(nodes=tuple(nodes), since=since))
    return tuple(found)


def of(home: Home, ident: str, until: datetime | None = None) -> Scope:
    """The scope of a case, to the end of the ledger or up to a moment. Raises InputError for no such case, or an empty one."""
    case = casebook.one(home, ident)
    if case.into is not None:
        raise InputError(f"The findings of {ident} are in {case.into} now; ask for that one.")
    return Scope(parts=parts(home, current(home, case)), until=None if until is None else microseconds(until))


def of_actor(home: Home, level: str, ident: str) -> Scope:
    """The scope of one actor: everything it was ever shown. Raises InputError for an unknown level."""
    if level not in LEVELS:
        raise InputError(f"No level {level!r}; expected one of {', '.join(LEVELS)}.")
    node = (level, pseudonym.one(home.key, level, ident))
    return Scope(parts=(Part(nodes=(node,), accounts=True),))


def table(home: Home, ident: str) -> pa.Table:
    """Everybody that the case's actors were shown: `ledger.scope.PEOPLE`, ascending by pseudonym."""
    return _whole(home, ident, shown=True)


def asked(home: Home, ident: str) -> pa.Table:
    """Everybody that they asked for and were refused; who was shown at another time is in both. The same columns."""
    return _whole(home, ident, shown=False)


def _whole(home: Home, ident: str, *, shown: bool) -> pa.Table:
    found = [one.table() for one in scopes.people(home.ledger, of(home, ident), shown=shown)]
    return pa.concat_tables(found) if found else PEOPLE.empty_table()


def counted(home: Home, scope: Scope, *, shown: bool = True) -> int:
    """How many people a scope holds that were shown; with `shown` false, that were asked for and refused."""
    return scopes.counted(home.ledger, scope, shown=shown)


def write(home: Home, scope: Scope, path: Path, *, shown: bool = True, progress: Counted = lambda done, total: None) -> int:
    """Writes a scope to a `.csv` or `.parquet` file, some people at a time; returns how many they are.

    The file is there whole or not at all, readable by its owner only. Raises InputError when it cannot be written.
    """

    def tables() -> Iterator[pa.Table]:
        done = 0
        for one in scopes.people(home.ledger, scope, shown=shown):
            done += len(one.subject)
            progress(done, 0)
            yield one.table()

    return write_tables(tables(), PEOPLE, path)


def write_tables(tables: Iterable[pa.Table], schema: pa.Schema, path: Path) -> int:
    """Writes tables of one schema to a `.csv` or `.parquet` file; returns how many rows they have. See `write`."""
    if path.suffix not in SUFFIXES:
        raise InputError(f"{path}: expected a file that ends with {' or '.join(SUFFIXES)}.")
    rows = 0
    try:
        with files.replaced(path) as stream, _sink(path.suffix, stream, schema) as put:
            for ready in _grouped(tables):
                rows += ready.num_rows
                put(ready)
    except OSError as cause:
        raise InputError(f"{path} cannot be written: {cause.strerror or cause}.") from None
    return rows


def _grouped(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    held: list[pa.Table] = []
    for one in tables:
        held.append(one)
        if sum(table.num_rows for table in held) >= _GROUP:
            yield pa.concat_tables(held)
            held = []
    if held:
        yield pa.concat_tables(held)


@contextmanager
def _sink(suffix: str, stream: io.BufferedWriter, schema: pa.Schema) -> Iterator[Callable[[pa.Table], None]]:
    if suffix == ".parquet":
        with pq.ParquetWriter(stream, schema, compression="lz4", use_dictionary=["fields"], write_statistics=True) as parquet:
            yield parquet.write_table
        return
    with csvlines.writing(stream, schema) as put:
        yield put
