"""Puts a home together: its folder, settings, keys and ledger."""

from __future__ import annotations

import json
import os
import secrets
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa

from nilometer.app import settings
from nilometer.disclosures.pseudonym import Key
from nilometer.errors import ConfigError, InputError
from nilometer.evidence.journal import Journal
from nilometer.ledger import files
from nilometer.ledger.ledger import Ledger

DEFAULT: Final = "nilometer-home"
EVIDENCE: Final = "evidence"
"""The folder of the journal and its log."""
_KEY_FILE: Final = "keys/pseudonym.json"


@dataclass(slots=True)
class Home:
    """An open home. `temporary` keeps an in-memory home's folder alive as long as the home."""

    folder: Path
    settings: settings.Settings
    key: Key
    ledger: Ledger
    journal: Journal
    temporary: tempfile.TemporaryDirectory[str] | None = None

    def close(self) -> None:
        """Lets go of the engine, and of a temporary folder."""
        self.ledger.engine.close()
        if self.temporary is not None:
            self.temporary.cleanup()


def chosen(home: str | os.PathLike[str] | None) -> Path:
    """The folder a command means: the one given, else NILOMETER_HOME, else `./nilometer-home`."""
    return Path(home or os.environ.get("NILOMETER_HOME") or DEFAULT)


def create(folder: Path) -> bool:
    """Makes a home: settings, and a key only the owner can read. Returns whether there was none before.

    Raises InputError when the folder is something else than a home, ConfigError when it cannot be written.
    """
    if (folder / _KEY_FILE).exists():
        return False
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file; expected a folder for the home.")
    if (folder / "ledger" / "manifest.json").exists():
        raise ConfigError(
            f"{folder} holds a ledger but no key ({_KEY_FILE}). Restore the key from where you keep it; a new one could not read the ledger."
        )
    if folder.exists() and any(p.name not in ("keys", "ledger", settings.FILE, "context.toml") for p in folder.iterdir()):
        raise InputError(f"{folder} holds other files and is no Nilometer home; choose an empty or new folder.")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (folder / "keys").mkdir(exist_ok=True, mode=0o700)
        if not (folder / settings.FILE).exists():
            files.write(folder / settings.FILE, settings.TEMPLATE.encode(), 0o600)
        key = {"epoch": 1, "secret": secrets.token_hex(32)}
        fresh = files.create(folder / _KEY_FILE, json.dumps(key).encode(), 0o600)  # of several that begin at once, one makes the key
        files.sync(folder)
    except OSError as cause:
        raise ConfigError(f"{folder} cannot be made: {cause.strerror or cause}.") from None
    return fresh


def open_home(folder: Path) -> Home:
    """Opens a home, making a default one when there is none. Raises ConfigError for a key that is missing or readable by others."""
    create(folder)
    chosen_settings = settings.load(folder)
    key = _read_key(folder / _KEY_FILE)
    try:
        ledger = Ledger(folder / "ledger", key, memory=chosen_settings.engine.memory, threads=chosen_settings.engine.threads)
    except OSError as cause:
        raise ConfigError(f"{folder} cannot be written: {cause.strerror or cause}.") from None
    journal = Journal(folder / EVIDENCE, key.derived("journal", 32))
    return Home(folder=folder, settings=chosen_settings, key=key, ledger=ledger, journal=journal)


def settle_memory() -> None:
    """For a process that is all Nilometer's: Arrow takes memory from the system's allocator.

    Its default gives pages back so eagerly that reading a large file spends a third of its time in the kernel.
    """
    pa.set_memory_pool(pa.system_memory_pool())


def temporary_home() -> Home:
    """A home that is gone when it is closed."""
    folder = tempfile.TemporaryDirectory(prefix="nilometer-")
    home = open_home(Path(folder.name))
    home.temporary = folder
    return home


def _read_key(path: Path) -> Key:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            raise ConfigError(f"{path} may be read by others (mode {mode:04o}); who has it can look up every person. Run: chmod 600 {path}")
        data = json.loads(path.read_text())
        key = Key(epoch=int(data["epoch"]), secret=bytes.fromhex(data["secret"]))
        if data != {"epoch": key.epoch, "secret": key.secret.hex()}:
            raise ValueError("not as Nilometer wrote it")
    except (OSError, ValueError, KeyError, TypeError) as cause:
        raise ConfigError(f"{path} is not a key file ({type(cause).__name__}). Restore it from where you keep it.") from None
    if len(key.secret) < 32:
        raise ConfigError(f"{path}: the key has {len(key.secret)} bytes; expected at least 32.")
    return key
