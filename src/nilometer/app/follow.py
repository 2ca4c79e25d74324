"""Follows a growing file: whole lines only, through rotation, acknowledged as they are stored."""

from __future__ import annotations

import time
from pathlib import Path

from nilometer.app.flow import Nilometer
from nilometer.app.ingest import Told, ingest
from nilometer.errors import InputError
from nilometer.sources import mapping as mappings
from nilometer.sources.files import Origin, whole_lines


def follow(nilometer: Nilometer, path: Path, *, mapping: str | None, form: str | None, every: float, once: bool, tell: Told) -> None:
    """Reads what is there, then what is added, until interrupted. A restart goes on where the ledger's record ends.

    When the file is replaced (another inode) or cut short, the rest of the old one is read first if it can still be
    found under its usual name, then the new one from its beginning. Raises InputError when the file is not there at first.
    """
    if "://" in str(path) or str(path).split(":/")[0] in ("kafka", "nats"):
        raise InputError(f"{path}: only growing files can be followed by this version; expected a path.")
    if path.is_dir():
        raise InputError(f"{path} is a folder; name the file that grows, or use `nilometer ingest` again and again: it reads only what is new.")
    chosen = mappings.load(Path(mapping)) if mapping else mappings.EMPTY
    seen: tuple[int, int] | None = None
    if not path.exists():
        raise InputError(f"{path} does not exist; expected a file that grows.")
    while True:
        try:
            status = path.stat()
        except FileNotFoundError:  # between the two steps of a rotation
            time.sleep(every)
            continue
        if seen is not None and (status.st_ino != seen[0] or status.st_size < seen[1]):
            tell(f"{path} was rotated")
            rest = _rotated(path, seen[0])
            if rest is not None:
                _read(nilometer, rest, chosen, form, whole=False)
        if seen is None or (status.st_ino, status.st_size) != seen:
            stored = _read(nilometer, path, chosen, form, whole=True)
            if stored:
                tell(f"{stored:,} more disclosures")
        seen = (status.st_ino, status.st_size)
        if once:
            return
        time.sleep(every)


def _read(nilometer: Nilometer, path: Path, mapping: mappings.Mapping, form: str | None, *, whole: bool) -> int:
    size = whole_lines(path) if whole else path.stat().st_size
    if size == 0:
        return 0
    return ingest(nilometer.home, [Origin(path=path, size=size, limit=size)], mapping=mapping, form=form).disclosures


def _rotated(path: Path, inode: int) -> Path | None:
    """Where the file that had this inode went, among the names rotation gives."""
    for candidate in sorted(path.parent.glob(path.name + "*")):
        if candidate != path and candidate.stat().st_ino == inode:
            return candidate
    return None
