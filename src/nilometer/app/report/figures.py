"""What a report holds: plain figures, gathered elsewhere, written down here for the page to set.

Times without a zone are UTC. Every number called `people` counts distinct people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

Severity = Literal["low", "medium", "high", "critical"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFigure:
    """One day (UTC) of one actor: whom it was shown that day, and how far its reach had grown by the end of the day.

    Days on which nothing was shown may be left out. `people` are the distinct people of the day, `new` those among them who
    had never been shown to the actor before. `usual` is how many people a day are usual for its peers or its own past.
    """

    day: date
    people: int
    new: int
    reach_ever: int
    usual: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonFigure:
    """One measured fact beside what is usual. None where there is no number to print."""

    detector: str
    says: str
    measured: float | None = None
    usual: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingFigure:
    """One finding, with the days and hours its charts are drawn from.

    `path` names the parents from the widest level down, as (level, id); `members` those of a campaign. `people_at_detection` and the days' `reach_ever` are one
    and the same count, read at two times. `hours` are disclosures by hour of the day (UTC): 24 numbers, or none when not known.
    """

    id: str
    title: str
    severity: Severity
    confidence: float
    level: str
    actor_id: str
    path: Sequence[tuple[str, str]] = ()
    members: Sequence[tuple[str, str]] = ()
    first_seen: datetime
    detected_at: datetime
    last_seen: datetime
    people: int
    people_at_detection: int
    disclosures: int
    fields: Sequence[str] = ()
    surfaces: Sequence[str] = ()
    reasons: Sequence[ReasonFigure] = ()
    looks_like: str
    action: str
    days: Sequence[DayFigure] = ()
    hours: Sequence[int] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerGlance:
    """How much the ledger covers. An empty ledger is all defaults.

    `actors` counts distinct actors by level. `surfaces` are (name, disclosures, people), `fields` (name, people), `sources`
    (name, format, lines, disclosures), `people_by_day` (day, people, people never seen before that day).
    """

    disclosures: int = 0
    shown: int = 0
    asked_not_shown: int = 0
    people: int = 0
    first: datetime | None = None
    last: datetime | None = None
    actors: Mapping[str, int] = field(default_factory=dict)
    surfaces: Sequence[tuple[str, int, int]] = ()
    fields: Sequence[tuple[str, int]] = ()
    unreadable: int = 0
    unmatched: int = 0
    sources: Sequence[tuple[str, str, int, int]] = ()
    people_by_day: Sequence[tuple[date, int, int]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """What a reader in a hurry must know, in whole sentences, said before anything else."""

    sentences: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything one page says.

    `looked_until` is the event time up to which detectors have looked and `detectors` their ids: with no findings the page says
    what was looked at, and where these are missing it says no more than it knows.
    """

    made_at: datetime
    home_label: str
    version: str
    ledger: LedgerGlance
    findings: Sequence[FindingFigure] = ()
    headline: Headline | None = None
    looked_until: datetime | None = None
    detectors: Sequence[str] = ()
