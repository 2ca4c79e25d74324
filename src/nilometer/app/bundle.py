"""`evidence export`: everything about one case in one ZIP that a stranger can check: facts, people, disclosures, proofs, verify.py."""

from __future__ import annotations

import base64
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any, Final

from nilometer import __version__
from nilometer.app import bundlelog, bundlerows, bundletexts, casebook, casefacts, exchange, journal, scope, sealing
from nilometer.app.assembly import Home
from nilometer.app.report import casepage, gather, pdf
from nilometer.clock import Clock, rfc3339, system_clock
from nilometer.errors import EngineError, EvidenceError, InputError
from nilometer.evidence import bag, bagcheck, bundlecheck, stamps
from nilometer.evidence.standalone import Wrong
from nilometer.findings import finding as findings
from nilometer.ledger.scope import Scope
from nilometer.tlog import note

Counted = Callable[[int, int], None]
_STEPS: Final = 6
KIND: Final = "export"
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
    who = by or journal.account()
    held = replace(home, ledger=home.ledger.pinned())
    try:
        facts = casefacts.facts(held, ident)
        progress(1, _STEPS)
        sealing.seal(home, clock=clock)  # what the pinned ledger holds is sealed then, and perhaps more
        with tempfile.TemporaryDirectory(dir=home.ledger.scratch(), prefix="export-") as folder:
            return _made(home, held, facts, Path(folder), out, who, why, progress, clock)
    finally:
        held.ledger.engine.close()


def _made(
    home: Home, held: Home, facts: dict[str, Any], payload: Path, out: Path, who: str, why: str, progress: Counted, clock: Clock
) -> Exported:
    """Everything of the pinned home `held` into `payload`, then sealed in the log of `home`, packed and checked.

    Three entries say so: one before anything is written, one that seals what was written and goes along, one when the file is there.
    """
    ident = facts["id"]
    begun = journal.record(home, KIND, {"case": ident, "did": "began to export the evidence", "why": why}, by=who, clock=clock)
    case = casebook.one(home, ident)
    if list(case.findings) != [one["id"] for one in facts["findings"]]:
        raise EngineError(f"{ident} got or lost findings while it was exported; nothing was written. Try again.")
    signed, log = journal.sign(home, clock=clock), journal.log(home)
    assert signed is not None
    steps = [step for step in casefacts.past(home, case) if step["index"] < signed.head.size]
    facts |= casefacts.head(case, facts["findings"]) | {"history": steps}
    whole = Scope(parts=scope.parts(held, facts["findings"]))
    _people(held, whole, payload)
    progress(2, _STEPS)
    rows = bundlerows.write(held, whole, payload)
    progress(3, _STEPS)
    root = base64.b64encode(signed.head.root).decode()
    stamped = stamps.said(log.folder, signed.note)
    seal = casepage.Seal(origin=signed.head.origin, key=log.key.vkey, size=signed.head.size, root=root, stamps=stamped)
    _pages(held, facts, seal, begun.at, who, payload)
    _exchanged(held, facts, payload)
    about = bundlelog.Concerned(ident, {one.index for one in case.history}, set(case.findings), set(rows.segments))
    included = bundlelog.included(home, signed, about)
    labels = {"case": ident, "exported": rfc3339(begun.at), "by": who, "version": __version__, "why": why}
    bundletexts.write(payload, facts, seal, included, labels, rows)
    bundletexts.put(payload / "verify.py", verifier())
    bundlelog.begin(log, signed, begun.at, payload)
    progress(4, _STEPS)
    holds = f"{facts['people']:,} people, {rows.disclosures:,} disclosures"
    seals = {
        "sealed_files": bagcheck.files_digest(bag.manifest_of(payload)),
        "sealed_entries": bagcheck.entries_digest(one.index for one in included),
    }
    included.append(
        journal.record(home, KIND, {"case": ident, "did": f"sealed what is exported: {holds}", "why": why, **seals}, by=who, clock=clock)
    )
    bundlelog.end(home, log, included, payload)
    try:
        digest = bag.pack(
            payload,
            ident,
            bundletexts.bag_info(facts, labels),
            out,
            begun.at,
            partial(_signed, home, ident),
            partial(_checked, log.key.vkey),
        )
    except (OSError, EvidenceError) as cause:
        broken = {"case": ident, "did": "broke off the export: no file was written", "why": type(cause).__name__}
        journal.record(home, KIND, broken, by=who, clock=clock)
        if isinstance(cause, EvidenceError):
            raise
        raise InputError(f"{out} cannot be written: {cause.strerror or cause}.") from None
    progress(5, _STEPS)
    sha256 = bundletexts.digest(out)
    body = {"case": ident, "did": f"exported the evidence: {holds}", "why": why}
    journal.record(home, KIND, {**body, "sha256": sha256, "bag": digest, "log_size": signed.head.size}, by=who, clock=clock)
    progress(_STEPS, _STEPS)
    return Exported(
        case=ident, file=str(out), sha256=sha256, bag=digest, entries=len(included), people=facts["people"], disclosures=rows.disclosures
    )


def _checked(vkey: str, packed: Path) -> None:
    """The bundle holds by its own check, before anybody gets it. Raises EvidenceError."""
    try:
        bundlecheck.check_bundle(packed, vkey)
    except Wrong as wrong:
        raise EvidenceError(
            f"The bundle does not hold by its own check and was not written: {wrong}. If the home was changed meanwhile, export again; "
            "`nilometer evidence verify` says whether the home itself holds."
        ) from None


def _signed(home: Home, ident: str, digest: str) -> bytes:
    """The bag's digest as a note under the log's key: no other text that this key signs begins like it."""
    return note.sign(f"nilometer bundle/2\n{ident}\n{digest}\n", journal.secret_key(home))


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


def _people(home: Home, whole: Scope, payload: Path) -> None:
    for suffix in (".csv", ".parquet"):
        scope.write(home, whole, payload / f"people{suffix}")
        scope.write(home, whole, payload / f"asked-not-shown{suffix}", shown=False)


def _exchanged(home: Home, facts: dict[str, Any], payload: Path) -> None:
    (payload / "exchange").mkdir()
    for form in ("ocsf", "stix", "uco"):
        name, text = exchange.written(home, facts, form)
        bundletexts.put(payload / "exchange" / name, text)


def _pages(home: Home, facts: dict[str, Any], seal: casepage.Seal, at: datetime, who: str, payload: Path) -> None:
    figures = [gather.finding(home, findings.from_json(one), detailed=True) for one in facts["findings"]]
    bundletexts.put(payload / "report.html", casepage.render(facts, figures, seal, at, who, __version__))
    if pdf.available():
        (payload / "report.pdf").write_bytes(pdf.render(facts, figures, seal, at, who, __version__))
