"""The disclosure as Arrow: what the ledger stores. `disclosure.py` is the same for one; a test keeps them twins."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from nilometer.disclosures.actor import LEVELS

STORED: Final = pa.schema(
    [
        pa.field("time", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("subject", pa.int64(), nullable=False),
        *(pa.field(level, pa.int64()) for level in LEVELS),
        pa.field("surface", pa.int64()),
        pa.field("fields", pa.int64()),
        pa.field("status", pa.int16(), nullable=False),
        pa.field("shown", pa.bool_(), nullable=False),
        pa.field("reference", pa.int64()),
        pa.field("request", pa.int64()),
        pa.field("block", pa.int32()),
        pa.field("step", pa.int8(), nullable=False),
    ]
)
"""Columns of a stored disclosure.

Every identifier is a keyed 64-bit pseudonym (signed, because neither Spark nor Theta sketches take unsigned ones).
`block` is the pseudonym of the run of 256 neighbouring numeric ids that the subject's id belongs to, null when the id
is not numeric. `step` says how this id stands to the one the same actor asked for just before in the same source:
0 unknown or the same, 1 / -1 up / down by at most NEAR, 2 / -2 up / down by more. Both are made at the edge, where the
raw id is still there, and are all that is left of the order of ids.
"""

NAMED: Final = (*LEVELS, "surface", "fields")
"""Columns whose pseudonyms are kept with their names (encrypted), because people must be able to read them."""

KEYED_ONLY: Final = ("subject", "reference", "request")
"""Columns kept as pseudonyms only: nobody can read them back without the raw value in hand."""

NEAR: Final = 16
"""Largest distance between two numeric ids that counts as a neighbouring step."""

BLOCK_BITS: Final = 8
"""Numeric ids that agree in all but this many low bits share a block."""
