"""The views: named questions to the ledger, with the columns every engine promises to answer with."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

_TIME: Final = pa.timestamp("us", tz="UTC")

VIEWS: Final[dict[str, pa.Schema]] = {
    "people_by_day": pa.schema([("actor", pa.int64()), ("day", pa.date32()), ("people", pa.int64()), ("new", pa.int64())]),
    "reach": pa.schema([("actor", pa.int64()), ("people", pa.int64()), ("disclosures", pa.int64()), ("first", _TIME), ("last", _TIME)]),
    "reach_by_window": pa.schema([("actor", pa.int64()), ("window", pa.string()), ("people", pa.int64()), ("until", _TIME)]),
    "actor_hours": pa.schema(
        [("actor", pa.int64()), ("hour", _TIME)]
        + [
            (n, pa.int64())
            for n in ("people", "new", "unexplained", "disclosures", "asked", "misses", "steps", "ascending", "near", "blocks", "explained")
        ]
    ),
    "surfaces": pa.schema(
        [("actor", pa.int64()), ("surface", pa.int64()), ("fields", pa.int64()), ("people", pa.int64()), ("disclosures", pa.int64())]
    ),
    "hours_of_activity": pa.schema([("actor", pa.int64()), ("hour", pa.int64()), ("disclosures", pa.int64()), ("days", pa.int64())]),
    "cold_people": pa.schema([("actor", pa.int64()), ("people", pa.int64()), ("alone", pa.int64())]),
    "enumeration": pa.schema(
        [("actor", pa.int64()), ("day", pa.date32())]
        + [(n, pa.int64()) for n in ("asked", "misses", "steps", "ascending", "near", "blocks")]
    ),
}
"""Per view its columns. `actor`, `surface` and `fields` are pseudonyms (see `Ledger.names`); counts of people are exact.

- `people_by_day`: distinct people shown to each actor on each UTC day, and how many of them it had never been shown.
- `reach`: per actor, ever.
- `reach_by_window`: per actor and window (`1h`, `1d`, `7d`, `30d`, `240d`) the largest number of distinct people in
  any such window, which slides by the event, and when the first that held so many ended.
- `actor_hours`: what detectors look at; every count is additive over the hours of a UTC day (`people` counts a person
  in the first hour of that day, `new` in the first hour ever; `unexplained`, `misses`, `near` and `blocks` count
  distinct subjects or blocks likewise; `disclosures`, `asked`, `steps`, `ascending` and `explained` count rows).
- `surfaces`: per actor, surface and set of fields.
- `hours_of_activity`: per actor and hour of the day (UTC) disclosures, and on how many days.
- `cold_people`: per actor how many of its people no other actor of the same level was ever shown.
- `enumeration`: per actor and day, the evidence of walking an id space.
"""
