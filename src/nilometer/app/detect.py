"""Runs detectors over the ledger and keeps what they found."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime
from typing import Any, Final

import msgspec
import pyarrow as pa

from nilometer.app import casebook, context, sealing
from nilometer.app.assembly import Home
from nilometer.app.watching import Watching, code, keeping
from nilometer.detection import run, words
from nilometer.detection.context import fingerprint
from nilometer.detection.detector import Detector
from nilometer.detection.detector import settings as settings_of
from nilometer.detection.evidence import Rate
from nilometer.detection.rows import DAY
from nilometer.detection.run import Facts, Told
from nilometer.detection.watch import State, Watch
from nilometer.disclosures.actor import Actor
from nilometer.errors import ConfigError, EngineError, InputError
from nilometer.findings.finding import Finding, finding_id
from nilometer.ledger import files, vault
from nilometer.ledger.answers import Answers
from nilometer.ledger.manifest import Manifest

FILE: Final = "findings.sealed"
"""The home's file of the findings that are open."""
ASIDE: Final = f"findings.next/{FILE}"
"""The same, written and not kept yet; what is encrypted is bound to its name, so it lies in a folder of its own."""


class LedgerAnswers(Answers):
    """The ledger's answers in detection's own types."""

    def facts(self, nodes: Sequence[tuple[str, int]], since: int | None, until: int | None) -> Facts:  # type: ignore[override]
        found = super().facts(nodes, since, until)
        return Facts(**{name: getattr(found, name) for name in found.__slots__})


def detectors(home: Home) -> list[Detector]:
    """The detectors on the shelf with the home's settings. Raises ConfigError for a detector or setting that does not exist, or a value out of range."""
    shelf = run.shelf()
    chosen: list[Detector] = []
    for ident in home.settings.detectors:
        if ident not in shelf:
            raise ConfigError(f"nilometer.toml: [detectors.{ident}]: no such detector; there are {', '.join(shelf)}.")
    for ident, detector in shelf.items():
        given = home.settings.detectors.get(ident, {})
        known = {one.name: one for one in settings_of(detector)}
        for name, value in given.items():
            if name not in known:
                raise ConfigError(
                    f"nilometer.toml: [detectors.{ident}] has {name!r}; its settings are {', '.join(sorted(known)) or 'none'}."
                )
            if wrong := known[name].wrong(value):
                raise ConfigError(f"nilometer.toml: [detectors.{ident}] {name} = {value!r}: expected {wrong} ({known[name].doc}).")
        chosen.append(dataclasses.replace(detector, **given) if given else detector)  # type: ignore[arg-type]
    return chosen


def detect(
    home: Home,
    as_of: datetime | None = None,
    progress: Told = lambda done, total: None,
    tell: Callable[[str], None] = lambda text: None,
    seen: Callable[[list[Finding]], None] = lambda found: None,
) -> list[Finding]:
    """All open findings, oldest first. Without `as_of` they are sealed and kept for `findings`; a look into the past is not.

    `tell` hears what went wrong without changing the answer. `seen` is given the findings before they are sealed and kept: who asks
    learns them even when this raises EvidenceError (the sealed log does not hold) or EngineError (no room, a home that is read only).
    """
    answers, manifest = LedgerAnswers(home.ledger), home.ledger.manifest
    chosen = watch(home)
    watching = Watching(home.folder, made_by(chosen))
    if as_of is not None:
        until = words.microseconds(as_of)
        start = watching.latest(manifest, until // DAY)
        state = run.last(run.states(answers, chosen, start, until, progress), start)
        found = _uncleared(home, answers, state, run.findings(answers, chosen, state, until), as_of)
        seen(found)
        return found
    state = _looked(home, answers, chosen, watching, manifest, progress, tell)
    found = _uncleared(home, answers, state, run.findings(answers, chosen, state))
    seen(found)
    said = [f.to_json() for f in found]
    _keep(home, said)
    return found


def _uncleared(home: Home, answers: Answers, state: State, found: list[Finding], as_of: datetime | None = None) -> list[Finding]:
    """Without findings of cases closed as benign, as far as somebody looked at them: evidence that came later opens one again."""
    cleared = {ident: words.microseconds(at) for ident, at in casebook.cleared(home).items() if as_of is None or at <= as_of}
    gone = set()
    for story in state.stories if cleared else ():
        level, key = story.named
        ident = finding_id(Actor(level=level, id=answers.names(level, [key])[key]), words.moment(story.first.time), story.number)
        if ident in cleared and story.last <= cleared[ident]:
            gone.add(ident)
    return [finding for finding in found if finding.id not in gone]


def watch(home: Home) -> Watch:
    """The home's detectors, stated rate and context. Raises ConfigError for settings or a context that cannot be read."""
    return Watch(detectors=detectors(home), rate=Rate(false_alarms=home.settings.detection.false_alarms), context=context.load(home))


def made_by(chosen: Watch) -> str:
    """What kept states depend on beside the ledger: detection's code, settings, stated rate, context."""
    said = (code(), repr(chosen.detectors), repr(chosen.rate), fingerprint(chosen.context))
    return hashlib.blake2b("\x1f".join(said).encode(), digest_size=16).hexdigest()


def _looked(
    home: Home, answers: Answers, chosen: Watch, watching: Watching, manifest: Manifest, progress: Told, tell: Callable[[str], None]
) -> State:
    """The state at the end of the ledger. Who cannot keep it (another `detect` at work, no room) looks all the same."""
    start = watching.latest(manifest)
    looked = run.states(answers, chosen, start, None, progress)  # type: ignore[arg-type]
    with ExitStack() as stack:
        try:
            watching.begin()
            stack.enter_context(files.locked(watching.folder / "lock", "nilometer detect"))
        except EngineError:  # another one is at work, and keeps what it learns
            return run.last(looked, start)
        except OSError as cause:
            tell(f"What is learnt cannot be kept for the next run ({cause.strerror or cause}: {watching.folder}).")
            return run.last(looked, start)
        return keeping(looked, watching, manifest, start, tell)


def kept(home: Home) -> list[dict[str, Any]]:
    """The findings of the last `detect`, as JSON; empty when it never ran."""
    return _read(home, FILE)


def aside(home: Home) -> list[dict[str, Any]]:
    """The findings that were to be kept when a crash came; empty when none did. They may not have been sealed."""
    return _read(home, ASIDE)


def _read(home: Home, name: str) -> list[dict[str, Any]]:
    path = home.folder / name
    if not path.exists():
        return []
    table = vault.unsealed(path, home.key.derived("vault", 32))
    return [msgspec.json.decode(text) for text in table.column("finding").to_pylist()]


def kept_one(home: Home, ident: str) -> dict[str, Any]:
    """One kept finding by its id. Raises InputError that lists some ids when there is no such."""
    found = kept(home)
    for finding in found:
        if finding["id"] == ident:
            return finding
    known = ", ".join(f["id"] for f in found[:8]) or "none yet; run `nilometer detect`"
    raise InputError(f"No finding {ident!r}. Findings: {known}.")


def _keep(home: Home, found: list[dict[str, Any]]) -> None:
    """Seals findings and keeps them, one `detect` at a time: written aside, sealed, then made the ones that are kept.

    So that after a crash what was sealed last is here in any case, and findings that are older than that are never innocent.
    """
    table = pa.table({"finding": pa.array([msgspec.json.encode(f).decode() for f in found], pa.string())})
    try:
        with files.locked(home.folder / "findings.lock", "nilometer detect", wait=True):
            (home.folder / ASIDE).parent.mkdir(exist_ok=True, mode=0o700)
            files.replace(home.folder / ASIDE, vault.sealed(table, home.key.derived("vault", 32), FILE))
            sealing.findings(home, found)
            os.replace(home.folder / ASIDE, home.folder / FILE)
            files.sync(home.folder)
    except OSError as cause:
        raise EngineError(
            f"The findings could not be kept: {cause.strerror or cause}. Those kept before are unchanged; free space, then run it again."
        ) from None
