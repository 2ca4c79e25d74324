"""The operator's `context.toml`: what was declared, checked, with every identifier turned into its pseudonym as ingest does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from nilometer.app import casebook, declarations
from nilometer.app.assembly import Home
from nilometer.app.declarations import Declarations, GroupTable, Place, RelationTable, VerdictTable
from nilometer.detection.coding import Ints
from nilometer.detection.context import BENIGN_DAYS, BENIGN_ROOM, Busy, Context, Need, Planned
from nilometer.detection.rows import DAY
from nilometer.disclosures import pseudonym
from nilometer.disclosures.pseudonym import Key
from nilometer.errors import ConfigError

FILE: Final = "context.toml"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Actor = tuple[str, int]
Name = Callable[..., Actor]
"""Turns a place, a level, an id and the key it stands under (`id` unless told) into an actor."""


def load(home: Home, path: Path | None = None) -> Context:
    """What the operator declared in `<home>/context.toml` (or `path`), and what verdicts of closed cases teach.

    Nothing raw is kept: actors and people are pseudonyms made with the home's key. Raises ConfigError that names the file,
    the table, the key, what was expected and what was found.
    """
    where = path or home.folder / FILE
    try:
        content = where.read_bytes()
    except FileNotFoundError:
        if path is not None:
            raise ConfigError(f"{where} does not exist; expected a context file.") from None
        content = b""
    except OSError as cause:
        raise ConfigError(f"{where} cannot be read: {cause.strerror or cause}.") from None
    return _context(declarations.parse(content, where), where.parent, home.key, casebook.verdicts(home))


def _context(declared: Declarations, folder: Path, key: Key, decided: Sequence[tuple[Place, VerdictTable]] = ()) -> Context:
    def actor(place: Place, level: str, ident: str, name: str = "id") -> Actor:
        if ident.strip() in ("", "-"):  # the ways logs write "nothing", which ingest leaves out
            raise place.wrong(name, "an id", repr(ident))
        return level, pseudonym.one(key, level, ident)

    needs, planned, busy = [], [], []
    for place, one in declared.need:
        level, ident = actor(place, one.level, one.id)
        last = -(-_micros(one.until) // DAY)  # a day that has begun before `until` is allowed whole, as the days of planned events are
        needs.append(Need(level=level, actor=ident, people_a_day=one.people_a_day, why=one.why, until=last))
    for place, plan in declared.planned:
        level, ident = actor(place, plan.level, plan.id)
        since, until = _stretch(place, plan.since, plan.until)
        planned.append(Planned(level=level, actor=ident, since=since, until=until, people=plan.people, kind=plan.kind))
    for place, stretch in declared.busy:
        since, until = _stretch(place, stretch.since, stretch.until)
        busy.append(Busy(since=since, until=until, factor=stretch.factor))
    needs += _taught([(actor(place, v.level, v.id), v) for place, v in (*declared.verdict, *decided)])
    return Context(
        needs=tuple(needs),
        planned=tuple(planned),
        busy=tuple(busy),
        groups=_groups(declared.group, actor),
        relations=_relations(declared.relation, actor, folder, key),
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


def _stretch(place: Place, since: datetime, until: datetime) -> tuple[int, int]:
    if _micros(until) <= _micros(since):
        raise place.wrong("until", f"a time after from ({since.isoformat()})", until.isoformat())
    return _micros(since), _micros(until)


def _micros(moment: datetime) -> int:
    """Microseconds since 1970 UTC; a time without an offset is UTC."""
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH) // timedelta(microseconds=1)
