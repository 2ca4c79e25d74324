"""A case's page of facts: since when, whose data, how much, to whom, how it was found, what was done and what is not known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from nilometer.app import casebook, caseunknown, journal, scope
from nilometer.app.assembly import Home
from nilometer.cases.case import Case
from nilometer.clock import rfc3339
from nilometer.detection.words import microseconds, moment
from nilometer.disclosures.actor import HIERARCHY
from nilometer.findings.finding import SEVERITIES
from nilometer.ledger import scope as scopes
from nilometer.ledger.scope import Part, Scope

_OTHER_KINDS: Final = ("reveal", "response", "export", "match", "erasure")
"""Entries of the journal that belong to a case's history when they name it."""


def head(case: Case, findings: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What is said of a case without counting anything."""
    return {
        "id": case.id,
        "title": case.title,
        "state": case.state,
        "verdict": case.verdict,
        "hold": case.hold,
        "assigned": case.assigned,
        "severity": max((f["severity"] for f in findings), key=SEVERITIES.index, default="low"),
        "confidence": max((f["confidence"] for f in findings), default=0.0),
        "opened": rfc3339(case.opened),
        "updated": rfc3339(case.updated),
    }


def facts(home: Home, ident: str, progress: Callable[[int, int], None] = lambda done, total: None) -> dict[str, Any]:
    """The page of facts of a case; every figure is exact, over all that its actors were shown in the whole ledger.

    `since` and `until` are the first and the last of these disclosures. `people_at_detection` are those of them that had been
    shown by the first alarm. Raises InputError when there is no such case, or when another one took its findings.
    """
    case = casebook.one(home, ident)
    whole = scope.of(home, ident)
    findings = scope.current(home, case)
    progress(0, 6)
    shown = _tally(home, whole, shown=True)
    asked = _tally(home, whole, shown=False)
    progress(1, 6)
    detected = min(finding["detected_at"] for finding in findings)
    span = [t for t in (shown["first"], asked["first"]) if t is not None], [t for t in (shown["last"], asked["last"]) if t is not None]
    since = shown["first"] if shown["first"] is not None else min(span[0], default=microseconds(datetime.fromisoformat(detected)))
    until = shown["last"] if shown["last"] is not None else max(span[1], default=since)
    hierarchy = _hierarchy(home, whole)
    progress(3, 6)
    surfaces = scopes.by(home.ledger, whole, "surface")
    names = home.ledger.names("surface", [key for key in surfaces if key is not None])
    then = Scope(parts=whole.parts, until=microseconds(datetime.fromisoformat(detected)))
    at_detection = scopes.counted(home.ledger, then)
    progress(5, 6)
    unknown = caseunknown.unknown(home, whole, since, until, shown["people"], hierarchy)
    progress(6, 6)
    return {
        **head(case, findings),
        "findings": findings,
        "actors": [{"level": level, "id": one} for level, one in scope.accused(findings)],
        "hierarchy": hierarchy,
        "companies": [one["id"] for one in hierarchy if one["level"] == "org"],
        "since": rfc3339(moment(since)),
        "until": rfc3339(moment(until)),
        "detected_at": detected,
        "people": shown["people"],
        "people_at_detection": at_detection,
        "disclosures": shown["disclosures"],
        "asked_not_shown": {"people": asked["people"], "disclosures": asked["disclosures"]},
        "items": _items(home, whole, shown, sum(surfaces.values())),
        "fields": dict(sorted(shown["fields"].items(), key=lambda one: (-one[1], one[0]))),
        "surfaces": {names.get(key, "?"): people for key, people in surfaces.items() if key is not None},
        "how_found": list(_how_found(findings)),
        "history": past(home, case),
        "unknown": unknown,
        "exact": True,
    }


def _tally(home: Home, whole: Scope, *, shown: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"people": 0, "disclosures": 0, "first": None, "last": None, "fields": {}}
    for one in scopes.people(home.ledger, whole, shown=shown):
        found["people"] += len(one.subject)
        found["disclosures"] += int(one.count.sum())
        first, last = int(one.first.min()), int(one.last.max())
        found["first"] = first if found["first"] is None else min(found["first"], first)
        found["last"] = last if found["last"] is None else max(found["last"], last)
        for field, people in one.fields.people.items():
            found["fields"][field] = found["fields"].get(field, 0) + people
    return found


def _hierarchy(home: Home, whole: Scope) -> list[dict[str, Any]]:
    """Who is above the accused, and they themselves, widest first, with the people of the case that were shown through each."""
    found = []
    depth = {level: place for place, level in enumerate(HIERARCHY)}
    for level in HIERARCHY:
        if level not in home.ledger.engine.levels():
            continue
        # what is above a surface or an address is the company and the app that read there
        reach = [node for part in whole.parts for node in part.nodes if depth.get(node[0], 1) >= depth[level]]
        below = tuple(
            Part(nodes=tuple(node for node in part.nodes if node in reach), since=part.since)
            for part in whole.parts
            if any(node in reach for node in part.nodes)
        )
        if not below:
            continue
        people = {key: n for key, n in scopes.by(home.ledger, Scope(parts=below, until=whole.until), level).items() if key is not None}
        names = home.ledger.names(level, list(people))
        found += [{"level": level, "id": names.get(key, "?"), "people": n} for key, n in people.items()]
    return found


def _items(home: Home, whole: Scope, shown: dict[str, Any], records: int) -> dict[str, Any]:
    """People and items are two counters; each says what counts once, and for which law. Sources: ../shared/law.md, sections 0, 4, 6, 7."""
    single = sum(shown["fields"].values())
    recipients, by_recipient = scopes.by_recipient(home.ledger, whole)
    found: dict[str, Any] = {
        "people": {
            "count": shown["people"],
            "deduplication": "Each person counts once, whatever was shown, however often and to whom.",
            "law": "GDPR art. 33(3)(a), approximate number of data subjects; PRC incident grades count people (人, ren); California Civ. Code 1798.82(f), residents: at most so many",
        },
        "field items": {
            "count": single,
            "deduplication": "One field of one person counts once, however often and to whom it was shown; fields that the log does not name count nothing.",
            "law": "PRC Fa Shi [2017] 10 art. 5, items (条, tiao), read as single fields; art. 11(3): what is duplicate does not count. Which reading holds, field or person, is disputed",
        },
        "person records": {
            "count": records,
            "deduplication": "One person on one surface counts once, however often and to whom, with all fields that the surface shows.",
            "law": "GDPR art. 33(3)(a), approximate number of personal data records; PRC Fa Shi [2017] 10 art. 5, items read as whole records (组, zu: groups of fields)",
        },
        "disclosures": {
            "count": shown["disclosures"],
            "deduplication": "Every showing of one person counts, repeats included: nothing is taken away.",
            "law": "PRC Fa Shi [2017] 10 art. 11(3): bulk data count as found unless evidence shows duplicates; this evidence does, so it is an upper bound",
        },
    }
    if recipients > 1:
        found["field items by recipient"] = {
            "count": by_recipient,
            "deduplication": f"One field of one person counts once for each of the {recipients:,} recipients (companies, or who is known instead).",
            "law": "PRC Fa Shi [2017] 10 art. 11(2): the same item given to different recipients adds up",
        }
    return found


def _how_found(findings: Sequence[dict[str, Any]]) -> Iterator[str]:
    for finding in findings:
        yield (
            f"{finding['id']}, alarm at {finding['detected_at']}: {finding['title']}. "
            f"{finding['people_at_detection']:,} people had been shown by then."
        )
        for reason in finding["reasons"]:
            yield f"{reason['says']} ({reason['detector']}: measured {reason['measured']:,.4g}, usual {reason['usual']:,.4g})"


def past(home: Home, case: Case) -> list[dict[str, Any]]:
    """What was done and when: the case's own steps, and reveals, exports, responses and erasures that name it; oldest first."""
    found = [{"at": rfc3339(one.at), "by": one.by, "did": one.did, "why": one.why, "index": one.index} for one in case.history]
    for entry in journal.entries(home, *_OTHER_KINDS):
        if entry.body.get("case") == case.id:
            did = entry.body.get("did") or entry.kind
            found.append(
                {"at": rfc3339(entry.at), "by": entry.by, "did": str(did), "why": str(entry.body.get("why", "")), "index": entry.index}
            )
    return sorted(found, key=lambda one: int(one["index"]))


def facts_history(home: Home, ident: str) -> list[dict[str, Any]]:
    """The history of a case as `facts` gives it, without counting anything. Raises InputError when there is no such case."""
    return past(home, casebook.one(home, ident))
