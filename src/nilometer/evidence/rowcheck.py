"""Checks the proof of one disclosure: that a row is in a sealed segment, and the segment's seal in a signed log. Part of `verify.py`.

Standard library only, Python 3.8 or newer. In a bundle this file stands between `standalone.py` and `bundlecheck.py`, as one file.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from typing import Any

from nilometer.evidence.standalone import (  # joined: left out where all stand in one file
    ROW,
    Wrong,
    check_proof,
    check_row,
    decoded,
    leaf_hash,
    read_policy,
)  # joined

WIDE = ("time", "subject", "org", "app", "account", "session", "ip", "user_agent", "surface", "fields", "reference", "request")
COLUMNS = (*WIDE[:10], "status", "shown", "reference", "request", "block", "step")
ROW_PROOF = b"nilometer row/1\n"
MOST = 1 << 20  # bytes that the parts of one proof can have; more is no proof


def decoded_row(row: bytes) -> dict[str, Any]:
    """A row's columns by name."""
    *wide, status, shown, step, block, valid = struct.unpack_from("<12qhBbiH", row)
    found: dict[str, Any] = dict(zip(WIDE, wide))  # noqa: B905 (its keyword is newer than 3.8; both have as many)
    found.update(status=status, shown=bool(shown), step=step, block=block)
    return {name: found[name] if valid >> place & 1 else None for place, name in enumerate(COLUMNS)}


def check_row_proof(text: bytes, vkey: str) -> dict[str, Any]:
    """Checks the proof of one disclosure under this key; gives the row's columns and where it is sealed. Raises Wrong."""
    try:
        extra = text.split(b"\n", 2)[1]
        if not extra.startswith(b"extra "):
            raise Wrong("the proof is of an entry, not of a disclosure: it has no extra line")
        packed = zlib.decompressobj()
        parts = packed.decompress(decoded(extra[6:].decode("ascii"), "a proof's extra line"), MOST)
        head, _, rest = parts[len(ROW_PROOF) :].partition(b"\n")
        said = json.loads(head)
        row, leaf, size = int(said["row"]), said["leaf"].encode(), int(said["plain"])
        plain, proof = rest[:size], rest[size:]
        stated, body = json.loads(leaf), json.loads(plain[16:])["body"]
    except (IndexError, KeyError, TypeError, AttributeError, ValueError, zlib.error):
        raise Wrong("this is no proof of a disclosure, or a damaged one") from None
    if not parts.startswith(ROW_PROOF) or not packed.eof or packed.unused_data:
        raise Wrong("this is no proof of a disclosure, or a damaged one")
    index, checkpoint = check_proof(text, leaf_hash(leaf), read_policy(f"log {vkey.strip()}\nquorum none\n".encode()))
    if stated.get("n") != index or stated.get("kind") != "ledger" or hashlib.sha256(plain).hexdigest() != stated.get("commit"):
        raise Wrong("the entry says something else than its leaf commits to")
    segments = body.get("segments") or []
    found = [one for one in segments if one.get("file") == said.get("segment")]
    if len(found) != 1 or not found[0]["sealed"]:
        raise Wrong("the entry seals no rows of this segment")
    held = check_row(bytes.fromhex(found[0]["sealed"]), found[0]["rows"], row, proof)
    if len(held) != ROW:
        raise Wrong("the row is cut off")
    return {
        "segment": found[0]["file"],
        "row": row,
        "entry": index,
        "sealed_at": stated["at"],
        "log": {"origin": checkpoint.origin, "size": checkpoint.size},
        "disclosure": decoded_row(held),
    }
