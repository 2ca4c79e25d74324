"""Follows a growing file: whole lines only, through rotation, acknowledged as they are stored."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Final

from nilometer.app.flow import Nilometer
from nilometer.app.ingest import Told, begun, ingest, through
from nilometer.errors import EngineError, InputError
from nilometer.sources import mapping as mappings
from nilometer.sources.files import Origin, whole_lines
from nilometer.sources.mapping import Mapping

_ROTATED: Final = r"[.-][0-9][0-9T:_.-]*(\.(gz|zst|bz2))?"
"""What rotation puts behind a file's name: `.1`, `.2.gz`, `-20260131`, `.2026-01-31.zst`."""


def follow(nilometer: Nilometer, path: Path, *, mapping: str | None, form: str | None, every: float, once: bool, tell: Told) -> None:
    """Reads what is there, then what is added, until interrupted. A restart goes on where the ledger's record ends.

    A file that begins with something else than before was rotated or cut short: what is left of the old one is read
    first, under the names that rotation gives, whether it was renamed, copied or compressed, and whether anybody
    followed meanwhile. Raises InputError when the file is not there, or cannot be read, at first.
    """
    if "://" in str(path) or str(path).split(":/")[0] in ("kafka", "nats"):
        raise InputError(f"{path}: only growing files can be followed by this version; expected a path.")
    if path.is_dir():
        raise InputError(
            f"{path} is a folder; name the file that grows, or use `nilometer ingest` again and again: it reads only what is new."
        )
    if not path.exists():
        raise InputError(f"{path} does not exist; expected a file that grows.")
    chosen = mappings.load(Path(mapping)) if mapping else mappings.EMPTY
    seen: tuple[int, int] | None = None
    while True:
        try:
            status = path.stat()
            if (status.st_ino, status.st_size) != seen:
                with through(mapping):
                    stored = _read(nilometer, path, chosen, form)
                if stored and not once:
                    tell(f"{stored:,} more disclosures")
                seen = (status.st_ino, status.st_size)
        except FileNotFoundError:  # between the two steps of a rotation
            pass
        except (EngineError, InputError) as cause:  # somebody else writes, or the first lines are not all there: later it may go
            if once or (seen is None and isinstance(cause, InputError)):
                raise
            tell(str(cause))
        if once:
            return
        time.sleep(every)


def _read(nilometer: Nilometer, path: Path, mapping: Mapping, form: str | None) -> int:
    """Stores what is new; returns how many disclosures."""
    size = whole_lines(path)
    if size == 0:
        return 0
    current = Origin(path=path, size=size, limit=size)
    origins = [current] if begun(nilometer.home, current) else [*_left(nilometer, path), current]
    return ingest(nilometer.home, origins, mapping=mapping, form=form).disclosures


def _left(nilometer: Nilometer, path: Path) -> list[Origin]:
    """What rotation took away since the ledger last read: back to the file that the ledger knows the beginning of, oldest first."""
    names = re.compile(re.escape(path.name) + _ROTATED)
    found: list[Origin] = []
    rotated = [p for p in path.parent.iterdir() if names.fullmatch(p.name) and p.is_file()]
    for each in sorted(rotated, key=lambda p: p.stat().st_mtime_ns, reverse=True):
        found.insert(0, Origin(path=each, size=each.stat().st_size))
        if begun(nilometer.home, found[0]):
            return found
    return []  # none is known: following begins here, and what is older is for `nilometer ingest`
