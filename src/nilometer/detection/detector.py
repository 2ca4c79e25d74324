"""A detector sets a line for an actor and a period from what was known before; the ledger says when the actor crossed it.

That division is what keeps promise 2 (no look-ahead): a detector never sees the period it judges, and every measure is a
counter that only rises within a UTC day, so a crossing, once there, stays where it is whatever comes later.
"""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, Protocol, TypeVar

import pyarrow as pa

from nilometer.findings.reason import Reason

if TYPE_CHECKING:
    from nilometer.detection.history import History

T = TypeVar("T")

Measure = Literal["people", "new", "unexplained", "asked", "misses", "steps", "ascending", "near"]
"""The running counters of one actor within one UTC day; `crossings` answers for each of them."""
MEASURES: Final[tuple[Measure, ...]] = ("people", "new", "unexplained", "asked", "misses", "steps", "ascending", "near")

_TIME: Final = pa.timestamp("us", tz="UTC")
_COUNTS: Final = ("people", "new", "unexplained", "disclosures", "asked", "misses", "steps", "ascending", "near", "blocks", "explained")


def _schema(*columns: pa.Field[Any]) -> pa.Schema:
    return pa.schema(list(columns))


ACTOR_HOURS: Final = _schema(
    pa.field("actor", pa.int64(), False),
    pa.field("hour", _TIME, False),
    *(pa.field(name, pa.int64(), False) for name in _COUNTS),
)
"""One row per actor and UTC hour with at least one row of the ledger (shown or only asked for).

All that is distinct comes from one grouping by (actor, UTC day, subject): the first time shown, shown without a reference, refused,
and reached by a neighbouring step. So every count is the same in whatever order rows of one instant are read.

people      people first shown to the actor *in that UTC day* during this hour: sums over a day's hours are distinct people
new         people first *ever* shown to the actor during this hour
unexplained people first shown to the actor in that UTC day *without a reference* during this hour; equals `people` where nobody gives references
disclosures rows shown                  asked  all rows, shown or not
misses      distinct subjects asked for and not shown: first such row of this actor and subject *in that UTC day* in this hour
            (polling one deleted id a thousand times is one miss; a subject refused first and shown later counts in both)
steps       rows whose `step` (schema.STORED) is not 0: the numeric id differs from the one the same actor asked just before
ascending   of these, id larger (step > 0)
near        distinct subjects reached by a neighbouring step (|step| = 1), shown or not: first such row *in that UTC day* in this hour
            (polling a short list of neighbours all day is a handful of near ones among many steps)
blocks      blocks of 256 neighbouring numeric ids first touched that day during this hour
explained   rows shown with a reference
"""
WANTED_CROSSINGS: Final = _schema(
    pa.field("actor", pa.int64(), False),
    pa.field("measure", pa.string(), False),
    pa.field("limit", pa.int64(), False),
    pa.field("of", pa.string(), False),
    pa.field("share", pa.float64(), False),
    pa.field("since", _TIME, False),
    pa.field("before", _TIME, False),
)
"""Lines to look up; `since` and `before` lie within one UTC day (`before` may be the next midnight).

`time` of the answer is the first row of the actor (shown or not) with since <= time < before (and <= until), at which, counting
the actor's rows from the start of that UTC day up to and including every row of that same instant,
`measure` >= limit and `measure` >= share * `of`; null when there is none.
"""
CROSSINGS: Final = _schema(*WANTED_CROSSINGS, pa.field("time", _TIME), pa.field("count", pa.int64()))
"""The wanted rows, in the order they were asked, plus `time` and `count`, the measure at that time; both null together."""
WANTED_PARTS: Final = _schema(pa.field("actor", pa.int64(), False), pa.field("time", _TIME, False))
PARTS: Final = _schema(
    pa.field("actor", pa.int64(), False),
    pa.field("time", _TIME, False),
    pa.field("child_level", pa.string(), False),
    pa.field("child", pa.int64(), False),
    pa.field("people", pa.int64(), False),
    pa.field("share", pa.float64(), False),
)
"""For the UTC day of `time` up to and including `time`: the actor's distinct people through each child (children that were shown
nobody may be left out), and their `share` of the actor's distinct people that day. A row's child is the next hierarchy level below
that *this very row* carries, so an org may have apps and, where rows name no app, accounts as children. Row order is free."""
CROWDS: Final = _schema(
    pa.field("actor", pa.int64(), False),
    pa.field("time", _TIME, False),
    pa.field("people", pa.int64(), False),
    pa.field("accounts", pa.int64(), False),
)
"""For the UTC day of `time` up to and including `time`: the actor's distinct people, and through how many distinct accounts (sessions
where no account is known) they were shown. One row for each wanted one whose actor was shown anybody."""
ANCESTORS: Final = _schema(
    pa.field("actor", pa.int64(), False),
    pa.field("level", pa.string(), False),
    pa.field("parent", pa.int64(), False),
    pa.field("since", _TIME, False),
)
"""Every wider hierarchy actor this one was seen under, at every wider level, and since when (first row that carries both)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of one actor up to a moment: the growing part of a finding."""

    people: int
    disclosures: int
    first: datetime
    last: datetime
    fields: tuple[str, ...] = ()
    surfaces: tuple[str, ...] = ()


class Answers(Protocol):
    """What detection asks the ledger. `until` (inclusive event time, None = everything) cuts the ledger off as if nothing came later."""

    def levels(self) -> Sequence[str]:
        """The levels of disclosures.actor.LEVELS that have any row, in that order."""
        ...

    def actor_hours(self, level: str, until: datetime | None) -> pa.Table:
        """ACTOR_HOURS for one level. For `ip` only over rows that carry no org, app or account."""
        ...

    def crossings(self, level: str, wanted: pa.Table, until: datetime | None) -> pa.Table:
        """WANTED_CROSSINGS to CROSSINGS; for `ip` over the same rows as `actor_hours`."""
        ...

    def parts(self, level: str, wanted: pa.Table) -> pa.Table:
        """WANTED_PARTS to PARTS; `level` is one of the hierarchy."""
        ...

    def crowds(self, level: str, wanted: pa.Table) -> pa.Table:
        """WANTED_PARTS to CROWDS; `level` is org or app."""
        ...

    def ancestors(self, level: str, actors: pa.Int64Array) -> pa.Table:
        """int64 keys to ANCESTORS; `level` is one of the hierarchy."""
        ...

    def facts(self, level: str, actors: Sequence[int], until: datetime | None) -> dict[int, Facts]:
        """Facts of each actor over its shown rows up to `until` (`first` and `last` over all its rows); for `ip` as in `actor_hours`."""
        ...

    def names(self, level: str, actors: Sequence[int]) -> dict[int, str]:
        """The platform's own ids of the actors, as findings show them."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line set from what was known before `since`: crossing it before `before` is a claim."""

    actor: int
    measure: Measure
    limit: int
    since: datetime
    before: datetime
    odds: float
    """How many times likelier such a crossing is in a leak than in honest work, roughly, from what was known before."""
    reasons: tuple[Reason, ...]
    """`says` may hold {who}, {count}, {when} and {day}; a first reason with fact equal to `measure` takes the count at the crossing as measured."""
    of: Measure = "asked"
    share: float = 0.0
    """The line only counts as crossed while measure >= share * of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A small table of ACTOR_HOURS (as a history of one level) on which a detector must, or must not, set a line that is crossed."""

    name: str
    level: str
    hours: pa.Table
    fires: tuple[int, ...]
    """Actors that must cross a line; everybody else in the table must not."""


def setting(default: T, doc: str) -> T:
    """A detector's field: its default and what it means in one sentence."""
    return dataclasses.field(default=default, metadata={"doc": doc})


@dataclass(frozen=True, kw_only=True)
class Detector(abc.ABC):
    """One file on the shelf: its settings are its fields (made with `setting`), its documentation is its class docstring.

    The docstring starts with one sentence and has sections `Catches:`, `Misses:` and `Looks alike:`.
    """

    id: ClassVar[str]
    """The file's name."""
    view: ClassVar[str] = "actor_hours"
    """The named view it looks at."""
    title: ClassVar[str]
    """What the actor does, as the end of a sentence that starts with the actor."""
    looks_like: ClassVar[str]
    """One plain sentence: what this pattern usually is, and what it may be instead."""
    action: ClassVar[str]
    """What to do first."""

    @abc.abstractmethod
    def look(self, history: History) -> Iterable[Line]:
        """Lines that actors of this history's level reached, by the hour; pure, and each set only from what was known before it."""

    @abc.abstractmethod
    def examples(self) -> Sequence[Example]:
        """Small tables on which it must fire and must not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting of a detector, for documentation and schemas."""

    name: str
    type: str
    default: object
    doc: str


def settings(detector: Detector) -> list[Setting]:
    """The settings of a detector, in order."""
    return [
        Setting(name=one.name, type=str(one.type), default=getattr(detector, one.name), doc=str(one.metadata.get("doc", "")))
        for one in dataclasses.fields(detector)
    ]
