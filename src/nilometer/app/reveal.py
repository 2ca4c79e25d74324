"""Revealing: the platform's own ids for the people of a case, where a notice needs them. Recorded before anything is written.

Raw ids come from outside (`ids`, the platform's own list, read and not kept) or from what ingest sealed to a public key
(`app/sealedids.py`) whose private half the operator brings along.
"""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from nilometer.app import journal, scope
from nilometer.app.assembly import Home
from nilometer.app.sealedids import FOLDER, Ints, SealedIds, named
from nilometer.clock import Clock, rfc3339, system_clock
from nilometer.detection.words import microseconds
from nilometer.disclosures import pseudonym
from nilometer.disclosures.actor import HIERARCHY
from nilometer.errors import ConfigError, EvidenceError, InputError
from nilometer.ledger import files
from nilometer.ledger import scope as scopes
from nilometer.ledger.scope import PEOPLE, Part, Scope

PUBLIC: Final = "keys/reveal.json"
REVEALED: Final = pa.schema([("id", pa.string()), *PEOPLE])
"""A person of a scope with the platform's own id; null where no list that was given has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revealed:
    """What a reveal did: how many people the scope holds, how many of them got their id, and its entry in the journal."""

    people: int
    revealed: int
    index: int


def make_key(home: Home, output: Path, *, new: bool = False) -> str:
    """Makes the pair of keys: the private one into `output`, the public one into the home; returns the key's name.

    Raises InputError for a file that is there or lies in the home, ConfigError when there is a key already and `new` is not given.
    """
    if (home.folder / PUBLIC).exists() and not new:
        raise ConfigError(
            f"{home.folder / PUBLIC}: there is a key already. With --new another one is made; what is sealed stays under the old one."
        )
    if home.folder.resolve() in output.resolve().parents:
        raise InputError(f"{output} is in the home, which must not be able to reveal; choose a place that this machine does not keep.")
    private = X25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    key = {"nilometer": "reveal key", "private": private.private_bytes_raw().hex(), "public": public.hex()}
    try:
        if not files.create(output, json.dumps(key).encode() + b"\n"):
            raise InputError(f"{output} is there already; a key is never written over.")
        files.replace(home.folder / PUBLIC, json.dumps({"public": public.hex()}).encode())
    except OSError as cause:
        raise InputError(f"{output} cannot be written: {cause.strerror or cause}.") from None
    journal.record(home, "settings", {"reveal_key": named(public), "did": "made a key that reveals"})
    return named(public)


def read_key(path: Path) -> X25519PrivateKey:
    """The private key in a file. Raises ConfigError when it is none, or others may read it."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            raise ConfigError(f"{path} may be read by others (mode {mode:04o}). Run: chmod 600 {path}")
        return X25519PrivateKey.from_private_bytes(bytes.fromhex(json.loads(path.read_bytes())["private"]))
    except (OSError, ValueError, KeyError, TypeError) as cause:
        raise ConfigError(
            f"{path} is no reveal key ({type(cause).__name__}); expected the file that `nilometer reveal-key` wrote."
        ) from None


def reveal(
    home: Home,
    ident: str,
    path: Path,
    *,
    why: str,
    key: Path | None = None,
    ids: Path | None = None,
    by: str | None = None,
    clock: Clock = system_clock,
) -> Revealed:
    """Writes the scope of a case with the platform's own ids (REVEALED) to a `.csv` or `.parquet` file; as `of_scope`."""
    return of_scope(home, scope.of(home, ident), {"case": ident}, path, why=why, key=key, ids=ids, by=by, clock=clock)


def of_scope(
    home: Home,
    whole: Scope,
    what: Mapping[str, str],
    path: Path,
    *,
    why: str,
    key: Path | None = None,
    ids: Path | None = None,
    by: str | None = None,
    clock: Clock = system_clock,
) -> Revealed:
    """Writes everybody in a scope with the platform's own ids; `what` says whose scope it is (`case` or `actor`).

    Who did it, for which case, for how many people and why is in the journal before the file is. Raises InputError without a
    reason or for a file that cannot be read or written, ConfigError for a wrong key.
    """
    if not why.strip():
        raise InputError("Say why with --why: a reveal is a disclosure, and the people concerned may ask.")
    if path.suffix not in scope.SUFFIXES:
        raise InputError(f"{path}: expected a file that ends with {' or '.join(scope.SUFFIXES)}.")
    if (key is None) == (ids is None):
        raise InputError("Give the key that reveals, or the platform's own list of ids.")
    if whole.until is None and home.ledger.manifest.segments:  # what comes in meanwhile is not part of it
        whole = Scope(parts=whole.parts, until=max(segment.last for segment in home.ledger.manifest.segments))
    parts = [one.subject.view(np.int64) for one in scopes.people(home.ledger, whole)]
    subjects = np.concatenate(parts) if parts else np.zeros(0, np.int64)
    given = _sealed(home, key) if key is not None else _listed(home, ids) if ids is not None else iter(())
    places, texts = _found(subjects, given)
    body = {
        **what,
        "did": f"revealed the ids of {len(places):,} of {len(subjects):,} people",
        "why": why,
        "people": len(subjects),
        "revealed": len(places),
        "from": "sealed ids" if key is not None else "a list of ids",
        "parts": [{"nodes": [list(node) for node in part.nodes], "since": part.since, "accounts": part.accounts} for part in whole.parts],
        "until": whole.until,
    }
    entry = journal.record(home, "reveal", body, by=by, clock=clock)
    scope.write_tables(_tables(home, whole, places, texts), REVEALED, path)
    return Revealed(people=len(subjects), revealed=len(places), index=entry.index)


def _found(subjects: Ints, given: Iterator[tuple[Ints, pa.Array]]) -> tuple[Ints, pa.Array]:
    """Places of people (ascending by unsigned pseudonym) whose id is given, ascending, and these ids."""
    ascending = subjects.view(np.uint64)
    places, texts = [], []
    for keys, ids in given if len(subjects) else ():
        at = np.minimum(np.searchsorted(ascending, keys.view(np.uint64)), len(subjects) - 1)
        there = np.flatnonzero(subjects[at] == keys)
        places.append(at[there])
        texts.append(ids.take(pa.array(there)).cast(pa.string()))
    if not places:
        return np.zeros(0, np.int64), pa.array([], pa.string())
    found, first = np.unique(np.concatenate(places), return_index=True)
    return found, pa.chunked_array(texts).combine_chunks().take(pa.array(first))


def _tables(home: Home, whole: Scope, places: Ints, texts: pa.Array) -> Iterator[pa.Table]:
    begin = 0
    for one in scopes.people(home.ledger, whole):
        table = one.table()
        end = begin + table.num_rows
        low, high = np.searchsorted(places, [begin, end])
        index = np.full(table.num_rows, -1, np.int64)
        index[places[low:high] - begin] = np.arange(low, high)
        ids = texts.take(pa.array(index, mask=index < 0))
        yield pa.table([ids, *table.columns], schema=REVEALED)
        begin = end


def _sealed(home: Home, path: Path) -> Iterator[tuple[Ints, pa.Array]]:
    for subjects, ids in SealedIds(home.folder).reveal(read_key(path)):
        right = np.asarray(pseudonym.column(home.key, "subject", ids.fill_null(""))) == subjects
        if not right.all():
            raise EvidenceError(
                f"{int((~right).sum()):,} sealed ids in {home.folder / FOLDER} are not those of their people: they were changed."
            )
        yield subjects, ids


def _listed(home: Home, path: Path) -> Iterator[tuple[Ints, pa.Array]]:
    """The ids of a list, read in pieces. Errors never say what stands in it: these are people."""
    expected = f"{path}: expected a .csv or .parquet file with a column `subject`, or with one column, of the platform's own ids"
    try:
        if path.suffix == ".parquet":
            with pq.ParquetFile(path) as parquet:
                name = _column(parquet.schema_arrow.names, expected)
                for batch in parquet.iter_batches(columns=[name]):
                    yield _keyed(home, batch.column(0))
            return
        with pa_csv.open_csv(path) as reader:
            name = _column(reader.schema.names, expected)
        text = pa_csv.ConvertOptions(include_columns=[name], column_types={name: pa.string()}, null_values=[])  # leading zeros stay
        with pa_csv.open_csv(path, pa_csv.ReadOptions(use_threads=False), convert_options=text) as reader:
            for batch in reader:
                yield _keyed(home, batch.column(0))
    except FileNotFoundError:
        raise InputError(f"{expected}; there is no such file.") from None
    except (OSError, pa.ArrowInvalid, pa.ArrowNotImplementedError, UnicodeDecodeError):  # their messages may quote a row
        raise InputError(f"{expected}, in UTF-8; found what cannot be read as such.") from None


def _column(names: Sequence[str], expected: str) -> str:
    for name in ("subject", "id"):
        if name in names:
            return name
    if len(names) == 1:
        return names[0]
    raise InputError(f"{expected}; found {len(names)} columns.")


def _keyed(home: Home, ids: pa.Array) -> tuple[Ints, pa.Array]:
    texts = pc.utf8_trim_whitespace(ids.cast(pa.string()).fill_null(""))
    texts = texts.filter(pc.greater(pc.utf8_length(texts), 0))
    return np.asarray(pseudonym.column(home.key, "subject", texts)), texts


def count(home: Home, pseudonyms: Sequence[int] | Ints) -> int:
    """How many of these people have their id sealed."""
    return SealedIds(home.folder).count(np.array(list(pseudonyms), np.int64))


def forget(home: Home, pseudonyms: Sequence[int]) -> int:
    """Takes people's sealed ids out for good (GDPR art. 17, PIPL art. 47); how many there were.

    Their chunks are written anew under fresh keys and the old keys destroyed. Whether a legal hold forbids it is asked by who
    calls this. Raises EngineError when somebody writes the ledger.
    """
    with files.locked(home.ledger.folder / "lock", "nilometer, forgetting"):
        return SealedIds(home.folder).forget(np.array(list(pseudonyms), np.int64))


def of_person(home: Home, subject: int, exposures: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The reveals that gave this person's id away: when, by whom, for which case and why. `exposures` are the person's, from the folds."""
    found = []
    for entry in journal.entries(home, "reveal"):
        said = entry.body
        parts = tuple(
            Part(nodes=tuple((level, key) for level, key in part["nodes"]), since=part["since"], accounts=part.get("accounts", False))
            for part in said["parts"]
        )
        if _held(home, subject, Scope(parts=parts, until=said["until"]), exposures):
            found.append({"at": rfc3339(entry.at), "by": entry.by, "case": said.get("case") or said["actor"], "why": said["why"]})
    return found


def _held(home: Home, subject: int, whole: Scope, exposures: Sequence[dict[str, Any]]) -> bool:
    """Whether a scope holds a person; the folds answer for levels of the hierarchy, the disclosures themselves for the rest."""
    if all(part.since is None and level in HIERARCHY for part in whole.parts for level, _ in part.nodes):
        nodes = {node for part in whole.parts for node in part.nodes}
        return any(
            row["shown"]
            and (whole.until is None or microseconds(row["first"]) <= whole.until)
            and any(row[level] == key for level, key in nodes)
            for row in exposures
        )
    rows = f"(SELECT 1 FROM {scopes.source(home.ledger, whole)} WHERE shown AND subject = {subject} LIMIT 1)"
    return bool(home.ledger.engine.query(f"SELECT count(*) AS n FROM {rows}").column("n")[0].as_py())
