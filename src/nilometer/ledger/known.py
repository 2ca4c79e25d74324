"""Which of some people the ledger knows at all, and who was shown one of them."""

from __future__ import annotations

from collections.abc import Sequence

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


def shown_to_others(ledger: Ledger, subjects: Sequence[int], level: str, actor: int) -> int:
    """How many of these people were shown to anybody who is not this actor. Raises EngineError."""
    if not subjects or not ledger.manifest.segments:
        return 0
    asked = pa.table({"person": pa.array(list(subjects), pa.int64())})
    rows = ledger.engine.source(ledger.manifest.segments)
    sql = f"SELECT count(DISTINCT subject) AS n FROM {rows} JOIN asked ON subject = asked.person WHERE shown AND {level} IS DISTINCT FROM {actor}"
    return int(ledger.engine.query(sql, asked=asked).column("n")[0].as_py())
