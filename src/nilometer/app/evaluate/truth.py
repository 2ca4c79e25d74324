"""What really happened in one simulated folder: its leaks, whom each was shown when, and the innocents, from `truth.json`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from nilometer.app.evaluate.columns import SECOND, Columns, Ints, moments
from nilometer.disclosures.actor import LEVELS
from nilometer.errors import InputError
from nilometer.simulation.simulate import LEAKS, TABLE, TRUTH

Name = tuple[str, str]
"""An actor as (level, id)."""
CONTEXT: Final = "context.toml"
_BORROWED: Final = ("session", "ip", "user_agent")
"""Levels whose names a truth does not list: a leak's own are those that serve it at least half of the time."""


class _Actor(msgspec.Struct, frozen=True):
    level: str
    id: str


class _Leak(msgspec.Struct, frozen=True):
    actors: tuple[_Actor, ...]
    started: datetime | None
    ended: datetime | None
    people: int
    surfaces: tuple[str, ...] = ()
    mixed: bool = False


class _Innocent(msgspec.Struct, frozen=True):
    actors: tuple[_Actor, ...]
    why: str


class _File(msgspec.Struct, frozen=True):
    """The part of `truth.json` that is read here; the rest is not looked at."""

    scenario: str
    title: str
    kind: str
    leaks: tuple[_Leak, ...]
    innocents: tuple[_Innocent, ...] = ()
    seed: int = 0
    scale: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """One leak. `actors` are the names a finding may rightly use; `first`, shape (people,), sorted, when it was first shown each person.

    `own` are sessions, addresses and programs that served the leak at least half of the time. Times are microseconds since 1970.
    """

    actors: frozenset[Name]
    started: int
    ended: int
    first: Ints
    own: frozenset[Name] = frozenset()

    @property
    def people(self) -> int:
        """How many people it took in all."""
        return len(self.first)

    def before(self, moment: int) -> int:
        """How many people it had taken up to this moment, the moment included."""
        return int(np.searchsorted(self.first, moment, side="right"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Innocent:
    """Actors that a hasty rule would accuse, and why they are honest."""

    actors: frozenset[Name]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """One folder's truth. `kind` is `leak` or `lookalike`; a look-alike has no leaks."""

    folder: Path
    scenario: str
    title: str
    kind: str
    seed: int
    scale: float
    leaks: tuple[Leak, ...]
    innocents: tuple[Innocent, ...]


def folders(places: Sequence[Path]) -> list[Path]:
    """The simulated folders among `places` and directly or further below them. Raises InputError for a place that holds none."""
    found: list[Path] = []
    for place in places:
        if not place.is_dir():
            raise InputError(f"{place} is no folder; name one that `nilometer simulate` has filled, or one of such folders.")
        inside = sorted({path.parent for name in (TRUTH, TABLE) for path in place.rglob(name)})
        if not inside:
            raise InputError(f"{place} holds no {TRUTH} and no {TABLE}, nor does any folder in it. Make one: nilometer simulate.")
        found += [folder for folder in inside if folder not in found]
    return found


def read(folder: Path, columns: Columns) -> Truth:
    """The truth of a folder about its disclosures `columns` (all columns of them).

    Raises InputError that names the file: missing, broken, without leaks where it says leak, or not about these disclosures.
    """
    path = folder / TRUTH
    try:
        file = msgspec.json.decode(path.read_bytes(), type=_File)
    except FileNotFoundError:
        raise InputError(f"{path} is missing; without the truth nothing can be scored. `nilometer simulate` writes it.") from None
    except OSError as cause:
        raise InputError(f"{path} cannot be read: {cause.strerror or cause}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as cause:
        raise InputError(f"{path} is not a truth as `nilometer simulate` writes it: {cause}.") from None
    if file.kind not in ("leak", "lookalike"):
        raise InputError(f"{path}: kind is {file.kind!r}; expected leak or lookalike.")
    if bool(file.leaks) != (file.kind == "leak"):
        raise InputError(f"{path}: kind is {file.kind!r} but it has {len(file.leaks) or 'no'} leaks.")
    return Truth(
        folder=folder,
        scenario=file.scenario,
        title=file.title,
        kind=file.kind,
        seed=file.seed,
        scale=file.scale,
        leaks=tuple(_leaks(file, folder, columns)),
        innocents=tuple(Innocent(actors=_names(i.actors), why=i.why) for i in file.innocents),
    )


def _leaks(file: _File, folder: Path, columns: Columns) -> Iterator[Leak]:
    taken = _taken(folder / LEAKS, columns) if file.leaks and (folder / LEAKS).exists() else None
    for place, leak in enumerate(file.leaks):
        where = f"{folder / TRUTH}: leaks[{place}]"
        if leak.started is None or leak.ended is None:
            raise InputError(f"{where} never started; there is nothing to find. Simulate it at a larger scale.")
        if not leak.actors:
            raise InputError(f"{where} names no actors.")
        rows = _counted(leak, columns, where) if taken is None else taken.get(place, np.empty(0, np.int64))
        people, opening = np.unique(columns.subject[rows], return_index=True)
        if len(people) != leak.people:
            source = LEAKS if taken is not None else TABLE
            raise InputError(f"{where} has {leak.people:,} people, but {source} shows {len(people):,}: they are not of one run.")
        yield Leak(
            actors=_names(leak.actors),
            started=_moment(leak.started),
            ended=_moment(leak.ended),
            first=np.sort(columns.time[rows[opening]]),
            own=frozenset(_own(rows, columns)),
        )


def _taken(path: Path, columns: Columns) -> dict[int, Ints]:
    """The rows of each leak in `columns`, in order of time, as the marker file says."""
    try:
        table = pq.read_table(path, columns=["leak", "time", "subject"])
        time = moments(table.column("time"))
        whom = pc.index_in(table.column("subject").cast(pa.string()), columns.subjects.cast(pa.string()))
        leak = np.asarray(table.column("leak").cast(pa.int64()), np.int64)
    except (OSError, pa.ArrowException, KeyError) as cause:
        raise InputError(f"{path} is not what `nilometer simulate` writes beside the table: {cause}.") from None
    subject = np.asarray(whom.cast(pa.int64()).fill_null(-1), np.int64)
    # rows are sorted by time: of those at a leak's moment the ones about its person are the leak's
    near = np.flatnonzero(np.isin(columns.time, time) & columns.shown)
    marked = _pairs(time, subject)
    there = _pairs(columns.time[near], columns.subject[near])
    return {int(number): near[np.isin(there, marked[leak == number])] for number in np.unique(leak)}


def _pairs(time: Ints, subject: Any) -> Any:
    """(time, subject) as one comparable value each."""
    pairs = np.empty(len(time), dtype=[("time", np.int64), ("subject", np.int64)])
    pairs["time"], pairs["subject"] = time, subject
    return pairs


def _counted(leak: _Leak, columns: Columns, where: str) -> Ints:
    """The rows of a leak without a marker file: all that its narrowest actors were shown on its surfaces while it lasted."""
    if leak.mixed:
        raise InputError(f"{where} hid in honest work, so the table cannot tell its rows; put {LEAKS} beside it (simulate writes it).")
    levels = [level for level in LEVELS if level in columns.named and any(a.level == level for a in leak.actors)]
    if not levels:
        raise InputError(f"{where} names actors of no level that the table has; put {LEAKS} beside it (simulate writes it).")
    assert leak.started is not None  # both are checked before
    assert leak.ended is not None
    inside = columns.shown & (columns.time >= _moment(leak.started)) & (columns.time <= _moment(leak.ended))
    inside &= _among(columns, levels[-1], {a.id for a in leak.actors if a.level == levels[-1]})
    if leak.surfaces and "surface" in columns.named:
        inside &= _among(columns, "surface", set(leak.surfaces))
    return np.flatnonzero(inside)


def _among(columns: Columns, name: str, wanted: set[str]) -> Any:
    """Which rows have one of these names."""
    column = columns.named[name]
    chosen = np.append(np.asarray(pc.is_in(column.names, pa.array(sorted(wanted), pa.string())), np.bool_), False)
    return chosen[column.places]  # a missing name is -1: the last, which is never chosen


def _own(rows: Ints, columns: Columns) -> Iterator[Name]:
    for level in _BORROWED:
        if level in columns.named:
            column = columns.named[level]
            places = column.places[rows]
            size = len(column.names)
            ours = np.bincount(places[places >= 0], minlength=size)
            shown = column.places[(column.places >= 0) & columns.shown]
            mostly = np.flatnonzero((ours > 0) & (2 * ours >= np.bincount(shown, minlength=size)))
            yield from ((level, name) for name in column.texts(mostly))


def _names(actors: Sequence[_Actor]) -> frozenset[Name]:
    return frozenset((actor.level, actor.id) for actor in actors)


def _moment(moment: datetime) -> int:
    return int(moment.replace(microsecond=0).timestamp()) * SECOND + moment.microsecond
