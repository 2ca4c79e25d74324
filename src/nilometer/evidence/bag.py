"""A folder as a BagIt bag (RFC 8493) in one ZIP: payload, a SHA-256 manifest of it, and a manifest of the manifests."""

from __future__ import annotations

import hashlib
import os
import stat
import zipfile
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from nilometer.ledger import files

_DECLARED: Final = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


def manifest_of(payload: Path) -> str:
    """The lines of `manifest-sha256.txt` for everything under `payload`."""
    return "".join(f"{_digest(path)}  data/{_written(path.relative_to(payload))}\n" for path in _held(payload))


def pack(
    payload: Path,
    name: str,
    about: Mapping[str, str],
    out: Path,
    at: datetime,
    sign: Callable[[str], bytes],
    check: Callable[[Path], object] = lambda packed: None,
) -> str:
    """Writes everything under `payload` as the bag `name` into the ZIP `out` (mode 0600, whole or not at all).

    `about` becomes `bag-info.txt`, `at` (UTC) every file's date. Returns the SHA-256 of the manifest of manifests, which
    stands for the whole bag; `sign` makes of it the note that goes along as `signature.txt`. `check` is given
    the file before it takes its place, and raises when it must not. Raises OSError when `out` cannot be written.
    """
    held = _held(payload)
    manifest = manifest_of(payload).encode()
    size = sum(path.stat().st_size for path in held)
    tags = {
        "bagit.txt": _DECLARED,
        "bag-info.txt": "".join(
            f"{key}: {_one_line(value)}\n" for key, value in {**about, "Payload-Oxum": f"{size}.{len(held)}"}.items()
        ).encode(),
        "manifest-sha256.txt": manifest,
    }
    tags["tagmanifest-sha256.txt"] = "".join(f"{hashlib.sha256(text).hexdigest()}  {tag}\n" for tag, text in sorted(tags.items())).encode()
    digest = hashlib.sha256(tags["tagmanifest-sha256.txt"]).hexdigest()
    tags["signature.txt"] = sign(digest)
    files.sweep(out)
    fresh = files.beside(out)  # a name that nobody can have put a link or a file of theirs at
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
                for tag, text in tags.items():
                    archive.writestr(_entry(f"{name}/{tag}", at), text)
                for path in held:
                    _put(archive, path, _entry(f"{name}/data/{path.relative_to(payload).as_posix()}", at))
            stream.flush()
            os.fsync(stream.fileno())
        check(fresh)
        os.replace(fresh, out)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    files.sync(out.parent)
    return digest


def _held(payload: Path) -> list[Path]:
    return sorted(path for path in payload.rglob("*") if path.is_file())


def _put(archive: zipfile.ZipFile, path: Path, entry: zipfile.ZipInfo) -> None:
    with path.open("rb") as source, archive.open(entry, "w", force_zip64=path.stat().st_size > 1 << 30) as target:
        while block := source.read(1 << 20):
            target.write(block)


def _entry(name: str, at: datetime) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, (max(at.year, 1980), at.month, at.day, at.hour, at.minute, at.second))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = (stat.S_IFREG | 0o600) << 16
    return entry


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _written(path: Path) -> str:
    """A file's path as manifests write it: line breaks and percent signs percent-encoded (RFC 8493, 2.1.3)."""
    return path.as_posix().replace("%", "%25").replace("\n", "%0A").replace("\r", "%0D")


def _one_line(text: str) -> str:
    return " ".join(text.split())
