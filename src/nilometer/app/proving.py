"""`evidence prove`: the proof of one disclosure, in one text that anybody can check with the log's key."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

from nilometer import canonical
from nilometer.app import journal, sealing
from nilometer.app.assembly import Home
from nilometer.clock import Clock, system_clock
from nilometer.errors import InputError
from nilometer.evidence import rowcheck, rowproof
from nilometer.evidence.journal import Entry
from nilometer.evidence.standalone import Wrong
from nilometer.ledger import behind, files
from nilometer.ledger.manifest import Segment
from nilometer.tlog import proof


def prove(home: Home, name: str, row: int, out: Path, *, clock: Clock = system_clock) -> dict[str, Any]:
    """Writes the proof of one row of a segment (`segment` and `row` as disclosures.csv of a bundle gives them).

    The proof shows the row and the up to seven beside it in its chunk, as pseudonyms. Raises InputError when there is no such
    row or it was never sealed, EvidenceError when what is stored is not what was sealed.
    """
    segment = next((one for one in home.ledger.manifest.segments if one.file == name), None)
    if segment is None or not 0 <= row < segment.rows:
        held = f"it has {segment.rows:,} rows" if segment else "the ledger has no such segment"
        raise InputError(f"There is no row {row:,} of {name!r}: {held}. disclosures.csv of a bundle names segments and rows, from 0.")
    sealing.seal(home, clock=clock)
    entry = _sealed_by(home, segment)
    if entry is None:
        raise InputError(f"{name} was stored before rows were sealed: none of its rows can be proved one by one.")
    text = _text(home, entry, segment, row, clock)
    found = rowcheck.check_row_proof(text, journal.log(home).key.vkey)
    try:
        files.replace(out, text)
    except OSError as cause:
        raise InputError(f"{out} cannot be written: {cause.strerror or cause}.") from None
    body = {"did": "exported the proof of one disclosure", "case": "", "segment": name, "row": row}
    journal.record(home, "export", body, clock=clock)
    return {"file": str(out), "bytes": len(text), "entry": entry.index, "sealed_at": found["sealed_at"], "log": found["log"]}


def _sealed_by(home: Home, segment: Segment) -> Entry | None:
    """The last entry that sealed the rows of a segment as they are now."""
    said = sealing.sealed(segment)
    fitting = [one for one in journal.entries(home, "ledger") if said in one.body.get("segments", ())]
    return fitting[-1] if fitting and segment.sealed else None


def _text(home: Home, entry: Entry, segment: Segment, row: int, clock: Clock) -> bytes:
    signed, log = journal.sign(home, clock=clock), journal.log(home)
    plain = home.journal.plain(entry.index)
    assert signed is not None
    assert plain is not None
    held = rowproof.tree(behind.whole(home.ledger, segment), bytes.fromhex(segment.salt), segment.sealed)
    head = {"leaf": home.journal.lines()[entry.index].leaf.decode(), "plain": len(plain), "row": row, "segment": segment.file}
    extra = rowcheck.ROW_PROOF + canonical.json_bytes(head) + b"\n" + plain + held.proof(row)
    return proof.write(entry.index, log.inclusion(entry.index, signed.head.size), signed.note, extra=zlib.compress(extra, 9))


def check(path: Path, vkey: str) -> dict[str, Any]:
    """Checks a proof under a key: `{"what", "holds", "wrong", ...}` with the disclosure. Raises InputError when it cannot be read."""
    try:
        text = path.read_bytes()
    except OSError as cause:
        raise InputError(f"{path} cannot be read: {cause.strerror or cause}.") from None
    said: dict[str, Any] = {"what": str(path), "holds": True, "steps": [], "noticed": [], "wrong": ""}
    try:
        found = rowcheck.check_row_proof(text, vkey)
    except Wrong as wrong:
        return said | {"holds": False, "wrong": str(wrong)}
    said["steps"] = [
        f"1. entry {found['entry']:,} is in the log {found['log']['origin']} of {found['log']['size']:,} entries, signed by {vkey.strip()}",
        f"2. it seals the rows of {found['segment']}, at {found['sealed_at']}",
        f"3. row {found['row']:,} is among them",
    ]
    return said | found
