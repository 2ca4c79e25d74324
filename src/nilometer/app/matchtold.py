"""A verdict on a dump as JSON: names for pseudonyms, columns, freshness, and what the journal keeps of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from nilometer.app.assembly import Home
from nilometer.attribution import kinds
from nilometer.attribution.found import ALWAYS, NEVER, Found
from nilometer.attribution.kinds import SUBJECT
from nilometer.attribution.verdict import CANNOT, Suspect, Verdict
from nilometer.clock import rfc3339

if TYPE_CHECKING:
    from nilometer.app.dumpreading import Dump
    from nilometer.app.match import Read
    from nilometer.app.memberlists import Asked

_ALGORITHMS: Final = {"md5": "MD5", "sha1": "SHA-1", "sha256": "SHA-256"}
_MARK: Final = re.compile(r"\{([a-z_]+):(-?\d+)\}")


def document(home: Home, read: Read, found: Found, verdict: Verdict, campaigns: Mapping[int, str], asked: Sequence[str]) -> dict[str, Any]:
    """The answer of `nilometer match`; `entry` is not in it yet."""
    name = _Names(home, verdict, campaigns)
    rows = sum(table.rows for table in read.dump.tables)
    matched = sum(int(one.known.sum()) for one in read.resolved) + read.caught
    runner = verdict.runner_up
    return {
        "rows": rows,
        "matched": matched,
        "unmatched": rows - matched,
        "people": len(found.people),
        "unreadable": read.dump.unreadable,
        "verdict": CANNOT if verdict.named is None else name.of(*verdict.named),
        "named": None if verdict.named is None else {"level": verdict.named[0], "id": name.ident(*verdict.named)},
        "company": None if verdict.company is None else name.ident("org", verdict.company),
        "elsewhere": round(verdict.elsewhere, 6),
        "why": [name.filled(text) for text in verdict.why],
        "suspects": [_suspect(one, name) for one in verdict.suspects],
        "runner_up": None if runner is None else {key: _suspect(runner, name)[key] for key in ("level", "id", "probability")},
        "several": name.filled(verdict.several) or None,
        "excluded": [_suspect(one, name) for one in verdict.excluded],
        "fields": list(asked),
        "freshness": _freshness(found),
        "columns": _columns(read),
        "ambiguous": sum(one.ambiguous for one in read.resolved),
        "contradictory": sum(one.contradictory for one in read.resolved),
        "whatever_fields": None,
        "canaries": sum(found.canaries.values()),
        "dump": {"sha256": read.dump.digest, "files": read.dump.files, "tables": len(read.dump.tables), "broken_off": read.dump.broken},
    }


def besides(said: dict[str, Any], other: Mapping[str, Any], asked: Sequence[str]) -> None:
    """Adds to an answer that names nobody whom it would name if the source need not have been shown the fields asked for."""
    first = other["suspects"][0]
    said["whatever_fields"] = {name: other[name] for name in ("verdict", "named", "company")} | {"probability": first["probability"]}
    said["why"].insert(
        0,
        f"{other['verdict']} held {first['held']:,} of the {said['people']:,} people (probability {first['probability']:.3f}), but was not shown all of "
        f"{', '.join(asked)}: if some of these were added from elsewhere, it is the source. `--fields` says what the source must have been shown.",
    )


def recorded(said: Mapping[str, Any], case: str | None, until: datetime | None, nobody: float) -> dict[str, Any]:
    """What the journal keeps: no column and no value of the dump, only its digest."""
    kept = (
        "rows",
        "matched",
        "people",
        "members",
        "verdict",
        "named",
        "company",
        "elsewhere",
        "fields",
        "whatever_fields",
        "freshness",
        "suspects",
        "why",
        "dump",
    )
    body = {name: said[name] for name in kept} | {"suspects": list(said["suspects"])[:3]}
    body["why"] = " ".join(said["why"])
    body |= {"did": f"matched a dump of {said['rows']:,} rows: {said['verdict']}", "nobody": nobody}
    body["until"] = None if until is None else rfc3339(until)
    return body if case is None else {**body, "case": case}


def members(store: Asked) -> dict[str, Any] | None:
    """What was read of the lists of members that were given; None where none was."""
    if store.taken is None:
        return None
    return {"people": store.taken.people, "unreadable": store.taken.unreadable, "digests": sorted(store.algorithms)}


def digests(dump: Dump, given: bool) -> list[str]:
    """Sentences on columns that look like digests and were not recognised; the columns' names are the dump's and do not stand in them."""
    every = [column for table in dump.tables for column in table.columns if column.digest and not column.kind]
    found = []
    for algorithm in sorted({str(column.digest) for column in every}):
        many = sum(column.digest == algorithm for column in every)
        why = (
            "of none of the members given in a usual spelling: salted, cut off, of a password, or of somebody else"
            if given
            else "not recognised, because digests are not kept: `--identities` with a list of members compares them if they are not salted"
        )
        found.append(f"{many:,} column{'s' if many > 1 else ''} of what looks like {_ALGORITHMS[algorithm]} digests: {why}.")
    return found


class _Names:
    """Names of everybody in a verdict."""

    def __init__(self, home: Home, verdict: Verdict, campaigns: Mapping[int, str]) -> None:
        wanted = {(one.level, one.actor) for one in (*verdict.suspects, *verdict.excluded)}
        wanted |= {(verdict.runner_up.level, verdict.runner_up.actor)} if verdict.runner_up else set()
        wanted |= {verdict.named} if verdict.named else set()
        wanted |= {("org", verdict.company)} if verdict.company is not None else set()
        texts = [*verdict.why, verdict.several, *(text for one in (*verdict.suspects, *verdict.excluded) for text in one.why)]
        wanted |= {(found.group(1), int(found.group(2))) for text in texts for found in _MARK.finditer(text)}
        self._known: dict[tuple[str, int], str] = {("campaign", number): ident for number, ident in campaigns.items()}
        for level in {level for level, _ in wanted} - {"campaign"}:
            names = home.ledger.names(level, sorted({actor for one, actor in wanted if one == level}))
            self._known |= {(level, actor): ident for actor, ident in names.items()}

    def ident(self, level: str, actor: int) -> str:
        return self._known.get((level, actor), "?")

    def of(self, level: str, actor: int) -> str:
        return f"{level} {self.ident(level, actor)}"

    def filled(self, text: str) -> str:
        return _MARK.sub(lambda found: self.of(found.group(1), int(found.group(2))), text)


def _suspect(one: Suspect, name: _Names) -> dict[str, Any]:
    return {
        "level": one.level,
        "id": name.ident(one.level, one.actor),
        "held": one.held,
        "expected": round(one.expected, 1),
        "probability": round(one.probability, 6),
        "low": round(one.low, 6),
        "high": round(one.high, 6),
        "window": None if one.window is None else [_moment(moment) for moment in one.window],
        "reach": one.reach,
        "share": round(one.share, 4),
        "canaries": one.canaries,
        "why": [name.filled(text) for text in one.why],
    }


def _freshness(found: Found) -> dict[str, Any]:
    """When the values were taken, as far as values that changed tell."""
    since, until = found.after[found.after != ALWAYS], found.before[found.before != NEVER]
    dated = int(((found.after != ALWAYS) | (found.before != NEVER)).sum())
    newest, oldest = (_moment(int(since.max())) if len(since) else None), (_moment(int(until.min())) if len(until) else None)
    return {"people": dated, "taken_until_at_least": newest, "taken_from_before": oldest, "says": _dated(dated, newest, oldest)}


def _dated(people: int, newest: str | None, oldest: str | None) -> str:
    if not people:
        return "No value in it tells when it was taken: none that changed is known (`nilometer identities` with `from` and `to`)."
    parts = []
    if newest:
        parts.append(f"some of it was taken after {newest}, when its newest value came to be")
    if oldest:
        parts.append(f"some of it was taken before {oldest}, when its oldest value ceased to be right")
    return f"Of {people:,} people a value tells the time: {'; '.join(parts)}."


def _columns(read: Read) -> list[dict[str, Any]]:
    """What columns are; by their names only where these say a kind or are a mapping's, because what looks like a name may be somebody's value."""
    every: Iterable[tuple[str, int, Any]] = (
        (table.name, place, column) for table in read.dump.tables for place, column in enumerate(table.columns)
    )
    return [
        {
            "table": table,
            "name": column.name if column.by == "mapping" or kinds.called(column.name) else f"column {place + 1}",
            "kind": None if column.kind is None else "id" if column.kind == SUBJECT else column.kind,
            "known": round(column.known, 4),
            "sampled": column.sampled,
            "by": column.by if column.kind else None,
            "counts_rows": column.counts,
            "digest": column.digest,
        }
        for table, place, column in every
    ]


def _moment(micros: int) -> str:
    """A moment, at the ends of what can be told where it lies beyond them."""
    seconds = int(np.clip(micros // 1_000_000, -62_135_596_800, 253_402_300_799))
    return rfc3339(datetime.fromtimestamp(seconds, UTC))
