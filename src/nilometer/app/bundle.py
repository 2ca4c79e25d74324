"""`evidence export`: everything about one case in one ZIP that a stranger can check: facts, people, disclosures, proofs, verify.py."""

from __future__ import annotations

import base64
import json
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any, Final, NamedTuple

from nilometer import __version__, canonical
from nilometer.app import bundlerows, bundletexts, casebook, casefacts, exchange, journal, scope, sealing, settingseal
from nilometer.app.assembly import Home
from nilometer.app.report import casepage, gather, pdf
from nilometer.clock import Clock, rfc3339, system_clock
from nilometer.errors import EngineError, InputError
from nilometer.evidence import bag, stamps
from nilometer.evidence.journal import Entry
from nilometer.evidence.log import Log, Signed
from nilometer.findings import finding as findings
from nilometer.tlog import note, proof

Counted = Callable[[int, int], None]
_STEPS: Final = 6
_NAMING: Final = ("response", "export", "reveal", "match")
_ALWAYS: Final = ("settings", "ledger", "clock", "gap", "erasure")
_PARTS: Final = ("standalone.py", "rowcheck.py", "casecheck.py", "bagcheck.py", "bundlecheck.py")
_JOINS: Final = re.compile(r"from nilometer\.evidence\.\w+ import \(.*?\)  # joined\n", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written: the case, the file and its SHA-256, the digest of the bag in it, the log's size, and how much it holds."""

    case: str
    file: str
    sha256: str
    bag: str
    entries: int
    people: int
    disclosures: int


def export(
    home: Home,
    ident: str,
    out: Path,
    *,
    by: str | None = None,
    why: str = "",
    progress: Counted = lambda done, total: None,
    clock: Clock = system_clock,
) -> Exported:
    """Writes the bundle of a case; that it was exported, and with which digest, is sealed in the journal, too.

    Raises InputError for no such case or a file that cannot be written, EvidenceError when anything sealed does not hold.
    """
    if out.suffix != ".zip" or not out.parent.is_dir():
        raise InputError(f"{out}: expected a file that ends with .zip, in a folder that is there.")
    at, who = clock(), by or journal.account()
    facts = casefacts.facts(home, ident)
    progress(1, _STEPS)
    sealing.seal(home, clock=clock)
    journal.record(home, "export", {"case": ident, "did": "began to export the evidence", "why": why}, by=who, clock=clock)
    case = casebook.one(home, ident)
    if list(case.findings) != [one["id"] for one in facts["findings"]]:
        raise EngineError(f"{ident} got or lost findings while it was exported; nothing was written. Try again.")
    facts |= casefacts.head(case, facts["findings"]) | {"history": casefacts.past(home, case)}
    signed = journal.sign(home, clock=clock)
    assert signed is not None
    with tempfile.TemporaryDirectory(dir=home.ledger.scratch(), prefix="export-") as folder:
        payload = Path(folder)
        _people(home, ident, payload)
        progress(2, _STEPS)
        whole = scope.of(home, ident)
        rows = bundlerows.write(home, whole, payload)
        progress(3, _STEPS)
        log = journal.log(home)
        seal = casepage.Seal(
            origin=signed.head.origin,
            key=log.key.vkey,
            size=signed.head.size,
            root=base64.b64encode(signed.head.root).decode(),
            stamps=stamps.said(log.folder, signed.note),
        )
        about = Concerned(ident, {one.index for one in case.history}, set(case.findings), set(rows.segments))
        included = _log(home, log, signed, about, payload)
        progress(4, _STEPS)
        _pages(home, facts, seal, at, who, payload)
        labels = {"case": ident, "exported": rfc3339(at), "by": who, "version": __version__, "why": why}
        (payload / "exchange").mkdir()
        for form in ("ocsf", "stix", "uco"):
            name, text = exchange.written(home, facts, form)
            bundletexts.put(payload / "exchange" / name, text)
        bundletexts.write(payload, facts, seal, included, labels, rows)
        bundletexts.put(payload / "verify.py", verifier())
        progress(5, _STEPS)
        try:
            digest = bag.pack(payload, ident, bundletexts.bag_info(facts, labels), out, at, partial(_signed, home, ident))
        except OSError as cause:
            raise InputError(f"{out} cannot be written: {cause.strerror or cause}.") from None
    sha256 = bundletexts.digest(out)
    body = {"case": ident, "did": f"exported the evidence: {facts['people']:,} people, {rows.disclosures:,} disclosures", "why": why}
    journal.record(home, "export", {**body, "sha256": sha256, "bag": digest, "log_size": signed.head.size}, by=who, clock=clock)
    progress(_STEPS, _STEPS)
    return Exported(
        case=ident, file=str(out), sha256=sha256, bag=digest, entries=len(included), people=facts["people"], disclosures=rows.disclosures
    )


def _signed(home: Home, ident: str, digest: str) -> bytes:
    """The bag's digest as a note under the log's key: no other text that this key signs begins like it."""
    return note.sign(f"nilometer bundle/1\n{ident}\n{digest}\n", journal.secret_key(home))


def verifier() -> str:
    """The one file that checks a bundle: its parts joined, without the imports that join them here."""
    room = resources.files("nilometer.evidence")
    whole = ""
    for name in _PARTS:
        text = room.joinpath(name).read_text("utf-8")
        if whole:
            text = "\n\n" + text.replace("from __future__ import annotations\n\n", "")
        whole += _JOINS.sub("", text)
    return whole


def _people(home: Home, ident: str, payload: Path) -> None:
    whole = scope.of(home, ident)
    for suffix in (".csv", ".parquet"):
        scope.write(home, whole, payload / f"people{suffix}")
        scope.write(home, whole, payload / f"asked-not-shown{suffix}", shown=False)


def _pages(home: Home, facts: dict[str, Any], seal: casepage.Seal, at: datetime, who: str, payload: Path) -> None:
    figures = [gather.finding(home, findings.from_json(one), detailed=True) for one in facts["findings"]]
    bundletexts.put(payload / "report.html", casepage.render(facts, figures, seal, at, who, __version__))
    if pdf.available():
        (payload / "report.pdf").write_bytes(pdf.render(facts, figures, seal, at, who, __version__))


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


def _log(home: Home, log: Log, signed: Signed, about: Concerned, payload: Path) -> list[Entry]:
    """The part of the log that a stranger needs: the head, the entries of this case with their proofs, and earlier heads with theirs."""
    folder = payload / "log"
    (folder / "proofs").mkdir(parents=True)
    (folder / "checkpoints").mkdir()
    (folder / "checkpoint").write_bytes(signed.note)
    bundletexts.put(folder / "key.txt", log.key.vkey + "\n")
    bundletexts.put(folder / "policy.txt", f"log {log.key.vkey}\nquorum none\n")
    kinds = (*_ALWAYS, "case", *_NAMING, "finding")
    included = [one for one in home.journal.entries(kinds) if one.index < signed.head.size and about.has(one)]
    with (folder / "entries.ndjson").open("wb") as stream:
        for entry in included:
            line = home.journal.lines()[entry.index]
            plain = home.journal.plain(entry.index) if settingseal.for_strangers(entry) else None
            path = log.inclusion(entry.index, signed.head.size)
            stream.write(
                canonical.json_bytes(
                    {
                        "index": entry.index,
                        "leaf": line.leaf.decode(),
                        "plain": None if plain is None else base64.b64encode(plain).decode(),
                        "proof": [base64.b64encode(one).decode() for one in path],
                    }
                )
                + b"\n"
            )
            (folder / "proofs" / f"{entry.index:08d}.leaf").write_bytes(line.leaf)
            (folder / "proofs" / f"{entry.index:08d}.tlog-proof").write_bytes(proof.write(entry.index, path, signed.note))
    earlier = []
    for day, one in log.days().items():
        if one.head.size <= signed.head.size:
            (folder / "checkpoints" / f"{day}.txt").write_bytes(one.note)
            steps = log.consistency(one.head.size, signed.head.size)
            earlier.append({"day": day, "size": one.head.size, "proof": [base64.b64encode(step).decode() for step in steps]})
    bundletexts.put(folder / "consistency.json", json.dumps(earlier, indent=1) + "\n")
    stamps.copy(log.folder, folder)
    return included
