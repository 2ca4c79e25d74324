"""What the journal says of settings: those that judgement depends on in clear, of the files only keyed digests.

The files themselves hold what no stranger may read: webhooks' addresses with tokens in them, and facts about partners who have
nothing to do with a case. A digest without a key could be tried out; with the home's key only the home says that a text fits.
"""

from __future__ import annotations

import hashlib
import hmac
import platform
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from nilometer import __version__
from nilometer.app import context, journal, settings
from nilometer.app.assembly import Home
from nilometer.evidence.journal import Entry

KIND: Final = "settings"
_FILES: Final = (settings.FILE, context.FILE)
_IN_CLEAR: Final = ("files", "second_place")
"""Keys that entries of before 28 November 2026 have: the files' whole texts, and a path."""


def said(home: Home) -> dict[str, Any]:
    """What is sealed: the settings in force that concern judgement, digests of the files, and the software.

    Texts among a detector's settings are left out, as are addresses and paths.
    """
    held = msgspec.to_builtins(home.settings)
    detectors = {name: {k: v for k, v in one.items() if not isinstance(v, str)} for name, one in held["detectors"].items()}
    evidence = {"origin": home.settings.evidence.origin, "second_place": bool(home.settings.evidence.second_place)}
    in_force = {"engine": held["engine"], "detection": held["detection"], "detectors": detectors, "evidence": evidence}
    return {
        "in_force": in_force,
        "digests": _digests(home),
        "nilometer": __version__,
        "python": platform.python_version(),
        "machine": platform.platform(),
    }


def last(home: Home) -> dict[str, Any] | None:
    """What was sealed of the settings last; None when nothing was."""
    found = [entry.body for entry in journal.entries(home, KIND) if "digests" in entry.body or "files" in entry.body]
    return found[-1] if found else None


def changed(home: Home, sealed: Mapping[str, Any]) -> list[str]:
    """The files that are not as they were sealed, by name."""
    now = _digests(home)
    before = sealed["digests"] if "digests" in sealed else {name: _digest(home, text) for name, text in sealed["files"].items()}
    return sorted(name for name in {*now, *before} if now.get(name) != before.get(name))


def for_strangers(entry: Entry) -> bool:
    """Whether a bundle may show what an entry says; of one that holds addresses or whole files it shows the leaf only."""
    return entry.kind not in (KIND, "gap") or not any(name in entry.body for name in _IN_CLEAR)


def _digests(home: Home) -> dict[str, str]:
    there = [name for name in _FILES if (home.folder / name).is_file()]
    return {name: _digest(home, (home.folder / name).read_text("utf-8", "replace")) for name in there}


def _digest(home: Home, text: str) -> str:
    return hmac.new(home.key.derived("settings", 32), text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
