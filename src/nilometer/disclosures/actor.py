"""The actor hierarchy: who was shown something, at which level."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

HIERARCHY: Final = ("org", "app", "account", "session")
"""Identity levels, widest first: each contains the next."""

EVIDENCE_LEVELS: Final = ("ip", "user_agent")
"""Levels that help to merge and to explain; a bare shared address is never the final culprit."""

LEVELS: Final = HIERARCHY + EVIDENCE_LEVELS


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Actor:
    """One actor: its level and the platform's own id for it."""

    level: str
    id: str

    def __str__(self) -> str:
        return f"{self.level} {self.id}"


def first_present(table: pa.Table, levels: tuple[str, ...]) -> npt.NDArray[np.int64]:
    """Per row of a table of pseudonyms the first of these levels that is there, 0 when none is."""
    found = np.zeros(table.num_rows, np.int64)
    missing = np.ones(table.num_rows, bool)
    for level in levels:
        column = table.column(level).combine_chunks()
        if column.null_count == len(column):
            continue
        values = np.asarray(column.fill_null(0))
        there = np.asarray(column.is_valid()) & missing
        found = np.where(there, values, found)
        missing &= ~there
        if not missing.any():
            break
    return found
