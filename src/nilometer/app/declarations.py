"""The tables of `context.toml` as they stand in the file, each checked and with its place; `context.py` makes of them what detection knows."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar, get_args

import msgspec

from nilometer.errors import ConfigError

MOST_PEOPLE: Final = 10**10
"""More people than there are: a larger ceiling is a slip of the keyboard."""
MOST_BUSY: Final = 100.0
"""A sale day is ten times a usual one at most; a larger factor would switch detection off for everybody."""

Level = Literal["org", "app", "account", "session", "ip"]
People = Annotated[int, msgspec.Meta(ge=0, le=MOST_PEOPLE)]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Declarations:
    """A whole file: of each kind the tables in their order, each with its place."""

    need: Sequence[tuple[Place, NeedTable]]
    planned: Sequence[tuple[Place, PlannedTable]]
    group: Sequence[tuple[Place, GroupTable]]
    busy: Sequence[tuple[Place, BusyTable]]
    verdict: Sequence[tuple[Place, VerdictTable]]
    relation: Sequence[tuple[Place, RelationTable]]


KINDS: Final = ("need", "planned", "group", "busy", "verdict", "relation")


def parse(content: bytes, where: Path) -> Declarations:
    """The tables of a context file. Raises ConfigError that names the file, the table, the key, what was expected and what was found."""
    try:
        document = tomllib.loads(content.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as cause:
        raise ConfigError(f"{where}: not a TOML file: {cause}.") from None
    for name, given in document.items():
        if name not in KINDS:
            raise ConfigError(f"{where}: unknown table {name!r}; expected one of {', '.join(f'[[{kind}]]' for kind in KINDS)}.")
        if not isinstance(given, list) or not all(isinstance(table, dict) for table in given):
            raise ConfigError(f"{where}: {name}: expected tables that begin with [[{name}]], found {_shown(given)}.")
    return Declarations(
        need=_tables(document, "need", NeedTable, where),
        planned=_tables(document, "planned", PlannedTable, where),
        group=_tables(document, "group", GroupTable, where),
        busy=_tables(document, "busy", BusyTable, where),
        verdict=_tables(document, "verdict", VerdictTable, where),
        relation=_tables(document, "relation", RelationTable, where),
    )


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
