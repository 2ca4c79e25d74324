"""Erasing people (GDPR art. 17, PIPL art. 47): what is kept of them says nobody's any more, counts and proofs stay.

    hold? --> segments written anew --> hold? --> announced in the journal --> identities, sealed ids, look-ups, states go --> the ledger changes

Writing takes time, so holds are asked for again when it is done; from then on no case changes until the people are gone.
The journal first says what will be gone and what comes instead; that the manifest is replaced, in one step, is the last thing. A crash
in between leaves the old ledger and an announcement that was not carried out: `nilometer evidence verify` says so, `sealing` withdraws
it, and erasing again does it all.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from nilometer.app import casebook, identities, journal, reveal, scope, sealing, watching
from nilometer.app import people as pages
from nilometer.app.assembly import Home
from nilometer.app.sealedids import SealedIds
from nilometer.attribution.kinds import SUBJECT
from nilometer.clock import Clock, system_clock
from nilometer.disclosures import pseudonym
from nilometer.errors import InputError
from nilometer.ledger import erasing, files
from nilometer.ledger import scope as scopes
from nilometer.ledger.sets import among, distinct

Ints = identities.Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What is kept of some people: how many were asked for, how many are in the ledger, in how many rows and segments; identities,
    sealed ids; entries of the journal that name them. `holds` are cases under legal hold that they belong to. `left` is how many files a
    crash left in the ledger's folders: whoever was erased may still be in them, and erasing (anybody) removes them."""

    people: int
    found: int
    rows: int
    segments: int
    identities: int
    sealed_ids: int
    journal_bodies: int
    holds: tuple[str, ...]
    left: int


def pseudonyms(home: Home, subjects: Sequence[str]) -> Ints:
    """(n,) pseudonyms of people, ascending, each once. Raises InputError when none is given, or one is empty."""
    texts = [pages.typed(text).strip() for text in subjects]
    if not texts or not all(texts):
        raise InputError("Name the people to erase by the platform's own ids; none may be empty.")
    return distinct(np.asarray(pseudonym.column(home.key, SUBJECT, pa.array(texts, pa.string()))))


def look(home: Home, people: Ints) -> Found:
    """What is kept of these people (ascending, each once); changes nothing."""
    held = erasing.held(home.ledger, people)
    table = pa.table({"person": pa.array(people, pa.int64())})
    found = 0
    if held:
        sql = f"SELECT count(DISTINCT subject) AS n FROM {home.ledger.engine.source(home.ledger.manifest.segments)} JOIN asked ON subject = asked.person"
        found = int(home.ledger.engine.query(sql, asked=table).column("n")[0].as_py())
    return Found(
        people=len(people),
        found=found,
        rows=sum(rows for rows, _ in held.values()),
        segments=len(held),
        identities=identities.of(home).count(people),
        sealed_ids=reveal.count(home, people),
        journal_bodies=len(_looked_up(home, people)),
        holds=tuple(_holds(home, table)),
        left=len(home.ledger.left_behind()),
    )


def erase(
    home: Home,
    people: Ints,
    *,
    why: str,
    by: str | None = None,
    clock: Clock = system_clock,
    progress: Callable[[str], None] = lambda text: None,
) -> tuple[Found, int | None]:
    """Erases people (ascending, each once); what was found of them, and the entry that says so.

    When one of them belongs to a case under legal hold nothing is erased: `Found.holds` names the cases, the entry the refusal.
    Raises InputError without a reason, EngineError or EvidenceError when the ledger cannot be written; then erase again.
    """
    if not why.strip():
        raise InputError("Say why with --why: who asks later must be told.")
    sealing.seal(home, clock=clock)
    left = len(home.ledger.left_behind())
    with home.ledger.writing("nilometer, erasing"):  # so that nobody who comes in meanwhile is missed; sweeps what a crash left
        found = replace(look(home, people), left=left)
        if found.holds:
            return found, _refused(home, found, why, by, clock)
        entry = None
        progress("writing segments")
        prepared = erasing.prepare(home.ledger, people)
        with casebook.standing(home, "nilometer, erasing"):
            found = replace(found, holds=tuple(_holds(home, pa.table({"person": pa.array(people, pa.int64())}))))
            if found.holds:  # put under hold while the segments were written
                erasing.drop(home.ledger, prepared)
                return found, _refused(home, found, why, by, clock)
            kept = {"identities": found.identities, "sealed_ids": found.sealed_ids, "journal_bodies": found.journal_bodies}
            body = {"did": f"erased {prepared.people:,} people", "why": why, "people": prepared.people, "rows": prepared.rows, **kept}
            if prepared.gone or any(kept.values()):
                entry = sealing.erasure(home, body, prepared.gone, prepared.fresh, by=by, clock=clock)
            progress("removing what belongs to them")
            identities.forget(home, people.tolist())
            SealedIds(home.folder).forget(people)
            journal.take_away(home, _looked_up(home, people))
            _forget_states(home)
            if prepared.gone:
                erasing.finish(home.ledger, prepared)
    return found, entry


def _refused(home: Home, found: Found, why: str, by: str | None, clock: Clock) -> int:
    """Records that nothing was erased because of a legal hold; the entry that says so."""
    body = {"did": "refused to erase", "case": found.holds[0], "why": why, "people": found.people, "holds": list(found.holds)}
    return journal.record(home, "erasure", body, by=by, clock=clock).index


def _looked_up(home: Home, people: Ints) -> list[int]:
    """Entries that say who looked up one of these people."""
    every = journal.entries(home, "lookup")
    keys = np.array([int(entry.body["subject"], 16) for entry in every], np.uint64).view(np.int64)
    return [entry.index for entry, there in zip(every, among(keys, people).tolist(), strict=True) if there]


def _holds(home: Home, people: pa.Table) -> list[str]:
    """Cases under legal hold whose scope one of these people belongs to."""
    held = [case for case in casebook.read(home).values() if case.hold]
    found = []
    for case in held:
        parts = scope.parts(home, scope.current(home, case))
        if not parts or not home.ledger.manifest.segments:
            continue
        rows = scopes.source(home.ledger, scopes.Scope(parts=parts))
        sql = f"SELECT count(*) AS n FROM (SELECT 1 FROM {rows} JOIN asked ON subject = asked.person LIMIT 1)"
        if home.ledger.engine.query(sql, asked=people).column("n")[0].as_py():
            found.append(case.id)
    return found


def _forget_states(home: Home) -> None:
    """Removes what detection keeps between runs: it names people by pseudonym, and the next run makes it anew."""
    folder = home.folder / watching.FOLDER
    if not folder.is_dir():
        return
    with files.locked(folder / "lock", "nilometer, erasing", wait=True):
        for path in folder.iterdir():
            if path.name == "lock":
                continue
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def as_json(found: Found, entry: int | None, done: bool) -> dict[str, Any]:
    """The answer of `nilometer erase --json`."""
    return {
        "people": found.people, "found": found.found, "rows": found.rows, "segments": found.segments, "identities": found.identities,
        "sealed_ids": found.sealed_ids, "journal_bodies": found.journal_bodies, "holds": list(found.holds), "left_behind": found.left, "erased": done, "entry": entry,
    }  # fmt: skip
