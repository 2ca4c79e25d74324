"""What detection asks the ledger, answered by loops over a table of DAY_ROWS in memory: slow, and plainly what `detection.run.Answers` says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from nilometer.detection import words
from nilometer.detection.narrowing import Node
from nilometer.detection.rows import DAY, DAY_ROWS
from nilometer.detection.run import Facts

Row = dict[str, Any]


def table_of(rows: Sequence[Row]) -> pa.Table:
    """DAY_ROWS of rows that name only what they have; shown and without a step unless they say otherwise."""
    full = [{**dict.fromkeys(DAY_ROWS.names), "shown": True, "step": 0, **row} for row in rows]
    return pa.Table.from_pylist(full, schema=DAY_ROWS)


@dataclass(frozen=True)
class TableAnswers:
    """The whole ledger is `table`. Every actor is called by its level and key."""

    table: pa.Table

    @cached_property
    def _rows(self) -> list[Row]:
        return self.table.to_pylist()  # type: ignore[no-any-return]

    def _between(self, since: int | None, until: int | None) -> list[Row]:
        return [row for row in self._rows if (since is None or row["t"] >= since) and (until is None or row["t"] <= until)]

    def days(self, until: int | None, first: int | None = None) -> dict[int, int]:
        """How many disclosures each day has."""
        return dict(sorted(Counter(row["t"] // DAY for row in self._between(None if first is None else first * DAY, until)).items()))

    def rows(self, first: int, last: int, until: int | None) -> pa.Table:
        """The disclosures of some days."""
        t = self.table.column("t")
        wanted = pc.and_(pc.greater_equal(t, first * DAY), pc.less(t, (last + 1) * DAY))
        return self.table.filter(wanted if until is None else pc.and_(wanted, pc.less_equal(t, until)))

    def facts(self, nodes: Sequence[Node], since: int | None, until: int | None) -> Facts:
        """Facts of several actors together; of an address only where no account is known."""

        def belongs(row: Row) -> bool:
            nobody = row["account"] is None
            return any(row[level] == key and (level != "ip" or nobody) for level, key in nodes)

        mine = [row for row in self._between(since, until) if belongs(row)]
        shown = [row for row in mine if row["shown"]]
        return Facts(
            people=len({row["subject"] for row in shown}),
            disclosures=len(shown),
            first=words.moment(min(row["t"] for row in mine)) if mine else None,
            last=words.moment(max(row["t"] for row in mine)) if mine else None,
            surfaces=tuple(
                sorted({self.names("surface", [row["surface"]])[row["surface"]] for row in shown if row["surface"] is not None})
            ),
        )

    def names(self, level: str, actors: Sequence[int]) -> dict[int, str]:
        """The level and the key, in one word."""
        return {key: f"{level}-{key}" for key in actors}
