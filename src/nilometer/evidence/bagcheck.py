"""Reads a bundle of evidence, packed or unpacked, and checks its bag (RFC 8493): whose it is, then that every file is as signed. Part of `verify.py`.

Standard library only, Python 3.8 or newer. Whoever made the bundle may be hostile: nothing but plain files and folders of one bag is
accepted, no file is read whole beyond a bound, and the signature is looked at before anything that it covers.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import stat
import zipfile
from pathlib import Path
from typing import Any, BinaryIO, Iterable, Iterator  # noqa: UP035 (typing's: this file runs on old Pythons too)

from nilometer.evidence.standalone import (  # joined: left out where all stand in one file
    Key,
    Wrong,
    open_note,
    read_key,
)  # joined

MOST_OF_NOTE, MOST_OF_FILE, MOST_OF_EXCERPT = 1 << 20, 1 << 28, 1 << 31
"""Bytes of a file at most that is read whole: notes, keys and the first manifest; others; the rows of one segment."""
END_OF_ZIP = 22  # bytes of a ZIP's last record, without a comment
TAGS = ("bag-info.txt", "bagit.txt", "manifest-sha256.txt")
OF_THE_LOG = ("data/custody.json", "data/log/checkpoint", "data/log/consistency.json", "data/log/entries.ndjson")
PROOFS = "data/log/proofs/"
"""What is written after an export was sealed: pages of the log, each checked for itself, and what follows from them."""
csv.field_size_limit(1 << 27)


class Source:
    """The files of a bundle, unpacked or in its ZIP, by their paths under the bag's own folder."""

    def __init__(self, path: Path) -> None:
        self.folder, self.archive, self.prefix = path, None, ""
        if path.is_file():
            try:
                self.archive = zipfile.ZipFile(str(path))
                self.names = self._of_archive(path, self.archive.infolist())
            except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError) as cause:
                raise Wrong(f"{path} is no ZIP, or a damaged one: {cause}") from None
        elif (path / "bagit.txt").is_file():
            self.names = self._of_folder(path)
        else:
            raise Wrong(f"{path} is neither a bundle (.zip) nor an unpacked one: bagit.txt is missing")

    def _of_archive(self, path: Path, held: list[zipfile.ZipInfo]) -> set[str]:
        """The names of a ZIP that holds one bag and nothing beside, before, between or behind it."""
        with path.open("rb") as stream:
            stream.seek(-END_OF_ZIP, os.SEEK_END)
            last = stream.read()
        if last[:4] != b"PK\x05\x06" or last[-2:] != b"\0\0" or not held or min(one.header_offset for one in held):
            raise Wrong("the ZIP has bytes in front or behind, a comment, or nothing in it")
        if len(held) != len({one.filename.rstrip("/") for one in held}):
            raise Wrong("the ZIP holds two files of one name")
        self.prefix = held[0].filename.split("/")[0] + "/"
        names = set()
        for one in held:
            folder = one.filename.endswith("/")
            parts = one.filename[: -1 if folder else None].split("/")
            kind = stat.S_IFMT(one.external_attr >> 16)
            if any(part in ("", ".", "..") for part in parts) or "\\" in one.filename or one.orig_filename != one.filename:
                raise Wrong(f"the ZIP holds a file that lies outside of it: {one.filename!r}")
            if parts[0] + "/" != self.prefix or (len(parts) == 1 and not folder):
                raise Wrong(f"the ZIP holds other things than one bag: {one.filename!r}")
            if kind not in (0, stat.S_IFDIR if folder else stat.S_IFREG) or (folder and (one.file_size or one.compress_size)):
                raise Wrong(f"{one.filename!r} in the ZIP is neither a plain file nor a folder")
            if not folder:
                names.add(one.filename[len(self.prefix) :])
        return names

    @staticmethod
    def _of_folder(path: Path) -> set[str]:
        """The names of a folder that holds nothing but files and folders; a link is neither."""
        names, left = set(), [path]
        while left:
            for one in sorted(left.pop().iterdir()):
                name, mode = one.relative_to(path).as_posix(), one.lstat().st_mode
                if stat.S_ISDIR(mode):
                    left.append(one)
                elif stat.S_ISREG(mode):
                    names.add(name)
                else:
                    raise Wrong(f"{name} is neither a plain file nor a folder")
        return names

    def open(self, name: str) -> BinaryIO:
        """One file, to read. Raises Wrong when it is missing or cannot be unpacked."""
        if name not in self.names:
            raise Wrong(f"{name} is missing")
        try:
            if self.archive is not None:
                return self.archive.open(self.prefix + name)  # type: ignore[return-value]
            return (self.folder / name).open("rb")
        except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, ValueError) as cause:
            raise Wrong(f"{name} cannot be read: {cause}") from None

    def read(self, name: str, most: int = MOST_OF_FILE) -> bytes:
        """A whole file. Raises Wrong when it is larger than such a file can be."""
        with self.open(name) as stream:
            found = self._some(stream, name, most + 1)
        if len(found) > most:
            raise Wrong(f"{name} has more than {most} bytes: no such file has")
        return found

    def digest(self, name: str) -> str:
        """A file's SHA-256."""
        found = hashlib.sha256()
        with self.open(name) as stream:
            for block in iter(lambda: self._some(stream, name, 1 << 20), b""):
                found.update(block)
        return found.hexdigest()

    @staticmethod
    def _some(stream: BinaryIO, name: str, most: int) -> bytes:
        try:
            return stream.read(most)
        except Exception as cause:  # noqa: BLE001 (whatever unpacking says of a damaged archive)
            raise Wrong(f"{name} cannot be unpacked: {cause}") from None

    def text(self, name: str, most: int = MOST_OF_FILE) -> str:
        """A whole file as text."""
        try:
            return self.read(name, most).decode("utf-8")
        except UnicodeDecodeError:
            raise Wrong(f"{name} is not UTF-8") from None

    def json(self, name: str) -> Any:
        """A whole file as JSON."""
        try:
            return json.loads(self.text(name))
        except (ValueError, RecursionError):
            raise Wrong(f"{name} is no JSON") from None

    def lines(self, name: str) -> Iterator[dict[str, str]]:
        """The records of a CSV file with its first line's names."""
        with self.open(name) as stream, io.TextIOWrapper(stream, "utf-8", newline="") as text:
            yield from csv.DictReader(text)

    def close(self) -> None:
        """Lets go of the ZIP."""
        if self.archive is not None:
            self.archive.close()


def check_signature(source: Source, trusted: str | None) -> tuple[Key, str]:
    """The manifest of manifests is signed by the key in the bundle, and by the one that was given, if one was; gives key and case."""
    vkey = source.text("data/log/key.txt", MOST_OF_NOTE).strip()
    if trusted is not None and vkey != trusted.strip():
        raise Wrong(f"the bundle was signed by the key {vkey}, not by the one given")
    key = read_key(vkey)
    signed = source.read("tagmanifest-sha256.txt", MOST_OF_NOTE)
    lines = open_note(source.read("signature.txt", MOST_OF_NOTE), [key]).text.split("\n")
    if lines[0] == "nilometer bundle/1":
        raise Wrong(
            "this bundle is from before 28 November 2026, when the log did not seal exports: run the verify.py in it, or ask for a new one"
        )
    if lines[0] != "nilometer bundle/2" or lines[2:] != [hashlib.sha256(signed).hexdigest(), ""]:
        raise Wrong("signature.txt is of another bundle")
    return key, lines[1]


def check_bag(source: Source) -> int:
    """Every file is there, none is too many, and each has its digest; gives how many."""
    tags = _manifest(source, "tagmanifest-sha256.txt")
    if set(TAGS) != set(tags):
        raise Wrong("tagmanifest-sha256.txt does not name the three files of a bag")
    _check_digests(source, tags)
    payload = _manifest(source, "manifest-sha256.txt")
    extra = sorted(source.names - set(tags) - set(payload) - {"tagmanifest-sha256.txt", "signature.txt"})
    if extra:
        raise Wrong(f"{extra[0]} is in the bundle, but not in its manifest")
    _check_digests(source, payload)
    return len(payload)


def files_digest(manifest: str) -> str:
    """One digest over what a manifest says of all files but those that are written after an export was sealed."""
    lines = sorted(line for line in manifest.splitlines() if line[66:] not in OF_THE_LOG and not line[66:].startswith(PROOFS))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def entries_digest(places: Iterable[int]) -> str:
    """One digest over the places of entries in the log."""
    return hashlib.sha256(",".join(str(place) for place in places).encode()).hexdigest()


def _check_digests(source: Source, stated: dict[str, str]) -> None:
    for name, digest in stated.items():
        if source.digest(name) != digest:
            raise Wrong(f"{name} was changed: its SHA-256 is not the one in the manifest")


def _manifest(source: Source, name: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in source.text(name, MOST_OF_NOTE if name[0] == "t" else MOST_OF_FILE).splitlines():
        digest, gap, path = line.partition("  ")
        path = path.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%")
        if len(digest) != 64 or not gap or not path or path in found or (name[0] == "m" and not path.startswith("data/")):
            raise Wrong(f"{name} has a line that is none of a manifest")
        found[path] = digest
    return found
