"""The operator's `context.toml`: what was declared, checked, with every identifier turned into its pseudonym as ingest does."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar, get_args

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from nilometer.app.assembly import Home
from nilometer.detection.coding import Ints
from nilometer.detection.context import BENIGN_DAYS, BENIGN_ROOM, Busy, Context, Need, Planned
from nilometer.detection.rows import DAY
from nilometer.disclosures import pseudonym
from nilometer.disclosures.pseudonym import Key
from nilometer.errors import ConfigError

FILE: Final = "context.toml"
MOST_PEOPLE: Final = 10**10
"""More people than there are: a larger ceiling is a slip of the keyboard."""
MOST_BUSY: Final = 100.0
"""A sale day is ten times a usual one at most; a larger factor would switch detection off for everybody."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Level = Literal["org", "app", "account", "session", "ip"]
People = Annotated[int, msgspec.Meta(ge=0, le=MOST_PEOPLE)]
Actor = tuple[str, int]


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the tables of the file have in common: unknown keys are errors."""


class NeedTable(_Table, frozen=True, kw_only=True):
    """One [[need]]."""

    level: Level
    id: str
    people_a_day: People
    why: str = ""
    until: datetime = datetime.max.replace(tzinfo=UTC)


class PlannedTable(_Table, frozen=True, kw_only=True):
    """One [[planned]]."""

    level: Level
    id: str
    since: datetime = msgspec.field(name="from")
    until: datetime
    people: People
    kind: str = ""
    why: str = ""


class GroupTable(_Table, frozen=True, kw_only=True):
    """One [[group]]."""

    name: str
    level: Level
    ids: Annotated[list[str], msgspec.Meta(min_length=1)]


class BusyTable(_Table, frozen=True, kw_only=True):
    """One [[busy]]."""

    since: datetime = msgspec.field(name="from")
    until: datetime
    factor: Annotated[float, msgspec.Meta(ge=1, le=MOST_BUSY)]
    name: str = ""


class VerdictTable(_Table, frozen=True, kw_only=True):
    """One [[verdict]]."""

    level: Level
    id: str
    verdict: Literal["benign", "confirmed"]
    at: datetime
    people_a_day: People
    why: str


class RelationTable(_Table, frozen=True, kw_only=True):
    """One [[relation]]."""

    level: Level
    id: str
    file: Annotated[str, msgspec.Meta(min_length=1)]


T = TypeVar("T", bound=_Table)


class Place(str):
    """Where a table stands, for errors: `<file>: [[need]] number 2`."""

    __slots__ = ()

    def wrong(self, key: str, expected: str, found: str) -> ConfigError:
        """The error that says what is wrong with a key."""
        return ConfigError(f"{self}, {key}: expected {expected}, found {found}.")


Name = Callable[..., Actor]
"""Turns a place, a level, an id and the key it stands under (`id` unless told) into an actor."""


def load(home: Home, path: Path | None = None) -> Context:
    """What the operator declared in `<home>/context.toml` (or `path`); nothing declared when the home has no such file.

    Nothing raw is kept: actors and people are pseudonyms made with the home's key. Raises ConfigError that names the file,
    the table, the key, what was expected and what was found.
    """
    where = path or home.folder / FILE
    try:
        content = where.read_bytes()
    except FileNotFoundError:
        if path is None:
            return Context()
        raise ConfigError(f"{where} does not exist; expected a context file.") from None
    except OSError as cause:
        raise ConfigError(f"{where} cannot be read: {cause.strerror or cause}.") from None
    try:
        document = tomllib.loads(content.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as cause:
        raise ConfigError(f"{where}: not a TOML file: {cause}.") from None
    return _context(document, where, home.key)


def _context(document: Mapping[str, Any], where: Path, key: Key) -> Context:
    kinds = ("need", "planned", "group", "busy", "verdict", "relation")
    for name, tables in document.items():
        if name not in kinds:
            raise ConfigError(f"{where}: unknown table {name!r}; expected one of {', '.join(f'[[{kind}]]' for kind in kinds)}.")
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            raise ConfigError(f"{where}: {name}: expected tables that begin with [[{name}]], found {_shown(tables)}.")

    def actor(place: Place, level: str, ident: str, name: str = "id") -> Actor:
        if ident.strip() in ("", "-"):  # the ways logs write "nothing", which ingest leaves out
            raise place.wrong(name, "an id", repr(ident))
        return level, pseudonym.one(key, level, ident)

    needs, planned, busy = [], [], []
    for place, one in _tables(document, "need", NeedTable, where):
        level, ident = actor(place, one.level, one.id)
        last = -(-_micros(one.until) // DAY)  # a day that has begun before `until` is allowed whole, as the days of planned events are
        needs.append(Need(level=level, actor=ident, people_a_day=one.people_a_day, why=one.why, until=last))
    for place, plan in _tables(document, "planned", PlannedTable, where):
        level, ident = actor(place, plan.level, plan.id)
        since, until = _stretch(place, plan.since, plan.until)
        planned.append(Planned(level=level, actor=ident, since=since, until=until, people=plan.people, kind=plan.kind))
    for place, stretch in _tables(document, "busy", BusyTable, where):
        since, until = _stretch(place, stretch.since, stretch.until)
        busy.append(Busy(since=since, until=until, factor=stretch.factor))
    needs += _taught([(actor(place, v.level, v.id), v) for place, v in _tables(document, "verdict", VerdictTable, where)])
    return Context(
        needs=tuple(needs),
        planned=tuple(planned),
        busy=tuple(busy),
        groups=_groups(_tables(document, "group", GroupTable, where), actor),
        relations=_relations(_tables(document, "relation", RelationTable, where), actor, where.parent, key),
    )


def _taught(verdicts: Sequence[tuple[Actor, VerdictTable]]) -> Iterator[Need]:
    """What verdicts of benign teach: the actor may be shown a little more than what it was cleared for, for a quarter of a year.

    An allowance without a ceiling would be a hole: whoever is cleared once could then take everything. So it is BENIGN_ROOM
    times the new people a day that somebody looked at and found in order, it ends after BENIGN_DAYS unless somebody looks
    again, and it ends with the next verdict on the same actor, whichever that is. A confirmed verdict allows nothing.
    """
    by_actor: dict[Actor, list[VerdictTable]] = {}
    for actor, verdict in verdicts:
        by_actor.setdefault(actor, []).append(verdict)
    for (level, ident), given in by_actor.items():
        given.sort(key=lambda one: _micros(one.at))
        for one, later in zip(given, [*given[1:], None], strict=True):
            since = _micros(one.at) // DAY
            until = since + BENIGN_DAYS if later is None else min(since + BENIGN_DAYS, _micros(later.at) // DAY)
            if one.verdict == "benign" and until > since:
                people = int(one.people_a_day * BENIGN_ROOM)
                yield Need(level=level, actor=ident, people_a_day=people, why=one.why, since=since, until=until)


def _groups(tables: Sequence[tuple[Place, GroupTable]], actor: Name) -> dict[Actor, int]:
    found: dict[Actor, int] = {}
    names: dict[tuple[str, str], int] = {}
    for number, (place, group) in enumerate(tables):
        if names.setdefault((group.level, group.name), number) != number:
            raise place.wrong("name", "a name of its own", f"{group.name!r} a second time")
        for at, ident in enumerate(group.ids):
            if found.setdefault(actor(place, group.level, ident, f"ids[{at}]"), number) != number:
                raise place.wrong(f"ids[{at}]", "an actor that is in no other group", "one that is")
    return found


def _relations(tables: Sequence[tuple[Place, RelationTable]], actor: Name, folder: Path, key: Key) -> dict[Actor, Ints]:
    found: dict[Actor, Ints] = {}
    for place, relation in tables:
        who, people = actor(place, relation.level, relation.id), _people(place, folder / relation.file, key)
        found[who] = np.union1d(found[who], people) if who in found else people
    return found


def _people(place: Place, path: Path, key: Key) -> Ints:
    """The people that a CSV file lists in its one column `subject`, as ascending pseudonyms, read in pieces.

    Errors say the row, never what stands in it: it is a person.
    """
    bad: list[int] = []

    def extra(row: csv.InvalidRow) -> str:
        bad.append(row.number or 0)
        return "skip"

    def wrong(found: str) -> ConfigError:
        return place.wrong("file", f"a CSV file in UTF-8 with the one column `subject`, one person a row, in {path}", found)

    parts: list[Ints] = []
    rows = 1
    try:
        with csv.open_csv(
            path,
            csv.ReadOptions(use_threads=False),
            csv.ParseOptions(invalid_row_handler=extra, newlines_in_values=True),
            csv.ConvertOptions(column_types={"subject": pa.string()}, null_values=[]),
        ) as reader:
            if reader.schema.names != ["subject"]:
                raise wrong(f"{len(reader.schema.names)} columns" if len(reader.schema.names) > 1 else "another column")
            for batch in reader:
                texts = pc.utf8_trim_whitespace(batch.column(0))
                nobody = pc.or_(pc.is_in(texts, value_set=pa.array(["", "-"])), pc.match_substring(texts, "\n"))
                if pc.any(nobody).as_py():
                    raise wrong(f"no id in row {rows + 1 + int(np.flatnonzero(np.asarray(nobody))[0])}")
                rows += batch.num_rows
                parts.append(np.asarray(pseudonym.column(key, "subject", texts)))
    except FileNotFoundError:
        raise wrong("no such file") from None
    except OSError as cause:
        raise wrong(cause.strerror or "a folder, or what cannot be read") from None
    except (pa.ArrowInvalid, UnicodeDecodeError):  # their messages may quote the row
        raise wrong("what is none") from None
    if bad:
        raise wrong(f"more than one value in row {bad[0]}")
    return np.unique(np.concatenate(parts)) if parts else np.zeros(0, np.int64)


def _tables(document: Mapping[str, Any], kind: str, table: type[T], where: Path) -> list[tuple[Place, T]]:
    """The tables of one kind, each checked and with its place, counted from 1."""
    found = []
    for number, given in enumerate(document.get(kind, []), 1):
        place = Place(f"{where}: [[{kind}]] number {number}")
        try:
            found.append((place, msgspec.convert(given, table, builtin_types=(datetime, date, time))))
        except msgspec.ValidationError as cause:
            raise _said(str(cause), place, given, table) from None
    return found


def _said(cause: str, place: Place, given: Mapping[str, Any], table: type[_Table]) -> ConfigError:
    """msgspec's complaint with the key, what was expected and what was found, in the file's words."""
    keys = {field.encode_name: field for field in msgspec.structs.fields(table)}
    for name in given:
        if name not in keys:
            return place.wrong(name, f"one of the keys {', '.join(keys)}", "a key that is not known")
    for name, one in keys.items():
        if one.required and name not in given:
            return place.wrong(name, "a value", "none")
    at = re.search(r" - at `\$\.(\w+)(?:\[(\d+)\])?`$", cause)
    if at is None:
        return ConfigError(f"{place}: {cause}.")
    name, value = at[1], given[at[1]]
    expected = cause[: at.start()].partition(", got")[0].removeprefix("Expected ").replace("`", "")
    if name == "level":
        expected = f"one of {', '.join(get_args(Level))}"
    elif name == "verdict":
        expected = "benign or confirmed"
    elif expected == "datetime":
        expected = "a date and time without quotes, such as 2026-11-11T00:00:00Z"
    if at[2]:
        return place.wrong(f"{name}[{at[2]}]", expected, _shown(value[int(at[2])]))
    return place.wrong(name, expected, _shown(value))


def _shown(value: object) -> str:
    """A value as an error shows it: its type, and short plain ones as they are."""
    kinds = {str: "text", bool: "true or false", int: "a whole number", float: "a number", list: "a list", dict: "a table"}
    kind = kinds.get(type(value), f"a {type(value).__name__}")
    text = repr(value) if isinstance(value, str | int | float) else str(value)
    return f"{kind}, {text}" if len(text) <= 40 and not isinstance(value, list | dict) else kind


def _stretch(place: Place, since: datetime, until: datetime) -> tuple[int, int]:
    if _micros(until) <= _micros(since):
        raise place.wrong("until", f"a time after from ({since.isoformat()})", until.isoformat())
    return _micros(since), _micros(until)


def _micros(moment: datetime) -> int:
    """Microseconds since 1970 UTC; a time without an offset is UTC."""
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH) // timedelta(microseconds=1)
