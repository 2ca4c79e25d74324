"""What detection asks the ledger: its days, a stretch of days as rows, facts and names of actors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import pyarrow as pa

from nilometer.disclosures.actor import HIERARCHY, LEVELS
from nilometer.ledger.duckdb_sql import DAY
from nilometer.ledger.ledger import Ledger

_KEYS: Final = ("subject", *LEVELS, "surface", "reference")

Node = tuple[str, int]
"""An actor: level (or `surface`) and key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of some actors together up to a moment; `people` and `disclosures` over shown rows, `first` and `last` over all."""

    people: int
    disclosures: int
    first: datetime | None
    last: datetime | None
    fields: tuple[str, ...] = ()
    surfaces: tuple[str, ...] = ()


class Answers:
    """The questions of `detection.run.Answers`, over a ledger. Times are microseconds since 1970 UTC."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.engine = ledger, ledger.engine

    def days(self, until: int | None, first: int | None = None) -> dict[int, int]:
        """The UTC days (since 1970) with any disclosure, from `first` on, ascending, and how many each has."""
        source = self._rows(None if first is None else first * DAY, until)
        found = self.engine.query(f"SELECT epoch_us(time) // {DAY} AS day, count(*) AS n FROM {source} GROUP BY day ORDER BY day")
        return dict(zip(found.column("day").to_pylist(), found.column("n").to_pylist(), strict=True))

    def rows(self, first: int, last: int, until: int | None) -> pa.Table:
        """The disclosures of the days `first` to `last`, both included, in any order: `t`, pseudonyms, `shown`, `step`."""
        high = (last + 1) * DAY - 1
        source = self._rows(first * DAY, high if until is None else min(high, until))
        return self.engine.query(f"SELECT epoch_us(time) AS t, {', '.join(_KEYS)}, shown, step FROM {source}")

    def facts(self, nodes: Sequence[Node], since: int | None, until: int | None) -> Facts:
        """The growing part of a finding, over the rows of any of the actors; for an address over rows without an account."""
        levels = {level: sorted(key for name, key in nodes if name == level) for level in dict.fromkeys(level for level, _ in nodes)}
        wide = {level: keys for level, keys in levels.items() if level in HIERARCHY or level == "surface"}
        conditions = [f"{level} IN ({', '.join(map(str, keys))})" for level, keys in wide.items()]
        if "ip" in levels:
            conditions.append(f"(ip IN ({', '.join(map(str, levels['ip']))}) AND account IS NULL)")
        [row] = self.engine.query(
            f"""SELECT count(DISTINCT subject) FILTER (shown) AS people, count(*) FILTER (shown) AS disclosures, min(time) AS first,
  max(time) AS last, list(DISTINCT fields) FILTER (shown AND fields IS NOT NULL) AS fields,
  list(DISTINCT surface) FILTER (shown AND surface IS NOT NULL) AS surfaces FROM {self._rows(since, until)} WHERE {" OR ".join(conditions)}"""
        ).to_pylist()
        fields = self.ledger.names("fields", sorted(row["fields"] or ()))
        surfaces = self.ledger.names("surface", sorted(row["surfaces"] or ()))
        return Facts(
            people=row["people"],
            disclosures=row["disclosures"],
            first=row["first"],
            last=row["last"],
            fields=tuple(sorted({part for one in fields.values() for part in one.split("|")})),
            surfaces=tuple(sorted(surfaces.values())),
        )

    def names(self, level: str, actors: Sequence[int]) -> dict[int, str]:
        """The platform's own ids of the actors."""
        return self.ledger.names(level, actors)

    def _rows(self, since: int | None, until: int | None) -> str:
        return self.engine.between(self.ledger.manifest.segments, since, until)
