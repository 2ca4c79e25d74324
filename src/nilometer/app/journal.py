"""The home's journal: every manifest, finding, setting, decision and look-up becomes an entry, sealed in the tamper-evident log."""

from __future__ import annotations

import getpass
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from nilometer.app.assembly import EVIDENCE, Home
from nilometer.clock import Clock, rfc3339, system_clock
from nilometer.errors import ConfigError, EngineError, EvidenceError, InputError, NilometerError
from nilometer.evidence.journal import Entry
from nilometer.evidence.log import Log, Signed
from nilometer.ledger import files
from nilometer.tlog import merkle, note
from nilometer.tlog.note import SecretKey
from nilometer.tlog.refused import Refused

FOLDER: Final = EVIDENCE
"""The home's folder for what is sealed."""
_KEY: Final = "keys/log.skey"
PUBLIC: Final = "keys/log.vkey"
"""The home's file with the log's public key."""
_BEHIND: Final = timedelta(seconds=2)  # clocks that are corrected jump back by less


def record(home: Home, kind: str, body: dict[str, Any], *, by: str | None = None, clock: Clock = system_clock) -> Entry:
    """Adds one entry; on the disk and sealed when it returns. `by` is the operating system's account unless given.

    Raises EvidenceError when the log was changed, rolled back or forked, EngineError or ConfigError when it cannot be written.
    """
    [entry] = record_all(home, [(kind, body)], by=by, clock=clock)
    return entry


def record_all(
    home: Home, said: Sequence[tuple[str, dict[str, Any]]], *, by: str | None = None, clock: Clock = system_clock
) -> list[Entry]:
    """Adds entries, given as (kind, body), under one signature; otherwise as `record`."""
    with _locked(home):
        now = clock()
        _sign(home, now)  # what a crash left unsigned, and before anything is added: whether the log still holds
        last = _last(home)
        if last is not None and now < last - _BEHIND:
            behind = {"behind_seconds": (last - now).total_seconds(), "last": rfc3339(last)}
            home.journal.add("clock", "nilometer", behind, now)
        who = account() if by is None else by
        found = home.journal.add_all([(kind, who, body) for kind, body in said], now)
        _sign(home, now)
    return found


def entries(home: Home, *kinds: str) -> list[Entry]:
    """The entries of these kinds (all when none is named), oldest first. Raises EvidenceError for one that was changed."""
    return list(home.journal.entries(kinds))


def sign(home: Home, *, clock: Clock = system_clock) -> Signed | None:
    """Signs what is not signed yet, and checks that the log still holds; None while there is no entry. Raises as `record`."""
    with _locked(home):
        return _sign(home, clock())


def take_away(home: Home, indices: Sequence[int]) -> None:
    """Removes what entries say; that they were made, when and of which kind stays, and every proof. Raises EngineError."""
    if indices:
        with _locked(home):
            home.journal.take_away(indices)


def renew(home: Home, why: str, *, by: str | None = None, clock: Clock = system_clock) -> Log:
    """Begins the second place anew with what was signed last, and records that and why.

    Raises InputError when nothing was signed, or there is nothing to renew, EvidenceError when what any place holds is not a beginning of the log.
    """
    held = log(home)
    with _locked(home):
        head = held.head()
        if head is None or held.second is None:
            raise InputError("Nothing was signed yet; there is nothing to keep in a second place.")
        kept, left = _readable(held, held.second), _readable(held, held.own)
        if kept is not None and kept.moved is None and (left is None or left.moved in (None, held.called)):
            raise InputError(f"{held.second} is there and holds what was signed last; nothing to renew.")
        moved = next((one.moved for one in (kept, left) if one is not None and one.moved), None)
        former = _readable(held, home.folder / moved) if moved else None
        leaves = [merkle.leaf_hash(line.leaf) for line in home.journal.lines()]
        for one in (head, kept, left, former):
            if one is not None and (one.head.size > len(leaves) or merkle.root(leaves[: one.head.size]) != one.head.root):
                raise EvidenceError(
                    f"A checkpoint of {one.head.size:,} entries was signed that this log does not continue: it was rolled back or rewritten. "
                    "Restore the newest copy of the home; a second place is not begun anew for an older one."
                )
        held.begin(head, secret_key(home))
    record(home, "gap", {"did": "began the second place anew", "why": why}, by=by, clock=clock)
    return held


def _readable(held: Log, path: Path | None) -> Signed | None:
    """What a place holds; None when that is nothing, or nothing that this log's key signed."""
    try:
        return None if path is None else held.opened(path)
    except NilometerError:
        return None


def log(home: Home) -> Log:
    """The home's log, to read. Its key is made when there is none."""
    return Log(_folder(home), secret_key(home).public, second_place(home), _own_place(home), home.settings.evidence.second_place)


def secret_key(home: Home) -> SecretKey:
    """The key that signs (`keys/log.skey`, readable by its owner only); made at first use, with the log's name in it.

    Raises ConfigError when it is not a key, EvidenceError never: a log signed by another key does not verify.
    """
    path = home.folder / _KEY
    if not path.exists():
        if (home.folder / EVIDENCE / "checkpoint").exists():
            raise ConfigError(f"{path} is missing, but the log was signed with it. Restore it from where you keep it.")
        name = home.settings.evidence.origin or f"nilometer/{secrets.token_hex(8)}"
        fresh = SecretKey(name=name, seed=secrets.token_bytes(32))
        if files.create(path, fresh.skey.encode() + b"\n", 0o600):
            files.replace(home.folder / PUBLIC, fresh.public.vkey.encode() + b"\n")
    try:
        if path.stat().st_mode & 0o077:
            raise ConfigError(f"{path} may be read by others; who has it can sign for you. Run: chmod 600 {path}")
        return note.secret_key(path.read_text().strip())
    except (OSError, ValueError) as cause:
        said = str(cause) if isinstance(cause, Refused) else type(cause).__name__
        raise ConfigError(f"{path} is not a signing key ({said}). Restore it from where you keep it.") from None


def second_place(home: Home) -> Path:
    """Where what was signed last is kept once more: as the settings say, else the account's own place."""
    if home.settings.evidence.second_place:
        return home.folder / home.settings.evidence.second_place  # an absolute path stays what it is
    return _own_place(home)


def _own_place(home: Home) -> Path:
    """Where the account keeps it unless the settings say otherwise: its own state folder, else beside the keys."""
    inside = home.folder / "keys"
    if home.temporary is not None:
        return inside / "last.checkpoint"
    state = Path(os.environ.get("XDG_STATE_HOME") or Path("~/.local/state").expanduser()) / "nilometer"
    try:
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        usable = os.access(state, os.W_OK)
    except (OSError, RuntimeError):
        usable = False
    return (state if usable else inside) / f"{secret_key(home).public.id.hex()}.checkpoint"


def account() -> str:
    """Who runs this, as the operating system says."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"


@contextmanager
def _locked(home: Home) -> Iterator[None]:
    """The journal's lock. Raises EngineError for whatever the disk says."""
    try:
        with files.locked(_folder(home) / "lock", "nilometer, sealing", wait=True):
            yield
    except OSError as cause:
        raise EngineError(
            f"The journal under {home.folder / FOLDER} cannot be written: {cause.strerror or cause}. What was sealed before is safe; free space or mend the disk."
        ) from cause


def _sign(home: Home, now: datetime) -> Signed | None:
    leaves = [line.leaf for line in home.journal.lines()]
    held = log(home)
    return held.extend(leaves, secret_key(home), now) if leaves or held.head() is not None or held.kept() is not None else None


def _last(home: Home) -> datetime | None:
    lines = home.journal.lines()
    return home.journal.entry(len(lines) - 1).at if lines else None


def _folder(home: Home) -> Path:
    folder = home.folder / EVIDENCE
    folder.mkdir(exist_ok=True, mode=0o700)
    return folder
