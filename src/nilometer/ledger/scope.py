"""Exactly whose data some actors were shown, never sampled: each person once, with fields, first and last time, and count.

The rows of the actors are read once, sorted into 256 heaps by the first byte of the person's pseudonym, and each heap is
folded by itself. That takes memory for the rows of these actors alone (18 bytes each), however many people they are, and
gives people in the order of their pseudonyms, so that the same scope is the same file. Beside DuckDB's own grouping it
takes a fraction of the time: docs/figures.md, Scope.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from nilometer.disclosures.actor import LEVELS
from nilometer.ledger.fieldsets import FieldSets, Union
from nilometer.ledger.ledger import Ledger

Ints = npt.NDArray[np.int64]
Node = tuple[str, int]
"""An actor or surface: level (or `surface`) and pseudonym."""

PEOPLE: Final = pa.schema(
    [
        ("subject", pa.string()),
        ("fields", pa.string()),
        ("first", pa.timestamp("us", tz="UTC")),
        ("last", pa.timestamp("us", tz="UTC")),
        ("count", pa.int64()),
    ]
)
"""One person: pseudonym in hexadecimal, fields joined by `|` (empty when not known), first and last time, how many disclosures."""

PASS_ROWS: Final = 100_000_000
"""Disclosures of the actors that are held at once; more are read in passes over disjoint people."""
_HEAPS: Final = 256
_FEW: Final = 1_000_000  # disclosures that one heap holds: so few are folded at once
_AHEAD: Final = 4  # heaps folded before they are asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Actors (or surfaces) of which everything shown belongs to the scope, from `since` on (microseconds since 1970; None: all of it).

    Of an address only disclosures without an account belong to it: behind it may stand many, and these are judged themselves;
    unless `accounts` says that theirs are meant, too.
    """

    nodes: tuple[Node, ...]
    since: int | None = None
    accounts: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a scope is asked for: rows of any of the parts, up to and with `until` (microseconds; None: to the end of the ledger)."""

    parts: tuple[Part, ...]
    until: int | None = None

    def __post_init__(self) -> None:
        wrong = {level for part in self.parts for level, _ in part.nodes} - {*LEVELS, "surface"}
        if wrong or not any(part.nodes for part in self.parts):
            raise ValueError(f"a scope needs at least one actor of the levels there are, found {sorted(wrong) or 'none'}")


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Some people of a scope, ascending by pseudonym: (n,) each; times in microseconds since 1970."""

    subject: npt.NDArray[np.uint64]
    first: Ints
    last: Ints
    count: Ints
    fields: Union

    def table(self) -> pa.Table:
        """The same as PEOPLE."""
        moments = [pa.array(values).cast(pa.timestamp("us", tz="UTC")) for values in (self.first, self.last)]
        return pa.table([hexadecimal(self.subject), self.fields.texts(), *moments, pa.array(self.count)], schema=PEOPLE)


def condition(scope: Scope) -> str:
    """The scope's rows as an SQL condition over disclosures."""
    parts = []
    for part in scope.parts:
        one = []
        for level in sorted({level for level, _ in part.nodes}):
            keys = ", ".join(str(key) for key in sorted({key for of, key in part.nodes if of == level}))
            one.append(f"({level} IN ({keys})" + (" AND account IS NULL)" if level == "ip" and not part.accounts else ")"))
        since = "" if part.since is None else f" AND time >= make_timestamptz({part.since})"
        if one:
            parts.append(f"(({' OR '.join(one)}){since})")
    return f"({' OR '.join(parts)})"


def source(ledger: Ledger, scope: Scope) -> str:
    """SQL relation of the scope's rows, without segments that can hold none."""
    levels = {level for part in scope.parts for level, _ in part.nodes}
    held = [s for s in ledger.manifest.segments if "surface" in levels or levels & set(s.levels)]
    starts = [part.since for part in scope.parts if part.nodes]
    low = None if None in starts else min(start for start in starts if start is not None)
    return f"(SELECT * FROM {ledger.engine.between(held, low, scope.until)} WHERE {condition(scope)})"


def people(ledger: Ledger, scope: Scope, *, shown: bool = True, pass_rows: int = PASS_ROWS) -> Iterator[People]:
    """Everybody in the scope once, ascending by pseudonym; with `shown` false those that were asked for and refused.

    Raises EngineError when the ledger cannot be read.
    """
    rows = source(ledger, scope)
    wanted = f"(SELECT * FROM {rows} WHERE {'' if shown else 'NOT '}shown)"
    most = sum(segment.rows for segment in ledger.manifest.segments)
    if most > pass_rows:
        most = ledger.engine.query(f"SELECT count(*) AS n FROM {wanted}").column("n")[0].as_py()
    passes = max(1, min(_HEAPS, -(-most // pass_rows)))
    sets = FieldSets(ledger.names("fields"))
    for number in range(passes):
        low, high = _HEAPS * number // passes, _HEAPS * (number + 1) // passes
        share = "" if passes == 1 else f" WHERE ((subject >> 56) & 255) BETWEEN {low} AND {high - 1}"
        sql = f"SELECT subject, epoch_us(time) AS t, fields FROM {wanted}{share}"
        yield from _folded(ledger, sql, sets, _HEAPS if most > _FEW else 1)


def _folded(ledger: Ledger, sql: str, sets: FieldSets, heaps: int) -> Iterator[People]:
    """The heaps of one pass, one after the other, folded by two threads."""
    with ThreadPoolExecutor(max_workers=2) as threads:
        waiting = [threads.submit(_heaped, batch, sets, heaps) for batch in ledger.engine.stream(sql)]  # while the engine reads on
        batches = [one.result() for one in waiting]
        del waiting
        ready = [threads.submit(_fold, batches, heap, sets) for heap in range(min(_AHEAD, heaps))]
        for heap in range(heaps):
            found = ready.pop(0).result()
            if heap + _AHEAD < heaps:
                ready.append(threads.submit(_fold, batches, heap + _AHEAD, sets))
            if found is not None:
                yield found


@dataclass(frozen=True, slots=True)
class _Batch:
    """Some rows, sorted into heaps: heap h is `bounds[h]` to `bounds[h + 1]`."""

    subject: npt.NDArray[np.uint64]
    time: Ints
    sets: npt.NDArray[np.unsignedinteger[Any]]
    bounds: Ints


def _heaped(batch: pa.RecordBatch, sets: FieldSets, heaps: int) -> _Batch:
    subject, time = np.asarray(batch.column(0)).view(np.uint64), np.asarray(batch.column(1))
    if heaps == 1:
        return _Batch(subject, time, sets.codes(batch.column(2)), np.array([0, len(subject)]))
    heap = (subject >> np.uint64(56)).astype(np.uint8)
    order = np.argsort(heap, kind="stable")  # by radix, as numpy sorts bytes
    bounds = np.concatenate([[0], np.cumsum(np.bincount(heap, minlength=heaps))])
    return _Batch(subject[order], time[order], sets.codes(batch.column(2))[order], bounds)


def _fold(batches: Sequence[_Batch], heap: int, sets: FieldSets) -> People | None:
    """One heap's people; None when it has none."""
    cuts = [(one, slice(int(one.bounds[heap]), int(one.bounds[heap + 1]))) for one in batches]
    cuts = [(one, cut) for one, cut in cuts if cut.start < cut.stop]
    if not cuts:
        return None
    subject = np.concatenate([one.subject[cut] for one, cut in cuts])
    order = np.argsort(subject)
    subject = subject[order]
    time = np.concatenate([one.time[cut] for one, cut in cuts])[order]
    codes = np.concatenate([one.sets[cut] for one, cut in cuts])[order]
    starts = np.concatenate([[0], np.flatnonzero(subject[1:] != subject[:-1]) + 1])
    return People(
        subject=subject[starts],
        first=np.minimum.reduceat(time, starts),
        last=np.maximum.reduceat(time, starts),
        count=np.diff(np.concatenate([starts, [len(subject)]])),
        fields=sets.union(codes, starts),
    )


def _digits() -> npt.NDArray[np.uint32]:
    """The four hexadecimal digits of each 16-bit number, as the four bytes of one number."""
    texts = np.array([f"{n:04x}".encode() for n in range(1 << 16)], "S4")
    return texts.view(np.uint32)


_FOUR: Final = _digits()


def hexadecimal(subject: npt.NDArray[np.uint64]) -> pa.Array:
    """Pseudonyms as sixteen hexadecimal digits each, (n,)."""
    digits = np.empty((len(subject), 4), np.uint32)
    for place in range(4):
        digits[:, place] = _FOUR[((subject >> np.uint64(48 - 16 * place)) & np.uint64(0xFFFF)).astype(np.intp)]
    offsets = np.arange(0, 16 * len(subject) + 1, 16, dtype=np.int32)
    return pa.StringArray.from_buffers(len(subject), pa.py_buffer(offsets), pa.py_buffer(digits.tobytes()))


def pseudonyms(texts: pa.Array | pa.ChunkedArray) -> Ints:
    """The other way round: sixteen hexadecimal digits each back to signed pseudonyms, (n,). Raises ValueError for anything else."""
    found = np.empty(len(texts), np.uint64)
    for place, text in enumerate(texts.to_pylist()):
        if text is None or len(text) != 16:
            raise ValueError("a pseudonym has sixteen hexadecimal digits")
        found[place] = int(text, 16)
    return found.view(np.int64)


def counted(ledger: Ledger, scope: Scope, *, shown: bool = True) -> int:
    """How many people the scope holds that were shown; with `shown` false, that were asked for and refused."""
    return sum(len(found.subject) for found in people(ledger, scope, shown=shown))


def by(ledger: Ledger, scope: Scope, column: str) -> dict[int | None, int]:
    """People shown, by the values of a level or `surface`; None for rows that do not say."""
    rows = f"(SELECT subject, {column} AS k FROM {source(ledger, scope)} WHERE shown)"
    [bounds] = ledger.engine.query(f"SELECT min(k) AS low, max(k) AS high, count(*) - count(k) AS without FROM {rows}").to_pylist()
    if bounds["low"] == bounds["high"] and (bounds["low"] is None or not bounds["without"]):
        number = counted(ledger, scope)  # the usual case: one company, one app
        return {bounds["low"]: number} if number else {}
    found = ledger.engine.query(f"SELECT k, count(DISTINCT subject) AS people FROM {rows} GROUP BY k ORDER BY people DESC, k NULLS LAST")
    return dict(zip(found.column("k").to_pylist(), found.column("people").to_pylist(), strict=True))


def by_recipient(ledger: Ledger, scope: Scope) -> tuple[int, int]:
    """How many recipients there are, and how often a single field of one person went to one of them: each once a recipient.

    A recipient is the widest actor that a row names: its company, else its app, account, session or address.
    """
    sets = [(ident, part) for ident, text in ledger.names("fields").items() for part in set(text.split("|")) if part]
    parts = pa.table({"ident": pa.array([i for i, _ in sets], pa.int64()), "part": pa.array([p for _, p in sets], pa.string())})
    keys = ", ".join(f"CASE WHEN {level} IS NOT NULL THEN '{level}' || {level} END" for level in LEVELS[:-1])
    shown = f"(SELECT DISTINCT coalesce({keys}, '') AS recipient, subject, fields FROM {source(ledger, scope)} WHERE shown)"
    [row] = ledger.engine.query(f"SELECT count(DISTINCT recipient) AS recipients FROM {shown}").to_pylist()
    single = f"(SELECT DISTINCT recipient, subject, part FROM {shown} JOIN parts ON fields = ident)"
    [items] = ledger.engine.query(f"SELECT count(*) AS n FROM {single}", parts=parts).to_pylist()
    return row["recipients"], items["n"]


def new_by_day(ledger: Ledger, level: str, keys: Sequence[int]) -> dict[int, dict[int, int]]:
    """For each actor of a level, by UTC day (since 1970), how many people it was shown that day for the first time, without a reference."""
    scope = Scope(parts=(Part(nodes=tuple((level, key) for key in keys)),))
    first = (
        f"SELECT {level} AS k, subject, min(epoch_us(time)) // 86400000000 AS day, min(time) FILTER (reference IS NULL) = min(time) AS bare "
        f"FROM {source(ledger, scope)} WHERE shown GROUP BY ALL"
    )
    rows = ledger.engine.query(f"SELECT k, day, count(*) AS n FROM ({first}) WHERE bare GROUP BY ALL ORDER BY ALL")
    found: dict[int, dict[int, int]] = {}
    for row in rows.to_pylist():
        found.setdefault(row["k"], {})[row["day"]] = row["n"]
    return found
