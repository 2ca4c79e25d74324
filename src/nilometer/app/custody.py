"""Seal, verify, stamp: what keeps the evidence in one hand, seen from outside."""

from __future__ import annotations

import base64
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nilometer.app import assembly, homecheck, journal, proving, sealing
from nilometer.app.assembly import Home
from nilometer.clock import Clock, rfc3339, system_clock
from nilometer.errors import EvidenceError, InputError
from nilometer.evidence import bundlecheck, stamps
from nilometer.evidence.standalone import Wrong
from nilometer.ledger import files
from nilometer.tlog.note import public_key
from nilometer.tlog.refused import Refused

Counted = Callable[[int, int], None]


def seal(home: Home, *, clock: Clock = system_clock) -> dict[str, Any]:
    """Seals what ledger and settings are now, and signs. Raises EvidenceError when what was sealed before does not hold."""
    sealing.seal(home, clock=clock)
    signed = journal.sign(home, clock=clock)
    log = journal.log(home)
    if signed is None:
        raise InputError("There is nothing to seal yet; `nilometer ingest` reads something.")
    return {
        "origin": signed.head.origin,
        "size": signed.head.size,
        "root": base64.b64encode(signed.head.root).decode(),
        "key": log.key.vkey,
        "checkpoint": str(log.folder / "checkpoint"),
        "second_place": str(log.second),
    }


def key(home: Home) -> str:
    """The public key of the home's log, as text."""
    return journal.log(home).key.vkey


def verify(
    what: str | os.PathLike[str] | None, *, key: str | None = None, deep: bool = False, progress: Counted = lambda done, total: None
) -> dict[str, Any]:
    """Checks a bundle (.zip, or unpacked), the proof of one disclosure (.tlog-proof) or a home: `{"what", "holds", "steps", "noticed", "wrong"}`; nothing is changed.

    Raises InputError when it is neither, ConfigError when a home's key cannot be read.
    """
    path = assembly.chosen(what)
    if key is not None:
        try:
            public_key(key.strip())
        except Refused as cause:
            raise InputError(
                f"--key is no key of a log: {cause}. Expected one line as `nilometer evidence key` prints it: NAME+ID+KEY."
            ) from None
    if path.name.endswith(".tlog-proof"):
        return proving.check(path, key if key is not None else _own_key())
    if path.is_file() and not _like_zip(path):
        raise InputError(f"{path} is neither a bundle (.zip), a proof (.tlog-proof) nor a home.")
    if path.is_file() or (path / "bagit.txt").is_file():
        return _bundle(path, key)
    if not (path / "keys" / "pseudonym.json").is_file():
        raise InputError(f"{path} is neither a bundle (.zip) nor a home; expected FILE.zip, or the folder of a home with its keys.")
    found = homecheck.Found()
    said: dict[str, Any] = {"what": str(path), "holds": True, "steps": found.steps, "noticed": found.noticed, "wrong": ""}
    try:
        home = assembly.open_home(path)
        try:
            if key is not None and journal.log(home).key.vkey != key.strip():
                raise EvidenceError(f"The home signs with {journal.log(home).key.vkey}, not with the key given.")
            for done, _ in enumerate(homecheck.check(home, found, deep=deep), start=1):
                progress(done, homecheck.STEPS)
        finally:
            home.close()
    except EvidenceError as wrong:
        said |= {"holds": False, "wrong": str(wrong)}
    return said


def _like_zip(path: Path) -> bool:
    """Whether a file begins as a ZIP does, or ends as one: what is damaged otherwise is a bundle that does not hold."""
    try:
        with path.open("rb") as stream:
            return stream.read(2) == b"PK" or zipfile.is_zipfile(path)
    except OSError as cause:
        raise InputError(f"{path} cannot be read: {cause.strerror or cause}.") from None


def _own_key() -> str:
    """The key of the home that is there (`--home`, NILOMETER_HOME or the default), to check its own proofs with."""
    path = assembly.chosen(None) / journal.PUBLIC
    try:
        return path.read_text("utf-8")
    except OSError:
        raise InputError("Expected the log's key (--key): the proof of a disclosure holds none, and there is no home here.") from None


def _bundle(path: Path, key: str | None) -> dict[str, Any]:
    steps: list[str] = []
    said: dict[str, Any] = {"what": str(path), "holds": True, "steps": steps, "noticed": [], "wrong": ""}
    try:
        found = bundlecheck.check_bundle(path, key, steps.append)
    except Wrong as wrong:
        return said | {"holds": False, "wrong": str(wrong)}
    if key is None:
        said["noticed"].append(f"The key is the bundle's own: {found['log']['key']}. Compare it with the one you had before (--key).")
    if found["timestamps"]:
        said["noticed"].append(
            f"{found['timestamps']} RFC 3161 timestamps are in it, not verified here: `openssl ts -verify` checks them against an authority's roots."
        )
    return said | {name: found[name] for name in ("case", "people", "disclosures", "entries", "log")}


def stamp(home: Home, request: Path | None, answer: Path | None, roots: Path | None) -> dict[str, Any]:
    """Writes a request for a timestamp on the last checkpoint, or keeps the answer to one: `verified` only when `roots` say whose it is.

    Raises InputError for an answer that does not fit, or roots that are none.
    """
    head = journal.log(home).head()
    if head is None or (request is None) == (answer is None):
        raise InputError("Expected either --request FILE or --answer FILE, and a log with at least one entry (`nilometer evidence seal`).")
    said: dict[str, Any] = {"size": head.head.size}
    try:
        if request is not None:
            _pending(home, head.note)
            request.write_bytes(stamps.request(head.note))
            return said | {"request": str(request)}
        assert answer is not None
        found, note = _fitting(home, head.note, answer.read_bytes(), roots.read_bytes() if roots else None)
    except OSError as cause:
        raise InputError(f"{cause.filename}: {cause.strerror or cause}.") from None
    opened = journal.log(home).opened(journal.log(home).folder / stamps.FOLDER / f"{found.checkpoint}.txt")
    assert opened is not None
    assert opened.note == note
    return {"size": opened.head.size, "at": rfc3339(found.at), "policy": found.policy, "verified": bool(found.roots), "roots": found.roots}


def _pending(home: Home, note: bytes) -> None:
    """Keeps the checkpoint that a request is about: by the time the answer comes, the log has grown."""
    folder = home.folder / journal.FOLDER / stamps.FOLDER
    folder.mkdir(exist_ok=True, mode=0o700)
    files.replace(folder / "asked.txt", note)


def _fitting(home: Home, last: bytes, answer: bytes, roots: bytes | None) -> tuple[stamps.Stamp, bytes]:
    """Keeps an answer for the checkpoint it is on: the one asked about, or the last one."""
    folder = home.folder / journal.FOLDER
    asked = folder / stamps.FOLDER / "asked.txt"
    notes = [*([asked.read_bytes()] if asked.exists() else []), last]
    note = next((note for note in notes if stamps.is_on(note, answer)), last)
    return stamps.keep(folder, note, answer, roots), note


def renew(home: Home, why: str, *, clock: Clock = system_clock) -> dict[str, Any]:
    """Begins the second place anew, and seals that this was done and why. Raises InputError when it is neither missing nor moved,
    EvidenceError when any place knows of more than this log."""
    if not why.strip():
        raise InputError("Say why with --why: who verifies the log later must know why its second place began anew.")
    log = journal.renew(home, why, clock=clock)
    head = log.head()
    assert head is not None
    return {"second_place": str(log.second), "size": head.head.size}
