"""The part of the log that goes into a bundle: the signed head, the entries that a case rests on with their proofs, and earlier heads."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from nilometer import canonical
from nilometer.app import bundletexts, settingseal
from nilometer.app.assembly import Home
from nilometer.clock import rfc3339
from nilometer.evidence import casecheck, stamps
from nilometer.evidence.journal import Entry
from nilometer.evidence.log import Log, Signed
from nilometer.tlog import proof

_NAMING: Final = ("response", "export", "reveal", "match")
_ALWAYS: Final = ("settings", "ledger", "clock", "gap", "erasure")
_HEADS: Final = "checkpoints"


class Concerned(NamedTuple):
    """What a bundle is about: the case, the entries of its own steps, its findings, and the segments that hold its disclosures.

    A step stands in the entry of another case where findings moved between them.
    """

    case: str
    steps: set[int]
    findings: set[str]
    segments: set[str]

    def has(self, entry: Entry) -> bool:
        """Whether the bundle needs this entry: a step or finding of the case, or a setting, seal or clock that it rests on."""
        if entry.kind == "case":
            return entry.index in self.steps
        if entry.kind in _NAMING:
            return bool(entry.body.get("case") == self.case)
        if entry.kind == "finding":
            return entry.body.get("id") in self.findings
        sealed = entry.body.get("segments") if entry.kind == "ledger" else None
        return not sealed or any(one["file"] in self.segments for one in sealed)


def included(home: Home, signed: Signed, about: Concerned) -> list[Entry]:
    """The entries that a bundle needs, of those that were signed when its export began."""
    kinds = (*_ALWAYS, "case", *_NAMING, "finding")
    return [one for one in home.journal.entries(kinds) if one.index < signed.head.size and about.has(one)]


def begin(log: Log, signed: Signed, at: datetime, payload: Path) -> None:
    """Writes what is there before the export is sealed: the key, the last head of each day up to the one it began with, timestamps."""
    folder = payload / "log"
    (folder / _HEADS).mkdir(parents=True)
    bundletexts.put(folder / "key.txt", log.key.vkey + "\n")
    bundletexts.put(folder / "policy.txt", f"log {log.key.vkey}\nquorum none\n")
    heads = {day: one for day, one in log.days().items() if one.head.size <= signed.head.size}
    for day, one in {**heads, at.date().isoformat(): signed}.items():
        (folder / _HEADS / f"{day}.txt").write_bytes(one.note)
    stamps.copy(log.folder, folder)


def end(home: Home, log: Log, entries: Sequence[Entry], payload: Path) -> None:
    """Writes what can be written only after the export was sealed by the last of these entries: the head, entries and proofs, custody."""
    folder, signed = payload / "log", log.head()
    assert signed is not None
    (folder / "checkpoint").write_bytes(signed.note)
    (folder / "proofs").mkdir()
    with (folder / "entries.ndjson").open("wb") as stream:
        for entry in entries:
            line = home.journal.lines()[entry.index]
            plain = home.journal.plain(entry.index) if settingseal.for_strangers(entry) else None
            path = log.inclusion(entry.index, signed.head.size)
            said = {
                "index": entry.index,
                "leaf": line.leaf.decode(),
                "plain": None if plain is None else base64.b64encode(plain).decode(),
                "proof": [base64.b64encode(one).decode() for one in path],
            }
            stream.write(canonical.json_bytes(said) + b"\n")
            (folder / "proofs" / f"{entry.index:08d}.leaf").write_bytes(line.leaf)
            (folder / "proofs" / f"{entry.index:08d}.tlog-proof").write_bytes(proof.write(entry.index, path, signed.note))
    earlier = []
    for kept in sorted((folder / _HEADS).iterdir()):
        before = log.opened(kept)
        assert before is not None
        steps = log.consistency(before.head.size, signed.head.size)
        earlier.append({"day": kept.stem, "size": before.head.size, "proof": [base64.b64encode(step).decode() for step in steps]})
    bundletexts.put(folder / "consistency.json", json.dumps(earlier, indent=1) + "\n")
    head = {
        "origin": signed.head.origin,
        "key": log.key.vkey,
        "size": signed.head.size,
        "root": base64.b64encode(signed.head.root).decode(),
    }
    steps_of = casecheck.custody([_plain(entry) for entry in entries])
    bundletexts.put(payload / "custody.json", bundletexts.as_json({"exhibit": entries[-1].body["case"], "log": head, "steps": steps_of}))


def _plain(entry: Entry) -> dict[str, Any]:
    """An entry as `evidence/bundlecheck.py` reads it from a bundle."""
    return {"index": entry.index, "at": rfc3339(entry.at), "kind": entry.kind, "by": entry.by, "body": entry.body}
