"""A case: findings that belong together, what was decided about them, and every step that led there."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

State = Literal["open", "investigating", "contained", "closed"]
STATES: Final[tuple[State, ...]] = ("open", "investigating", "contained", "closed")
Verdict = Literal["confirmed", "benign"]
VERDICTS: Final[tuple[Verdict, ...]] = ("confirmed", "benign")

_DIGITS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: nothing that reads as something else


@dataclass(frozen=True, slots=True, kw_only=True)
class Taught:
    """What closing a case as benign or confirmed says of one actor: `people_a_day` new people a day are in order from `at` on."""

    level: str
    id: str
    at: datetime
    people_a_day: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """One step of the history: when (UTC), by whom, what was done (a sentence), why, and its entry in the journal."""

    at: datetime
    by: str
    did: str
    why: str
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case as it stands after all its steps. Never changed, only followed by another one.

    `findings` holds each finding as it was when it came into the case (contract.md's JSON), by id, in the order in which they
    came. `into` names the case that took the last of its findings away; such a case holds nothing any more. `cleared_at` is how
    far the ledger went when a verdict was given. `inherited` is a hold that came with findings of a held case; nobody put it on this one.
    """

    id: str
    title: str
    opened: datetime
    updated: datetime
    findings: dict[str, dict[str, Any]]
    history: tuple[Past, ...]
    state: State = "open"
    verdict: Verdict | None = None
    hold: bool = False
    inherited: bool = False
    assigned: str | None = None
    into: str | None = None
    why: str = ""
    taught: tuple[Taught, ...] = ()
    cleared_at: datetime | None = None


def case_id(finding: str, taken: Collection[str] = ()) -> str:
    """The id of a case that begins with this finding: `K-`, the finding's year, six digits; another one when it is taken.

    Thirty bits: among a thousand cases of one year two would share an id once in two thousand; the later one gets the next.
    """
    year = finding.split("-")[1] if finding.count("-") == 2 else "0000"
    year = year if len(year) == 4 and year.isascii() and year.isdigit() else "0000"
    number = 0
    while True:
        seed = f"nilometer/case/1\x1f{finding}\x1f{number}".encode("utf-8", "surrogatepass")
        bits = int.from_bytes(hashlib.blake2b(seed, digest_size=4).digest(), "big") >> 2
        found = f"K-{year}-" + "".join(_DIGITS[bits >> shift & 31] for shift in range(25, -1, -5))
        if found not in taken:
            return found
        number += 1
