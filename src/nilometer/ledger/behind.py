"""The disclosures behind a scope, each with the place where it is stored, segment by segment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from nilometer.disclosures.schema import STORED
from nilometer.errors import EvidenceError
from nilometer.ledger import scope as scopes
from nilometer.ledger import segments
from nilometer.ledger.ledger import Ledger
from nilometer.ledger.manifest import Segment
from nilometer.ledger.scope import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """What one segment holds of a scope: the rows' places in it, ascending, (n,), and the rows themselves (`schema.STORED`)."""

    segment: Segment
    places: npt.NDArray[np.int64]
    rows: pa.Table


def behind(ledger: Ledger, scope: Scope) -> Iterator[Behind]:
    """Every disclosure of the scope, shown or only asked for, in the order of the ledger; segments that hold none are left out."""
    where = scopes.condition(scope)
    until = "" if scope.until is None else f" AND time <= make_timestamptz({scope.until})"
    for segment in ledger.manifest.segments:
        path = ledger.paths([segment.file])
        found = ledger.engine.query(
            f"SELECT file_row_number AS place, {', '.join(STORED.names)} FROM read_parquet({path!r}, file_row_number=true) "
            f"WHERE {where}{until} ORDER BY place"
        )
        if found.num_rows:
            yield Behind(segment=segment, places=np.asarray(found.column("place")), rows=found.drop_columns(["place"]).cast(STORED))


def whole(ledger: Ledger, segment: Segment) -> pa.Table:
    """All rows of a segment (`schema.STORED`), as they were written. Raises EvidenceError when the file is gone or was changed."""
    path = ledger.folder / segment.file
    if not path.exists():
        raise EvidenceError(f"{path} is missing: {segment.rows:,} disclosures. Restore it from a backup.")
    if segments.digest(path) != segment.sha256:
        raise EvidenceError(f"{path} was changed after it was written. Restore it from a backup.")
    return pq.read_table(path, columns=STORED.names).cast(STORED)
