"""The home's journal: every manifest, finding, setting, decision and look-up becomes an entry, sealed in the tamper-evident log."""

from __future__ import annotations

import getpass
from typing import Any

from nilometer.app.assembly import Home
from nilometer.clock import Clock, system_clock
from nilometer.evidence.journal import Entry, Journal
from nilometer.ledger import files

FOLDER = "evidence"


def record(home: Home, kind: str, body: dict[str, Any], *, by: str | None = None, clock: Clock = system_clock) -> Entry:
    """Adds one entry; on the disk and sealed when this returns. `by` is the operating system's account unless given.

    Raises EvidenceError when the log was changed, rolled back or forked, EngineError when the disk fails.
    """
    folder = home.folder / FOLDER
    folder.mkdir(exist_ok=True, mode=0o700)
    with files.locked(folder / "lock", "nilometer, sealing", wait=True):
        return journal(home).add(kind, account() if by is None else by, body, clock())


def entries(home: Home, *kinds: str) -> list[Entry]:
    """The entries of these kinds (all when none is named), oldest first. Raises EvidenceError for one that was changed."""
    return list(journal(home).entries(kinds))


def journal(home: Home) -> Journal:
    """The home's journal, to read."""
    return Journal(home.folder / FOLDER, home.key.derived("journal", 32))


def account() -> str:
    """Who runs this, as the operating system says."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
