"""The disclosure before pseudonymisation: raw identifiers, which exist only at the edges and only in memory."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from nilometer.disclosures.actor import LEVELS

RAW: Final = pa.schema(
    [
        pa.field("number", pa.int64(), nullable=False),
        pa.field("time", pa.timestamp("us"), nullable=False),
        pa.field("subject", pa.string(), nullable=False),
        *(pa.field(level, pa.string()) for level in LEVELS),
        pa.field("surface", pa.string()),
        pa.field("fields", pa.string()),
        pa.field("status", pa.int16(), nullable=False),
        pa.field("reference", pa.string()),
        pa.field("request", pa.string()),
        pa.field("ordinal", pa.int64()),
        pa.field("attributes", pa.string()),
    ]
)
"""What a source yields, in the order of the source: naive UTC time, `fields` sorted and joined by `|`, `ordinal` the
number in the subject's id (null when it has none), `attributes` a JSON object of extra columns (null when none).
String columns may come dictionary-encoded."""


def is_shown(status: int) -> bool:
    """Whether an answer of this HTTP status showed anything: 2xx and 304 did, anything else was only asked for."""
    return 200 <= status < 300 or status == 304
