"""One disclosure, as a value: at `time`, on `surface`, an actor was shown `fields` of one subject."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """The atom of the ledger, for one row at a time; millions of rows are Arrow tables of `schema.STORED`.

    Identifiers are signed 64-bit pseudonyms, never raw. `time` is event time in UTC.
    """

    time: datetime
    subject: int
    org: int | None = None
    app: int | None = None
    account: int | None = None
    session: int | None = None
    ip: int | None = None
    user_agent: int | None = None
    surface: int | None = None
    fields: int | None = None
    status: int = 200
    shown: bool = True
    reference: int | None = None
    request: int | None = None
    block: int | None = None
    step: int = 0
