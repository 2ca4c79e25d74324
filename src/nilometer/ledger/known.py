"""Which of some people the ledger knows at all, and who was shown one of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from nilometer.ledger.ledger import Ledger

Ints = npt.NDArray[np.int64]


def known(ledger: Ledger, subjects: Ints) -> npt.NDArray[np.bool_]:
    """(n,) whether each pseudonym (each once) is of somebody who was shown or asked for. Raises EngineError."""
    found = np.zeros(len(subjects), np.bool_)
    if len(subjects) and ledger.manifest.segments:
        asked = pa.table({"person": pa.array(subjects), "place": pa.array(np.arange(len(subjects)))})
        rows = ledger.engine.source(ledger.manifest.segments)
        sql = f"SELECT DISTINCT place FROM {rows} JOIN asked ON subject = asked.person"
        found[np.asarray(ledger.engine.query(sql, asked=asked).column("place"))] = True
    return found


def everybody(ledger: Ledger) -> Ints:
    """Everybody who was shown or asked for, ascending: eight bytes each. Raises EngineError."""
    if not ledger.manifest.segments:
        return np.zeros(0, np.int64)
    rows = ledger.engine.source(ledger.manifest.segments)
    return np.sort(np.asarray(ledger.engine.query(f"SELECT DISTINCT subject FROM {rows} WHERE subject IS NOT NULL").column("subject")))


def shown(ledger: Ledger, subjects: Ints, level: str, actor: int) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """(n,) which of these people (each once) were shown to an actor, and which to anybody who is not it. Raises EngineError."""
    mine, others = np.zeros(len(subjects), np.bool_), np.zeros(len(subjects), np.bool_)
    if len(subjects) and ledger.manifest.segments:
        asked = pa.table({"person": pa.array(subjects, pa.int64()), "place": pa.array(np.arange(len(subjects)))})
        rows = ledger.engine.source(ledger.manifest.segments)
        other = f"{level} IS DISTINCT FROM {actor}"
        sql = f"SELECT place, {other} AS other FROM {rows} JOIN asked ON subject = asked.person WHERE shown GROUP BY ALL"
        told = ledger.engine.query(sql, asked=asked)
        place, other_than = np.asarray(told.column("place")), np.asarray(told.column("other"))
        mine[place[~other_than]], others[place[other_than]] = True, True
    return mine, others
