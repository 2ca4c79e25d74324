"""Checks a home, its ledger, the extensions and the machine, and says what to do."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from nilometer.app import detect
from nilometer.app.assembly import Home
from nilometer.app.watching import Watching
from nilometer.errors import NilometerError
from nilometer.ledger import folds
from nilometer.simulation.simulate import scenarios
from nilometer.sources.format import formats

Verdict = Literal["good", "note", "bad"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked at: how it is, and what to do when it is not good."""

    about: str
    verdict: Verdict
    says: str


def examine(home: Home, progress: Callable[[int, int], None] = lambda done, total: None) -> list[Check]:
    """Everything `nilometer doctor` looks at, in order."""
    held = home.ledger.manifest
    checks = [
        Check(about="home", verdict="good", says=f"{home.folder}, key epoch {home.key.epoch}, readable by its owner only"),
        Check(
            about="ledger",
            verdict="good",
            says=f"{sum(s.rows for s in held.segments):,} disclosures in {len(held.segments):,} segments, generation {held.generation}",
        ),
    ]
    wrong = home.ledger.check(progress)
    checks += [Check(about="integrity", verdict="bad", says=fault.says) for fault in wrong] or [
        Check(about="integrity", verdict="good", says="every file is as it was written")
    ]
    left = home.ledger.left_behind()
    if left:
        says = f"{len(left):,} files that no manifest names, {left[0]} first; they may hold people who were erased. The next `nilometer ingest` or `erase` removes them"
        checks.append(Check(about="left behind", verdict="note", says=says))
    waiting = sum(s.rows for s in folds.unfolded(home.ledger))
    if waiting:
        checks.append(
            Check(about="folds", verdict="note", says=f"{waiting:,} disclosures are not folded yet; the first `nilometer who` does it")
        )
    lost = sum(s.unreadable for s in held.sources)
    read = sum(s.entries for s in held.sources)
    if lost:
        verdict: Verdict = "bad" if lost > 0.05 * max(read, 1) else "note"
        checks.append(
            Check(
                about="unreadable",
                verdict=verdict,
                says=f"{lost:,} of {read:,} entries could not be read; `nilometer unreadable` lists them",
            )
        )
    checks += [_extension("formats", formats), _extension("detectors", lambda: detect.detectors(home)), _extension("scenarios", scenarios)]
    damaged = Watching(home.folder, "").damaged(held)
    if damaged:
        about = f"{len(damaged):,} files of what detection knows are damaged, {damaged[0]} first; the next `nilometer detect` starts before them"
        checks.append(Check(about="watch", verdict="note", says=about))
    free = shutil.disk_usage(home.folder).free
    checks.append(
        Check(
            about="disk",
            verdict="bad" if free < 1 << 30 else "good",
            says=f"{free / (1 << 30):,.1f} GiB free" + ("; make room before the next ingest" if free < 1 << 30 else ""),
        )
    )
    checks.append(
        Check(
            about="machine",
            verdict="good",
            says=f"Python {sys.version.split()[0]}, {os.cpu_count()} cores; questions use {home.settings.engine.memory} and {home.settings.engine.threads} threads",
        )
    )
    return checks


def _extension(about: str, load: Callable[[], object]) -> Check:
    try:
        found = load()
    except NilometerError as cause:
        return Check(about=about, verdict="bad", says=str(cause))
    names = [getattr(f, "id", f) for f in (found.values() if isinstance(found, dict) else found)]  # type: ignore[attr-defined]
    return Check(about=about, verdict="good", says=f"{len(names)}: {', '.join(str(n) for n in names)}")
