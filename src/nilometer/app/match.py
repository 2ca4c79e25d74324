"""`nilometer match`: what is found on a forum, and which actor could have made it.

    files --> tables of text --> columns recognised --> keyed --> whose row it is --> who holds these people --> verdict

Of what stands in the dump nothing is kept; the verdict goes into the journal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from nilometer.app import casebook, detect, dumpcanaries, dumpreading, identityfiles, journal, matchtold, memberlists
from nilometer.app.assembly import Home
from nilometer.app.dumpcanaries import Planted
from nilometer.app.dumpreading import Counted, Dump
from nilometer.app.dumptables import Known, Table
from nilometer.app.identities import Bools, Ints
from nilometer.attribution import kinds
from nilometer.attribution.found import ALWAYS, NEVER, Found
from nilometer.attribution.kinds import SUBJECT
from nilometer.attribution.match import NOBODY, Node, judge
from nilometer.attribution.resolving import Keyed, Resolved, resolve
from nilometer.clock import Clock, system_clock
from nilometer.detection.words import microseconds
from nilometer.disclosures import pseudonym
from nilometer.errors import InputError
from nilometer.ledger.holding import Holdings, held
from nilometer.ledger.pairs import HELD
from nilometer.ledger.sets import among, distinct

_FIT: Final = 0.5
"""Share of a column's values that must be their row's person's, so that who made the dump must have been shown them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A dump and whose rows it has: `used` tables have recognised columns, `keyed` and `resolved` belong to them in this order."""

    dump: Dump
    used: list[Table]
    keyed: list[list[Keyed]]
    resolved: list[Resolved]
    canaries: Mapping[tuple[str, str], int]
    """(level, actor's id) to how many of its canaries were found."""
    caught: int
    """Rows that have one, and are no known person's."""


def match(
    home: Home,
    names: Sequence[str],
    *,
    members: Sequence[str] = (),
    mapping: Path | None = None,
    country: str | None = None,
    until: datetime | None = None,
    fields: Sequence[str] | None = None,
    nobody: float = NOBODY,
    most: int = 10,
    case: str | None = None,
    progress: Counted = lambda done, total: None,
    clock: Clock = system_clock,
) -> dict[str, Any]:
    """The verdict on a dump, as contract.md names it, and what it rests on; recorded in the journal.

    members: files of members (as `nilometer identities` reads them) whose values, and their digests, are compared, and not kept.
    mapping: says what columns are. until: the dump was there by then, so nobody took later what is in it. fields: what the source
    must have been shown of each person (None: told by the columns; empty: anything). nobody: prior probability that the source is
    not in the ledger. case: the case that this belongs to. Raises InputError for what cannot be read, ConfigError for a mapping.
    """
    if case is not None:
        casebook.one(home, case)
    if not 0 < nobody < 1:
        raise InputError(f"{nobody} is no prior probability; expected one between 0 and 1.")
    named = identityfiles.columns_of(mapping)
    store = memberlists.asked(home, members, named, country)
    planted, known = dumpcanaries.planted(home, store.country), Known(home, store)
    dump = dumpreading.read(home, names, known, named, planted, progress)
    there = {column.name for table in dump.tables for column in table.columns} | (store.taken.names if store.taken else set[str]())
    identityfiles.refuse_missing({kind: name for kind, name in named.items() if name not in there}, mapping)
    used = [table for table in dump.tables if any(column.kind for column in table.columns)]
    keyed = [table.keyed(store) for table in used]
    every = _everybody(keyed)
    resolved = [_resolved(table, one, known.people, planted.get(SUBJECT)) for table, one in zip(used, keyed, strict=True)]
    asked = sorted(set(fields)) if fields is not None else _fields(home, resolved)
    holdings = held(home.ledger, every, fields=asked, until=None if until is None else microseconds(until))
    read = Read(dump=dump, used=used, keyed=keyed, resolved=resolved, canaries=_hits(planted), caught=_caught(dump, used, resolved))
    found = _found(read, asked)
    proof, doubtful = dumpcanaries.proof(home, planted)
    numbers, campaigns = _campaigns(home)
    verdict = judge(_only(holdings, found.people), found, campaigns=campaigns, canaries=proof, nobody=nobody, most=most)
    said = matchtold.document(home, read, found, verdict, numbers, asked)
    if verdict.named is None and verdict.excluded and asked and fields is None:  # perhaps some values were added from elsewhere
        loose = held(home.ledger, every, until=None if until is None else microseconds(until))
        freely = replace(found, fields=frozenset[str]())
        other = judge(_only(loose, found.people), freely, campaigns=campaigns, canaries=proof, nobody=nobody, most=most)
        if other.named is not None:
            matchtold.besides(said, matchtold.document(home, read, freely, other, numbers, ()), asked)
    said["why"] = [*doubtful, *said["why"], *matchtold.digests(dump, bool(members))]
    said["members"] = matchtold.members(store)
    entry = journal.record(home, "match", matchtold.recorded(said, case, until, nobody), clock=clock)
    return {**said, "entry": entry.index}


def _fields(home: Home, resolved: Sequence[Resolved]) -> list[str]:
    """Fields of the ledger that the dump's source must have been shown: kinds whose values are their row's person's."""
    fits: dict[str, list[int]] = {}
    for one in resolved:
        for kind, (mine, every) in one.fits.items():
            total = fits.setdefault(kind, [0, 0])
            total[0] += mine
            total[1] += every
    proved = {kind for kind, (mine, every) in fits.items() if mine and mine >= _FIT * every}
    names: dict[str, set[str]] = {}
    for text in home.ledger.names("fields").values():
        for name in filter(None, text.split("|")):
            names.setdefault(kinds.called(name) or name, set()).add(name)
    return sorted(
        kind if kind in named else next(iter(named))
        for kind in proved
        if (named := names.get(kind, set())) and (kind in named or len(named) == 1)
    )


def _split(columns: Sequence[Keyed]) -> tuple[Keyed | None, list[Keyed]]:
    subject = next((one for one in columns if one.kind == SUBJECT), None)
    return subject, [one for one in columns if one.kind != SUBJECT]


def _everybody(keyed: Sequence[Sequence[Keyed]]) -> Ints:
    """Everybody who a row may be of, ascending."""
    people = [distinct(one.values[one.there]) for columns in keyed for one in columns if one.kind == SUBJECT]
    people += [distinct(one.owners.subject) for columns in keyed for one in columns if one.owners is not None]
    return distinct(np.concatenate(people)) if people else np.zeros(0, np.int64)


def _resolved(table: Table, columns: Sequence[Keyed], known: Ints, canaries: Planted | None) -> Resolved:
    """Whose the rows are. known: everybody known, ascending: an id of nobody known says nothing, and so does a canary's."""
    subject, others = _split(columns)
    there: Bools | None = None
    if subject is not None:
        there = subject.there & among(subject.values, known)
        if canaries is not None:
            there &= ~canaries.found(subject.values)
    return resolve(table.rows, subject, others, there)


def _hits(planted: Mapping[str, Planted]) -> dict[tuple[str, str], int]:
    """Whose canaries were found, and how many of each."""
    found: Counter[tuple[str, str]] = Counter()
    for one in planted.values():
        found.update((one.canaries[place].level, one.canaries[place].actor) for place in np.flatnonzero(one.hit).tolist())
    return dict(found)


def _caught(dump: Dump, used: Sequence[Table], resolved: Sequence[Resolved]) -> int:
    """Rows with canaries that are nobody's otherwise."""
    persons = {id(table): one.known for table, one in zip(used, resolved, strict=True)}
    return sum(int((table.canaries & ~persons.get(id(table), np.zeros(table.rows, np.bool_))).sum()) for table in dump.tables)


def _found(read: Read, asked: Sequence[str]) -> Found:
    """The dump as it is judged: each person once, with the narrowest time that all its rows leave."""
    parts = [(one.person[one.known], one.after[one.known], one.before[one.known]) for one in read.resolved]
    person, after, before = (np.concatenate([part[place] for part in parts]) if parts else np.zeros(0, np.int64) for place in range(3))
    people, back = np.unique(person, return_inverse=True)
    newest, oldest = np.full(len(people), ALWAYS), np.full(len(people), NEVER)
    np.maximum.at(newest, back, after)
    np.minimum.at(oldest, back, before)
    torn = newest >= oldest
    newest[torn], oldest[torn] = ALWAYS, NEVER
    rows = sum(table.rows for table in read.used) or sum(table.rows for table in read.dump.tables)
    return Found(
        rows=rows,
        people=people,
        after=newest,
        before=oldest,
        unmatched=max(0, rows - len(person) - read.caught),
        kinds=frozenset(
            "id" if column.kind == SUBJECT else str(column.kind) for table in read.used for column in table.columns if column.kind
        ),
        fields=frozenset(asked),
        canaries=read.canaries,
    )


def _only(holdings: Holdings, people: Ints) -> Holdings:
    """The holdings of some of the people asked for (ascending), among whom are all that anybody holds or who are left out on purpose."""
    place = np.full(len(holdings.people), -1, np.int64)
    place[np.searchsorted(holdings.people, people)] = np.arange(len(people))
    who = place[holdings.pairs.who]
    stay = who >= 0
    start = np.concatenate([[0], np.cumsum(stay)])[holdings.pairs.start]
    pairs = replace(
        holdings.pairs,
        start=start,
        who=who[stay].astype(holdings.pairs.who.dtype),
        first=holdings.pairs.first[stay],
        last=holdings.pairs.last[stay],
        whole=holdings.pairs.whole[stay],
    )
    return replace(holdings, people=people, pairs=pairs)


def _campaigns(home: Home) -> tuple[dict[int, str], dict[int, list[Node]]]:
    """The campaigns that were found: a number for each to its id, and to its members."""
    names: dict[int, str] = {}
    members: dict[int, list[Node]] = {}
    for finding in detect.kept(home):
        actors = finding["actors"]
        if actors and actors[0]["level"] == "campaign":
            number = len(names)
            names[number] = actors[0]["id"]
            members[number] = [
                (one["level"], pseudonym.one(home.key, one["level"], one["id"])) for one in actors[1:] if one["level"] in HELD
            ]
    return names, {number: some for number, some in members.items() if some}
