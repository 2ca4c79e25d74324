"""The two pages everything turns on: one actor (whom was it shown) and one person (who was shown them)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from nilometer.app import detect, identities, journal, reveal
from nilometer.app.assembly import Home
from nilometer.attribution import kinds
from nilometer.clock import Clock, rfc3339, system_clock
from nilometer.disclosures import pseudonym
from nilometer.disclosures.actor import EVIDENCE_LEVELS, HIERARCHY, LEVELS
from nilometer.errors import EngineError, InputError
from nilometer.ledger import actor_page, folds

Counted = Callable[[int, int], None]


def _silent(done: int, total: int) -> None:
    pass


def actor(home: Home, level: str, ident: str, *, most: int = 1000) -> dict[str, Any]:
    """One actor's page as contract.md names it. `parents` and `children` hold at most `most` each, with their people.

    Raises InputError for an unknown level, or an actor the ledger has never seen.
    """
    if level not in LEVELS:
        raise InputError(f"No level {level!r}; expected one of {', '.join(LEVELS)}.")
    ident = typed(ident)
    page = actor_page.page(home.ledger, level, pseudonym.one(home.key, level, ident))
    if page is None:
        raise InputError(f"The ledger holds nothing of {level} {ident!r}. `nilometer reach --level {level}` lists who it knows.")
    names: dict[str, dict[int, str]] = {}

    def name(kind: str, ids: list[int]) -> dict[int, str]:
        names.setdefault(kind, {}).update(home.ledger.names(kind, ids))
        return names[kind]

    sets = name("fields", [i for i, _ in page["fields"]])
    surfaces = name("surface", [i for i, _ in page["surfaces"]])
    return {
        "level": level,
        "id": ident,
        "people": page["people"],
        "disclosures": page["disclosures"],
        "asked_not_shown": page["asked_not_shown"],
        "first": _moment(page["first"]),
        "last": _moment(page["last"]),
        "reach": page["reach"],
        "new_by_day": [
            {"day": datetime.fromtimestamp(d * 86_400, UTC).date().isoformat(), "people": p, "new": n} for d, p, n in page["new_by_day"]
        ],
        "fields": actor_page.people_by_field(page["shown"], sets),
        "surfaces": {surfaces[i]: n for i, n in page["surfaces"]},
        "parents": _named(home, page["parents"][:most]),
        "children": _named(home, page["children"][:most]),
        "findings": [f["id"] for f in detect.kept(home) if {"level": level, "id": ident} in f["actors"]],
        "exact": True,
    }


def typed(ident: str) -> str:
    """An id as somebody typed it; bytes that are no UTF-8 are written out as sources write them out (`\\xff`)."""
    try:
        return ident.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:
        raise InputError("The id given is no text: it holds half a character (a lone surrogate).") from None


def _named(home: Home, found: list[tuple[str, int, int]]) -> list[dict[str, Any]]:
    names = {level: home.ledger.names(level, [a for lv, a, _ in found if lv == level]) for level in {lv for lv, _, _ in found}}
    return [{"level": level, "id": names[level].get(a, "?"), "people": people} for level, a, people in found]


def people_of(home: Home, level: str, ident: str) -> pa.Table:
    """Exactly whose data an actor was shown: `subject` (pseudonym, hexadecimal), `fields`, `first`, `last`, `count`."""
    rows = actor_page.rows_of(home.ledger, level, pseudonym.one(home.key, level, typed(ident)))
    return actor_page.people_table(rows, home.ledger.names("fields"))


def who(home: Home, subject: str, *, by: str | None = None, progress: Counted = _silent, clock: Clock = system_clock) -> dict[str, Any]:
    """The accounting of disclosures for one person; the look-up is itself recorded, as who asked about which pseudonym.

    `by` says that `subject` is not the platform's own id but a value of a kind (`phone`, `email`) that `nilometer identities` knows.

    One entry for each actor of each identity level, so that company, app and account are all accounted for; sessions and
    addresses only where nothing else is known. `company` is the org, null where logs do not say it.
    """
    key = pseudonym.one(home.key, "subject", typed(subject)) if by is None else _owner(home, by, typed(subject))
    _record(home, key, clock)
    if folds.unfolded(home.ledger):
        with contextlib.suppress(EngineError):  # somebody writes: the unfolded rest is read as it is
            folds.fold(home.ledger, progress)
    rows = folds.exposures(home.ledger, key).to_pylist()
    kinds = (*HIERARCHY, *EVIDENCE_LEVELS, "surface", "fields")
    names = {kind: home.ledger.names(kind, sorted({r[kind] for r in rows if r[kind] is not None})) for kind in kinds}
    shown, asked = (_entries([r for r in rows if r["shown"] is flag], names) for flag in (True, False))
    revealed = reveal.of_person(home, key, rows)
    return {"subject": f"{key & (1 << 64) - 1:016x}", "exposures": shown, "asked_not_shown": asked, "revealed": revealed}


def _owner(home: Home, kind: str, value: str) -> int:
    """The one person whom a value belongs to. Raises InputError when it is nobody's, or several people's at a time."""
    held = identities.of(home)
    known = kinds.kind_named(kind)
    if known not in held.index.kinds:
        raise InputError(
            f"No identities of kind {kind!r}; known are {', '.join(held.index.kinds) or 'none: `nilometer identities FILE` takes them in'}."
        )
    keyed = kinds.pseudonyms(home.key, str(known), pa.array([value]), held.index.country)
    if keyed.null_count:
        raise InputError(f"The value given is no {known}.")
    found = held.owners(np.asarray(keyed))
    people = np.unique(found.subject)
    if len(people) > 1:
        latest = np.flatnonzero(found.until == found.until.max())
        if len(np.unique(found.subject[latest])) > 1:
            raise InputError(f"This {known} belongs to {len(people):,} people at the same time; ask by the platform's own id.")
        people = found.subject[latest]
    if not len(people):
        raise InputError(f"This {known} is nobody's whom `nilometer identities` knows.")
    return int(people[0])


def _entries(rows: list[dict[str, Any]], names: dict[str, dict[int, str]]) -> list[dict[str, Any]]:
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for row in rows:
        known = [level for level in ("org", "app", "account") if row[level] is not None]
        known = known or [level for level in ("session", *EVIDENCE_LEVELS) if row[level] is not None][:1]
        for level in known:
            entry = found.setdefault(
                (level, row[level]),
                {
                    "actor": {"level": level, "id": names[level].get(row[level], "?")},
                    "company": None,
                    "surfaces": set(),
                    "fields": set(),
                    "first": row["first"],
                    "last": row["last"],
                    "count": 0,
                },
            )
            if row["org"] is not None:
                entry["company"] = names["org"].get(row["org"], "?")
            if row["surface"] is not None:
                entry["surfaces"].add(names["surface"].get(row["surface"], "?"))
            if row["fields"] is not None:
                entry["fields"].update(names["fields"].get(row["fields"], "").split("|"))
            entry["first"], entry["last"] = min(entry["first"], row["first"]), max(entry["last"], row["last"])
            entry["count"] += row["count"]
    ranked = sorted(found.items(), key=lambda item: (LEVELS.index(item[0][0]), item[1]["first"], item[1]["actor"]["id"]))
    return [
        {
            **e,
            "surfaces": sorted(e["surfaces"]),
            "fields": sorted(e["fields"] - {""}),
            "first": rfc3339(e["first"]),
            "last": rfc3339(e["last"]),
        }
        for _, e in ranked
    ]


def _record(home: Home, subject: int, clock: Clock) -> None:
    """Who looks up whom is itself a disclosure: an entry of the journal, sealed before the answer is given."""
    try:
        journal.record(home, "lookup", {"subject": f"{subject & (1 << 64) - 1:016x}", "surface": "nilometer who"}, clock=clock)
    except EngineError as cause:
        raise EngineError(f"The look-up could not be recorded, so it was not answered. {cause}") from None


def _moment(micros: int) -> str:
    return rfc3339(datetime.fromtimestamp(micros / 1_000_000, UTC))
