"""What the journal is told of by itself: each change of the ledger, of findings, of settings.

Called at the end of whatever changes one of them; what is already in the journal is not written again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from nilometer import canonical
from nilometer.app import journal, settingseal
from nilometer.app.assembly import Home
from nilometer.clock import Clock, system_clock
from nilometer.errors import EvidenceError
from nilometer.ledger.manifest import Ingested, Manifest, Segment


def seal(home: Home, *, clock: Clock = system_clock) -> None:
    """Brings the journal up to date with settings and ledger. Raises EvidenceError when the log does not hold, EngineError for the disk."""
    _settings(home, clock)
    _ledger(home, clock)


def findings(home: Home, found: list[dict[str, Any]], *, clock: Clock = system_clock) -> None:
    """Seals what `detect` found: an entry for each finding that is new or said differently before, and one of which are open.

    An entry each, so that a bundle of evidence can show one finding and keep the others to itself.
    """
    seal(home, clock=clock)
    said = {entry.body["id"]: entry.body for entry in journal.entries(home, "finding")}
    before = next(iter(journal.entries(home, "findings")[-1:]), None)
    fresh: list[tuple[str, dict[str, Any]]] = [("finding", finding) for finding in found if said.get(finding["id"]) != finding]
    open_now = sorted(finding["id"] for finding in found)
    if fresh or (before.body["open"] if before else []) != open_now:
        body = {"open": open_now, "ledger": contents(home.ledger.manifest)["digest"]}
        journal.record_all(home, [*fresh, ("findings", body)], by="nilometer", clock=clock)


def _settings(home: Home, clock: Clock) -> None:
    """The settings that decide what Nilometer does, and the software that does it."""
    body = settingseal.said(home)
    if settingseal.last(home) != body:
        journal.record(home, settingseal.KIND, body, clock=clock)


def _ledger(home: Home, clock: Clock) -> None:
    """What the ledger holds: each new segment, then what else is new and one digest over everything its manifest names.

    A segment is an entry of its own, so that one of its rows can be proved without what came with it.

    Raises EvidenceError when something that was sealed is not there any more: it was taken away, not by Nilometer.
    """
    held = contents(home.ledger.manifest)
    before = _settled(home, held, clock)
    if held["digest"] == before.digest or (not held["segments"] and not before.digest):
        return
    missing = before.missing(held)
    if missing:
        raise EvidenceError(
            f"The ledger's manifest names no longer what was sealed: {missing[0]}"
            + (f" and {len(missing) - 1:,} more" if len(missing) > 1 else "")
            + " was taken away. Restore the home from a copy; `nilometer evidence verify` says what else is wrong."
        )
    journal.record_all(home, _said(held, before), by="nilometer", clock=clock)


def _said(held: Mapping[str, Any], before: SealedBefore) -> list[tuple[str, dict[str, Any]]]:
    """What the journal is to be told of a ledger's contents, beyond what it knows."""
    fresh = [segment for segment in held["segments"] if before.segments.get(segment["file"]) != segment]
    whole = {
        "digest": held["digest"],
        "segments": [],
        "files": sorted(set(held["files"]) - before.files),
        "sources": sorted(set(held["sources"]) - before.sources),
        "disclosures": held["disclosures"],
    }
    return [*(("ledger", {"segments": [one]}) for one in fresh), ("ledger", whole)]


def erasure(
    home: Home, body: dict[str, Any], gone: Sequence[str], fresh: Manifest, *, by: str | None = None, clock: Clock = system_clock
) -> int:
    """Announces an erasure before it is carried out: which files will be gone, and the ledger `fresh` that comes instead.

    Returns the entry's place. Raises EvidenceError and EngineError as `seal` does.
    """
    said = _said(contents(fresh), sealed_before(home)) if gone else []
    whole = {**body, "gone": list(gone), "covers": len(said)}
    return journal.record_all(home, [("erasure", whole), *said], by=by, clock=clock)[0].index


def _settled(home: Home, held: Mapping[str, Any], clock: Clock) -> SealedBefore:
    """What was sealed; an erasure that was announced, and that a crash kept from being carried out, is withdrawn."""
    before = sealed_before(home)
    if before.unfinished(held):
        without = sealed_before(home, without=before.announced)
        if not without.missing(held):
            body = {"did": "withdrew an erasure that a crash broke off; erase again", "withdraws": before.announced}
            journal.record(home, "erasure", body, by="nilometer", clock=clock)
            return without
    return before


@dataclass(slots=True)
class SealedBefore:
    """What entries of the kind `ledger` have sealed so far, and of `erasure` said to be gone; `announced` is the last of these, which
    said that `gone` would be."""

    digest: str = ""
    segments: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)
    sources: set[str] = field(default_factory=set)
    announced: int | None = None
    gone: frozenset[str] = frozenset()

    def unfinished(self, held: Mapping[str, Any]) -> bool:
        """Whether the last erasure was announced and what it said would be gone is still in `contents`."""
        return bool(self.gone & {segment["file"] for segment in held["segments"]})

    def missing(self, held: Mapping[str, Any]) -> list[str]:
        """What was sealed and is not in `contents` any more, in words."""
        there = {s["file"]: s for s in held["segments"]}
        gone = [f"segment {name}" for name, said in self.segments.items() if not _as_said(there.get(name), said)]
        gone += [f"file {name}" for name in sorted(self.files - set(held["files"]))]
        return gone + [f"source {name[:12]}" for name in sorted(self.sources - set(held["sources"]))]


def sealed_before(home: Home, *, without: int | None = None) -> SealedBefore:
    """Everything that was sealed of the ledger, up to now; as if the last erasure, announced by the entry `without`, were not."""
    found = SealedBefore()
    every = journal.entries(home, "ledger", "erasure")
    covers = {entry.index: entry.index + 1 + entry.body.get("covers", 0) for entry in every if entry.body.get("gone")}
    ends = {entry.body["withdraws"]: min(covers[entry.body["withdraws"]], entry.index) for entry in every if "withdraws" in entry.body}
    if without is not None:
        ends[without] = covers[without]  # what was sealed after it stays sealed
    skipped = {index for begin, end in ends.items() for index in range(begin, end)}
    for entry in every:
        if entry.index in skipped:
            continue
        if entry.body.get("gone"):
            found.announced, found.gone = entry.index, frozenset(entry.body["gone"])
        for name in entry.body.get("gone", ()):
            found.segments.pop(name, None)
            found.files.discard(name)
        found.segments |= {s["file"]: s for s in entry.body.get("segments", ())}
        found.files |= set(entry.body.get("files", ()))
        found.sources |= set(entry.body.get("sources", ()))
        found.digest = entry.body.get("digest", found.digest)
    return found


def contents(held: Manifest) -> dict[str, Any]:
    """What a manifest says that is evidence (derived folds and erasable salts left out), and the digest of that.

    `sources` are digests of what was read to its end: an unfinished one is replaced when more of it comes.
    """
    plain = msgspec.to_builtins(held)
    kept = {name: plain[name] for name in ("version", "key_epoch", "names", "unreadable", "sources", "earlier")}
    kept["segments"] = [sealed(s) for s in held.segments]
    return {
        "digest": hashlib.sha256(canonical.json_bytes(kept)).hexdigest(),
        "segments": kept["segments"],
        "files": [*held.names, *held.unreadable, *(s.attributes for s in held.segments if s.attributes)],
        "sources": [_source(s) for s in (*held.sources, *held.earlier) if s.complete],
        "disclosures": sum(s.rows for s in held.segments),
    }


def _source(source: Ingested) -> str:
    return hashlib.sha256(canonical.json_bytes(msgspec.to_builtins(source))).hexdigest()


def sealed(segment: Segment) -> dict[str, Any]:
    """What the journal says of a segment: its file, rows, the SHA-256 of the file, of the key of its salts and of what else the
    manifest says of it, and the digest of its rows. The key itself can be destroyed; of 32 random bytes a digest tells nothing.
    """
    facts = [segment.shown, segment.first, segment.last, segment.size, segment.levels, segment.attributes]
    return {
        "file": segment.file,
        "rows": segment.rows,
        "sha256": segment.sha256,
        "sealed": segment.sealed,
        "facts": hashlib.sha256(canonical.json_bytes(facts)).hexdigest(),
        "salt": hashlib.sha256(segment.salt.encode()).hexdigest(),
    }


def _as_said(there: Mapping[str, Any] | None, said: Mapping[str, Any]) -> bool:
    """Whether a segment is what was said of it; entries of before 24 November 2026 say less."""
    return there is not None and all(there.get(name) == value for name, value in said.items())
