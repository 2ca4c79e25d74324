"""Secrets come from files that only their owner can read; they are never printed, and no error holds one."""

from __future__ import annotations

import base64
import binascii
import os
import stat
from pathlib import Path
from typing import Final

from nilometer.errors import ConfigError

_LARGEST: Final = 4096
_SHORTEST, _LONGEST = 24, 64
"""Bytes in a signing secret: Standard Webhooks, "Signature scheme"."""


def read(home: Path, name: str, key: str) -> str:
    """The secret in the file that setting `key` names, from the home or absolute, without what is blank around it.

    Raises ConfigError when it is missing, empty, too long, not text, or open to others than its owner.
    """
    path = home / name
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise ConfigError(f"{key}: {path} is no file; expected one that holds the secret.")
            if found.st_mode & 0o077:
                raise ConfigError(f"{key}: {path} may be read by others (mode {stat.S_IMODE(found.st_mode):04o}). Run: chmod 600 {path}")
            content = os.read(descriptor, _LARGEST + 1)
        finally:
            os.close(descriptor)
    except OSError as cause:
        raise ConfigError(f"{key}: {path} cannot be read: {cause.strerror or type(cause).__name__}.") from None
    try:
        text = content.decode().strip()
    except UnicodeDecodeError:
        raise ConfigError(f"{key}: {path} does not hold text.") from None
    if not text or len(content) > _LARGEST or not text.isprintable():
        raise ConfigError(f"{key}: {path} must hold one line of at most {_LARGEST} bytes.")
    return text


def signing(home: Path, name: str, key: str) -> bytes:
    """A signing secret as Standard Webhooks writes it: `whsec_` and 24 to 64 bytes in base64. Raises ConfigError."""
    text = read(home, name, key)
    try:
        found = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if not text.startswith("whsec_") or not _SHORTEST <= len(found) <= _LONGEST:
        raise ConfigError(
            f"{key}: {home / name} must hold whsec_ followed by {_SHORTEST} to {_LONGEST} bytes in base64. "
            f"Make one: (printf whsec_; head -c 32 /dev/urandom | base64) > FILE; chmod 600 FILE"
        )
    return found
