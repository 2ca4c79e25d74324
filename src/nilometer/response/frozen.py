"""The deny list: actors that a person decided to freeze. The gate reads this file; until there is a gate, nothing is stopped by it.

`response/frozen.json` in the home, mode 0600, replaced whole:

    {"version": 1, "key_epoch": 1, "frozen": [
      {"level": "app", "pseudonym": "00c0ffee00c0ffee", "case": "K-2020-7Q3F2A", "order": "R-2020-1A2B3C4D", "since": "2020-01-31T12:00:00Z"}]}

An actor is there as the keyed pseudonym that the ledger knows it by, never by name: who asks must hold the home's key.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from nilometer.canonical import json_bytes
from nilometer.clock import rfc3339
from nilometer.disclosures import pseudonym
from nilometer.disclosures.actor import Actor
from nilometer.disclosures.pseudonym import Key
from nilometer.errors import EvidenceError
from nilometer.ledger import files

FILE: Final = "frozen.json"
Frozen = dict[str, Any]


def add(folder: Path, key: Key, actors: Sequence[Actor], case: str, order: str, since: datetime) -> int:
    """Puts actors on the list for an order; how many were not on it for that order. Twice is as once. Raises EvidenceError."""
    fresh = [{"level": a.level, "pseudonym": named(key, a), "case": case, "order": order, "since": rfc3339(since)} for a in actors]

    def more(there: list[Frozen]) -> list[Frozen]:
        known = {(f["level"], f["pseudonym"], f["order"]) for f in there}
        return there + [f for f in fresh if (f["level"], f["pseudonym"], f["order"]) not in known]

    before, after = _changed(folder, key, more)
    return len(after) - len(before)


def remove(folder: Path, key: Key, order: str) -> tuple[int, int]:
    """Takes an order's actors off; how many, and how many of them stay frozen by another order."""
    before, after = _changed(folder, key, lambda there: [f for f in there if f["order"] != order])
    gone = {(f["level"], f["pseudonym"]) for f in before if f["order"] == order}
    return len(gone), len(gone & {(f["level"], f["pseudonym"]) for f in after})


def load(folder: Path, key: Key) -> list[Frozen]:
    """Who is frozen, each once per order. Raises EvidenceError when the file is not what Nilometer wrote."""
    path = folder / FILE
    try:
        found = json.loads(path.read_bytes())
        if found["version"] != 1 or found["key_epoch"] != key.epoch:
            raise ValueError("version or key epoch")
        listed = [{name: str(f[name]) for name in ("level", "pseudonym", "case", "order", "since")} for f in found["frozen"]]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as cause:
        raise EvidenceError(
            f"{path} is not the deny list that was written ({type(cause).__name__}). Restore it; `nilometer response list` says who was frozen."
        ) from None
    return listed


def is_frozen(listed: Sequence[Frozen], key: Key, actor: Actor) -> bool:
    """Whether an actor is on the list."""
    name = named(key, actor)
    return any(f["level"] == actor.level and f["pseudonym"] == name for f in listed)


def named(key: Key, actor: Actor) -> str:
    """The actor's pseudonym at its level, as 16 hexadecimal digits."""
    return f"{pseudonym.one(key, actor.level, actor.id) & 0xFFFFFFFFFFFFFFFF:016x}"


def _changed(folder: Path, key: Key, change: Callable[[list[Frozen]], list[Frozen]]) -> tuple[list[Frozen], list[Frozen]]:
    folder.mkdir(exist_ok=True, mode=0o700)
    with files.locked(folder / "frozen.lock", "nilometer, freezing", wait=True):
        before = load(folder, key)
        after = change(before)
        if after != before:
            files.replace(folder / FILE, json_bytes({"version": 1, "key_epoch": key.epoch, "frozen": after}) + b"\n")
    return before, after
