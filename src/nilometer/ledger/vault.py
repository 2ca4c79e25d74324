"""Encrypted files for what may be personal and must be kept: names of actors, unreadable lines, extra columns.

AES-256-GCM (NIST SP 800-38D) with a random nonce a file and the file's name as associated data, so that a file moved
over another one does not open.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import pyarrow as pa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from nilometer.errors import EvidenceError

_MAGIC: Final = b"NILO1"
_NONCE: Final = 12


def sealed(table: pa.Table, secret: bytes, name: str) -> bytes:
    """The table as compressed Arrow IPC, encrypted under the 32-byte `secret` and bound to `name`."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(table)
    nonce = os.urandom(_NONCE)
    return _MAGIC + nonce + AESGCM(secret).encrypt(nonce, sink.getvalue().to_pybytes(), name.encode())


def unsealed(path: Path, secret: bytes) -> pa.Table:
    """The table in an encrypted file. Raises EvidenceError when it was changed, moved, or is under another key."""
    data = path.read_bytes()
    begin = len(_MAGIC)
    try:
        plain = AESGCM(secret).decrypt(data[begin : begin + _NONCE], data[begin + _NONCE :], path.name.encode())
    except (InvalidTag, ValueError):
        raise EvidenceError(f"{path} does not open with this home's key: it was changed, truncated or comes from another home.") from None
    return pa.ipc.open_stream(plain).read_all()
