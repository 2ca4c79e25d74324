"""What the journal is told of by itself: each change of the ledger, of findings, of settings.

Called at the end of whatever changes one of them; what is already in the journal is not written again.
"""

from __future__ import annotations

import hashlib
import platform
from typing import Any, Final

import msgspec

from nilometer import __version__, canonical
from nilometer.app import context, journal, settings
from nilometer.app.assembly import Home
from nilometer.clock import Clock, system_clock
from nilometer.ledger.manifest import Manifest, Segment

_SETTINGS: Final = (settings.FILE, context.FILE)


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
    """The texts that decide what Nilometer does, and the software that does it."""
    texts = {name: (home.folder / name).read_text("utf-8", "replace") for name in _SETTINGS if (home.folder / name).is_file()}
    body = {"files": texts, "nilometer": __version__, "python": platform.python_version(), "machine": platform.platform()}
    before = next(iter(journal.entries(home, "settings")[-1:]), None)
    if before is None or before.body != body:
        journal.record(home, "settings", body, clock=clock)


def _ledger(home: Home, clock: Clock) -> None:
    """What the ledger holds: the segments that are new since the last entry, and one digest over everything its manifest names."""
    held = contents(home.ledger.manifest)
    known: dict[str, Any] = {}
    digest = ""
    for entry in journal.entries(home, "ledger"):
        known |= {s["file"]: s for s in entry.body["segments"]}
        for name in entry.body["gone"]:
            known.pop(name, None)
        digest = entry.body["digest"]
    if held["digest"] == digest or (not held["segments"] and not digest):
        return
    fresh = [s for s in held["segments"] if known.get(s["file"]) != s]
    gone = sorted(set(known) - {s["file"] for s in held["segments"]})
    body = {"digest": held["digest"], "segments": fresh, "gone": gone, "disclosures": held["disclosures"], "sources": held["sources"]}
    journal.record(home, "ledger", body, by="nilometer", clock=clock)


def contents(held: Manifest) -> dict[str, Any]:
    """What a manifest says that is evidence (derived folds and erasable salts left out), and the digest of that."""
    plain = msgspec.to_builtins(held)
    kept = {name: plain[name] for name in ("version", "key_epoch", "names", "unreadable", "sources", "earlier")}
    kept["segments"] = [sealed(s) for s in held.segments]
    return {
        "digest": hashlib.sha256(canonical.json_bytes(kept)).hexdigest(),
        "segments": kept["segments"],
        "disclosures": sum(s.rows for s in held.segments),
        "sources": len(held.sources),
    }


def sealed(segment: Segment) -> dict[str, Any]:
    """What the journal says of a segment: its file, rows, the SHA-256 of the file and the digest of its rows."""
    return {"file": segment.file, "rows": segment.rows, "sha256": segment.sha256, "sealed": segment.sealed}
