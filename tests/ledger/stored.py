"""Small ledgers for tests: generated rows, written as several commits of several segments."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import Phase, settings
from hypothesis import strategies as st

from nilometer.disclosures.actor import HIERARCHY, LEVELS
from nilometer.disclosures.pseudonym import Key
from nilometer.disclosures.raw import is_shown
from nilometer.disclosures.schema import STORED
from nilometer.ledger.ledger import Ledger
from nilometer.ledger.manifest import Ingested

KEY = Key(epoch=1, secret=bytes(range(32)))
Row = dict[str, Any]
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
FIELDS = {11: "name", 12: "name|phone", -13: "address|name|phone"}
SURFACES = {21: "orders", -22: "reviews"}
_FIRST = BEGIN
# Around midnights and full hours, and months apart, so that every window has an edge somewhere.
_MOMENTS = [_FIRST + timedelta(**at) for at in (
    {}, {"microseconds": 1}, {"minutes": 59, "seconds": 59}, {"hours": 1}, {"hours": 23, "minutes": 59}, {"days": 1}, {"days": 1, "hours": 1},
    {"days": 6, "hours": 23}, {"days": 7}, {"days": 30}, {"days": 31, "hours": 5}, {"days": 240}, {"days": 241}, {"days": 300},
)]  # fmt: skip
moments = st.sampled_from(_MOMENTS)


def few(examples: int) -> settings:
    """So many examples, not made smaller when one fails: each costs a ledger."""
    return settings(max_examples=examples, phases=[Phase.explicit, Phase.reuse, Phase.generate])


def _made(row: Row) -> Row:
    return {**row, "shown": is_shown(row["status"])}


rows = st.fixed_dictionaries(
    {
        "time": moments,
        "subject": st.sampled_from([1, 2, 3, 4, 5, -6, 2**63 - 1, -(2**63)]),
        **{level: st.sampled_from([None, None, 1, -2]) for level in LEVELS},
        "app": st.sampled_from([None, 7, 7, -8, 2**62]),
        "surface": st.sampled_from([None, *SURFACES]),
        "fields": st.sampled_from([None, *FIELDS]),
        "status": st.sampled_from([200, 200, 200, 304, 404, 500]),
        "reference": st.sampled_from([None, None, 31]),
        "request": st.just(None),
        "block": st.sampled_from([None, 0, 1, -1]),
        "step": st.sampled_from([0, 0, 1, -1, 2, -2]),
    }
).map(_made)
parts = st.lists(st.lists(rows, max_size=20), max_size=4)
"""Rows as they are committed, one list a commit."""


def known(level: str, row: Row) -> bool:
    """Whether detection judges this row at this level: an address or a program only where nobody is known."""
    return level in HIERARCHY or (row["org"] is None and row["app"] is None and row["account"] is None)


def table(made: Sequence[Row]) -> pa.Table:
    """Rows as the ledger stores them."""
    return pa.Table.from_pylist([{n: r[n] for n in STORED.names} for r in made], schema=STORED)


def source(label: str = "test") -> Ingested:
    """A record of a source, for tests that do not care which."""
    return Ingested(
        label=label, format="test", head="", digest="", mapping="", size=0, entries=0, disclosures=0, shown=0, unmatched=0, unreadable=0,
        complete=True, at="",
    )  # fmt: skip


def fill(ledger: Ledger, commits: Sequence[Sequence[Row]]) -> Ledger:
    """Commits the rows, with names for what has names."""
    with ledger.writing("a test") as writer:
        for kind, names in (("fields", FIELDS), ("surface", SURFACES)):
            writer.name(kind, np.array(list(names), np.int64), pa.array(list(names.values())))
        for number, made in enumerate(commits):
            writer.add(table(made))
            writer.commit([source(str(number))])
    return ledger


@contextmanager
def ledger(commits: Sequence[Sequence[Row]]) -> Iterator[Ledger]:
    """A ledger with these rows, for as long as it is looked at."""
    with tempfile.TemporaryDirectory() as folder:
        made = Ledger(Path(folder), KEY, threads=1)
        try:
            yield fill(made, commits)
        finally:
            made.engine.close()
