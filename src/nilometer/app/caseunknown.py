"""What is not known of a case, with bounds: gaps in the logs, lines that could not be read, rows that name no actor, where people live."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from nilometer.app.assembly import Home
from nilometer.clock import rfc3339
from nilometer.detection.words import moment
from nilometer.disclosures import pseudonym
from nilometer.disclosures.actor import HIERARCHY
from nilometer.ledger import gaps, scope
from nilometer.ledger.scope import Scope

MOST: Final = 500
"""Gaps that are listed; of more, the longest."""


def unknown(home: Home, whole: Scope, since: int, until: int, people: int, hierarchy: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each thing not known, as `{"what", "from", "until", "bound"}`; `from` and `until` are null where it has no time."""
    found = _gaps(home, whole, since, until)
    found += _nameless(home, whole, since, until, hierarchy)
    found += _unread(home, whole, people)
    if people:
        residence = "Where these people live (US states and others count their residents)"
        found.append(_said(residence, bound=f"At most {people:,} in any one state or country: logs do not say it."))
    return found


def _said(what: str, begin: int | None = None, end: int | None = None, *, bound: str) -> dict[str, Any]:
    times = [None if at is None else rfc3339(moment(at)) for at in (begin, end)]
    return {"what": what, "from": times[0], "until": times[1], "bound": bound}


def _gaps(home: Home, whole: Scope, since: int, until: int) -> list[dict[str, Any]]:
    held = gaps.gaps(home.ledger, whole, since, until)
    names = home.ledger.names("surface", [gap.surface for gap in held if gap.surface is not None])
    said = []
    for gap in sorted(held, key=lambda one: one.begin - one.end)[:MOST]:
        where = "any surface" if gap.surface is None else names.get(gap.surface, "?")
        hours = (gap.end - gap.begin) // gaps.HOUR
        bound = (
            f"Estimate: at most about {gap.most:,} people, as many disclosures as these actors got in the busiest of the same hours of "
            f"other weeks or days; others usually get {gap.usual:,} then."
        )
        said.append(_said(f"What was shown on {where} in {hours:,} hours of which the logs hold nothing", gap.begin, gap.end, bound=bound))
    if len(held) > MOST:
        said.append(_said(f"{len(held) - MOST:,} more, shorter gaps", bound="Bounded as those listed, each by its own hours."))
    return sorted(said, key=lambda one: str(one["from"]))


def _nameless(home: Home, whole: Scope, since: int, until: int, hierarchy: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Disclosures, where the accused read, that do not say at the accused's level who it was, and nothing that speaks against them."""
    said = []
    for level in HIERARCHY:
        keys = [key for part in whole.parts for of, key in part.nodes if of == level]
        if not keys:
            continue
        above = []
        for higher in HIERARCHY[: HIERARCHY.index(level)]:
            ids = [pseudonym.one(home.key, higher, one["id"]) for one in hierarchy if one["level"] == higher]
            above.append(f"({higher} IS NULL" + (f" OR {higher} IN ({', '.join(map(str, ids))}))" if ids else ")"))
        surfaces = f"surface IN (SELECT DISTINCT surface FROM {scope.source(home.ledger, whole)} WHERE shown AND surface IS NOT NULL)"
        rows = home.ledger.engine.between(home.ledger.manifest.segments, since, until)
        where = " AND ".join([f"{level} IS NULL", "shown", surfaces, *above])
        [row] = home.ledger.engine.query(f"SELECT count(*) AS n, count(DISTINCT subject) AS people FROM {rows} WHERE {where}").to_pylist()
        if row["n"]:
            what = f"Who got {row['n']:,} disclosures on the same surfaces: their log lines name no {level}"
            said.append(_said(what, since, until, bound=f"At most {row['people']:,} people more, if all of them were the accused's."))
    return said


def _unread(home: Home, whole: Scope, people: int) -> list[dict[str, Any]]:
    sources = home.ledger.manifest.sources
    said = []
    lines = sum(source.unreadable for source in sources)
    readable = sum(source.entries for source in sources) - lines
    if lines:
        bound = (
            f"Estimate: about {round(people * lines / readable):,} people if they are like the others; not bounded by what is known."
            if readable
            else ""
        )
        bound = bound or "Not bounded by what is known."
        what = f"What stands in {lines:,} log lines that could not be read (`nilometer unreadable` lists them)"
        said.append(_said(what, bound=bound))
    torn = [source for source in sources if source.tail]
    if torn:
        what = f"How {len(torn):,} log file{'s' if len(torn) != 1 else ''} went on: the last line breaks off"
        said.append(_said(what, bound=f"At least {len(torn):,} lines; ingest the whole files again to know."))
    return said
