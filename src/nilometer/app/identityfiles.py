"""Taking in which identifiers belong to whom: files of `subject, kind, value, from, to`, or with one column per kind."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from nilometer.app import identities, journal
from nilometer.app.assembly import Home
from nilometer.app.identities import ALWAYS, NEVER, SCHEMA
from nilometer.attribution import kinds, reading
from nilometer.attribution.kinds import SUBJECT
from nilometer.clock import Clock, system_clock
from nilometer.errors import ConfigError, InputError
from nilometer.ledger.sets import distinct
from nilometer.sources import files as found_files
from nilometer.sources.files import READ_ERRORS, Origin

Counted = Callable[[int, int], None]
Spelt = Callable[[str, pa.ChunkedArray], Iterable[tuple[str, pa.Array]]]
_SAID: Final = 5
_ROLES: Final = (SUBJECT, "kind", "value", "from", "to")


class _Named(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The part of a mapping that says what columns are: our name to the file's."""

    columns: dict[str, str] = {}
    source: dict[str, str] = {}


@dataclass(slots=True, kw_only=True)
class Taken:
    """What was read: files, rows, rows that could not be used, identities by kind, how many are new, of how many people; columns left out;
    names of all columns."""

    files: int = 0
    rows: int = 0
    unreadable: int = 0
    new: int = 0
    people: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    left_out: dict[str, None] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    reasons: list[str] = field(default_factory=list)
    """Of the first rows that could not be used: where they stand, and why."""


def columns_of(mapping: Path | None) -> dict[str, str]:
    """[columns] of a mapping: `subject`, `from`, `to`, `kind`, `value` or a kind to the file's column. Raises ConfigError."""
    if mapping is None:
        return {}
    try:
        named = msgspec.convert(tomllib.loads(mapping.read_text("utf-8")), _Named)
    except OSError as cause:
        raise ConfigError(f"{mapping} cannot be read: {cause.strerror or cause}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as cause:
        raise ConfigError(f'{mapping}: {cause}. Expected [columns] with lines such as phone = "mobile_no".') from None
    found = {}
    for name, column in named.columns.items():
        role = name if name in _ROLES else kinds.kind_named(name)
        if role is None:
            raise ConfigError(
                f"{mapping}: {name!r} is no kind; expected a word such as phone, email, nickname, or one of {', '.join(_ROLES)}."
            )
        found[role] = column
    return found


def refuse_missing(missing: Mapping[str, str], mapping: Path | None) -> None:
    """Raises InputError when a mapping names columns that are nowhere."""
    if missing:
        lines = ", ".join(f"{role} = {name!r}" for role, name in missing.items())
        raise InputError(
            f"{mapping} names columns that are nowhere in what was read: {lines}. Columns without a header are `column 1` and so on."
        )


def calling_code(given: str | None, kept: str, *, change: bool) -> str:
    """The calling code that holds, as digits (`+86`, `0086` and `86` are one): what is given, else what is kept (empty: none is).

    Raises InputError for one that is none or empty, and, unless `change`, for another than is kept.
    """
    if given is None:
        return kept
    code = given.strip().lstrip("+0")
    if not code:
        raise InputError("The calling code is empty; leave it out, or give digits such as 86 or 49.")
    if not (code.isascii() and code.isdigit() and len(code) <= 4):
        raise InputError(f"{given!r} is no calling code; expected digits such as 86 or 49.")
    if kept and code != kept and not change:
        raise InputError(
            f"This home's phones are kept with the calling code {kept}; with {code} those kept before would not be found any more. "
            f"Write the new ones with their code (+{code} ...), or change it on purpose with --change-country. Nothing was taken in."
        )
    return code


def origins(names: Sequence[str]) -> list[Origin]:
    """The streams behind paths; a spreadsheet, which is a zip archive, stays one."""
    found: dict[tuple[Path | None, str | None], Origin] = {}
    every = found_files.find(names)
    books = {one.path for one in every if one.member in ("xl/workbook.xml", "xl/workbook.bin", "content.xml")}
    for one in every:
        whole = Origin(path=one.path, size=one.path.stat().st_size) if one.path is not None and one.path in books else one
        found[(whole.path, whole.member)] = whole
    return list(found.values())


def take(
    home: Home,
    names: Sequence[str],
    *,
    mapping: Path | None = None,
    country: str | None = None,
    change_country: bool = False,
    progress: Counted = lambda done, total: None,
    clock: Clock = system_clock,
) -> Taken:
    """Reads files into the home's identities, all of them or, when one is refused, none; the same again changes nothing.

    country: the calling code (digits) of phones that come without one; kept for later, and another one than is kept is refused unless
    `change_country`: phones kept before would not be found any more. Raises InputError naming file and what was expected, also
    when nothing at all can be used; ConfigError for a mapping.
    """
    named, held, taken = columns_of(mapping), identities.of(home), Taken()
    country = calling_code(country, held.index.country, change=change_country)
    whole, order = read(home, names, _plainly(home, country), named, taken, progress)
    refuse_missing({role: name for role, name in named.items() if name not in taken.names}, mapping)
    if not taken.rows:
        raise InputError(
            "No rows of identities; expected a header with `subject` and one column per kind, then rows. Nothing was taken in."
        )
    if not whole.num_rows:
        raise InputError(f"None of {taken.rows:,} rows could be used. {' '.join(taken.reasons)} Nothing was taken in.")
    taken.new = held.add(order, whole, country)
    body = {"did": f"took in {taken.new:,} identities of {taken.people:,} people", "kinds": dict(taken.kinds), "files": taken.files}
    journal.record(home, "identities", body, clock=clock)
    return taken


def read(
    home: Home, names: Sequence[str], spelt: Spelt, named: Mapping[str, str], taken: Taken, progress: Counted, *, ids: bool = False
) -> tuple[pa.Table, list[str]]:
    """All identities (SCHEMA) of files, `kind` a place in the kinds; `taken` counts. Keeps nothing. Raises InputError.

    spelt: of which kinds a kind's values are identities, with their pseudonyms. ids: the platform's own ids are values, too.
    """
    every = origins(names)
    total, done = sum(one.size for one in every), 0
    parts: list[pa.Table] = []
    order: list[str] = []
    unreadable = reading.Unreadable()
    for origin in every:
        taken.files += 1
        try:
            with found_files.opened(origin) as stream:
                before = taken.rows
                for rows in reading.tables(stream, origin.label, unreadable):
                    taken.names |= set(rows.names)
                    parts += _rows(home, rows.rows, named, spelt, origin.label, taken.rows - before, order, taken, ids)
                    taken.rows += rows.rows.num_rows
        except READ_ERRORS as cause:
            raise InputError(f"{origin.label} cannot be read to its end ({type(cause).__name__}). Nothing was taken in.") from None
        done += origin.size
        progress(done, total)
    whole = pa.concat_tables(parts) if parts else SCHEMA.empty_table()
    taken.unreadable += unreadable.rows
    taken.people = len(distinct(np.asarray(whole.column("subject"))))
    return whole, order


def _plainly(home: Home, country: str) -> Spelt:
    def spelt(kind: str, values: pa.ChunkedArray) -> list[tuple[str, pa.Array]]:
        return [(kind, kinds.pseudonyms(home.key, kind, values, country))]

    return spelt


def _rows(
    home: Home, rows: pa.Table, named: Mapping[str, str], spelt: Spelt, label: str, before: int, order: list[str], taken: Taken, ids: bool
) -> list[pa.Table]:
    """Identities (SCHEMA) of some rows, `before` which as many stand; `order` gives the kinds their places."""
    roles, left = _roles(rows.column_names, named)
    if SUBJECT not in roles or not (("kind" in roles and "value" in roles) or ids or set(roles) - set(_ROLES)):
        raise InputError(
            f"{label}: expected a column `subject` and columns `kind` and `value`, or one column per kind (phone, email, nickname); "
            f"found {len(rows.column_names)} columns, of which {', '.join(sorted(roles)) or 'none'} could be told by name. "
            "A mapping with [columns] says what the others are. Nothing was taken in."
        )
    taken.left_out |= dict.fromkeys(left)
    subject = kinds.pseudonyms(home.key, SUBJECT, rows.column(roles[SUBJECT]))
    times, wrong = {}, pc.is_null(subject)
    why = {"no subject": np.asarray(wrong)}
    for role, none in (("from", ALWAYS), ("to", NEVER)):
        times[role], bad = _moments(rows.column(roles[role]), none) if role in roles else (np.full(rows.num_rows, none), None)
        if bad is not None:
            wrong = pc.or_(wrong, bad)
            why[f"`{role}` is no date such as 2020-07-01 or 2020-07-01T08:00:00Z"] = np.asarray(bad)
    why["`from` is not before `to`"] = times["from"] >= times["to"]
    right = pc.and_(pc.invert(wrong), pa.array(times["from"] < times["to"]))
    usable, sorts = np.zeros(rows.num_rows, np.bool_), np.zeros(rows.num_rows, np.bool_)
    made = []
    own = [(SUBJECT, rows.column(roles[SUBJECT]), pa.array(np.ones(rows.num_rows, np.bool_)))] if ids else []
    for kind, values, of_kind in [*own, *_kinds(rows, roles)]:
        sorts |= np.asarray(of_kind.fill_null(False))
        for name, keyed in spelt(kind, values):
            keep = np.asarray(pc.and_(pc.and_(right, pc.is_valid(keyed)), of_kind))
            usable |= keep
            if name not in order:
                order.append(name)
            taken.kinds[name] += int(keep.sum())
            columns = [keyed.fill_null(0), subject.fill_null(0), pa.array(times["from"]), pa.array(times["to"])]
            place = pa.array(np.full(int(keep.sum()), order.index(name), np.int16))
            made.append(pa.table([*(pa.array(np.asarray(one)[keep]) for one in columns), place], schema=SCHEMA))
    taken.unreadable += int((~usable).sum())
    why |= {"no kind that is one": ~sorts, "no value that can be of its kind": ~usable}
    for place in np.flatnonzero(~usable)[: max(0, _SAID - len(taken.reasons))].tolist():
        reason = next(text for text, rows_of in why.items() if rows_of[place])
        taken.reasons.append(f"{label}, row {before + place + 1:,} (without the header): {reason}.")
    return made


def _roles(names: Sequence[str], named: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """What the columns are, as role or kind to name, and which are left out."""
    roles = {role: column for role, column in named.items() if column in names}
    plain = {name.strip().casefold(): name for name in names if name not in roles.values()}
    for role in _ROLES:
        if role not in roles and role in plain:
            roles[role] = plain[role]
    for name in names:
        kind = kinds.called(name)
        if kind is not None and kind not in roles and name not in roles.values() and not ("kind" in roles and kind != SUBJECT):
            roles[kind] = name
    return roles, [name for name in names if name not in roles.values()]


def _kinds(rows: pa.Table, roles: Mapping[str, str]) -> list[tuple[str, pa.ChunkedArray, pa.Array]]:
    """Kind, values, and which rows are of it."""
    if "kind" not in roles or "value" not in roles:
        every = pa.array(np.ones(rows.num_rows, np.bool_))
        return [(role, rows.column(name), every) for role, name in roles.items() if role not in _ROLES]
    said = rows.column(roles["kind"]).combine_chunks()
    found: dict[str, list[str]] = {}
    for name in pc.unique(said).drop_null().to_pylist():
        kind = kinds.kind_named(name)
        if kind is not None and kind != SUBJECT:
            found.setdefault(kind, []).append(name)
    return [(kind, rows.column(roles["value"]), pc.is_in(said, pa.array(names, pa.string()))) for kind, names in found.items()]


def _moments(column: pa.ChunkedArray, none: int) -> tuple[identities.Ints, pa.Array]:
    """Times in microseconds since 1970 UTC, `none` where there is none; and where one stands that cannot be read."""
    text = pc.utf8_trim_whitespace(column.combine_chunks())
    text = pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
    text = pc.replace_substring_regex(text, r"^(\d{4}-\d{2}-\d{2})$", r"\1T00:00:00")
    text = pc.if_else(pc.match_substring_regex(text, r"([zZ]|[+-]\d{2}:?\d{2})$"), text, pc.binary_join_element_wise(text, "Z", ""))
    fit = pc.match_substring_regex(text, r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?([zZ]|[+-]\d{2}:?\d{2})$")  # fmt: skip
    text = pc.if_else(fit, text, pa.scalar(None, pa.string()))
    try:
        moments = text.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64())
    except pa.ArrowInvalid:  # the 31st of a short month, somewhere
        moments = pa.array([_one(value) for value in text.to_pylist()], pa.int64())
    bad = pc.and_(pc.is_valid(column.combine_chunks()), pc.is_null(moments))
    return np.asarray(moments.fill_null(none)), bad


def _one(text: str | None) -> int | None:
    try:
        found = pa.scalar(text).cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()).as_py()
    except pa.ArrowInvalid:
        return None
    return None if found is None else int(found)
