"""A detector turns a day's count of one actor into evidence, given only what was known before that day.

The count is a measure that only rises within the day, and the evidence only rises with it; so the event at which the evidence
reaches the bar is fixed once it is there, whatever comes later: no look-ahead (promise 2), and looking at every event is free.
"""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeVar

import pyarrow as pa

from nilometer.detection.coding import Flags, Floats, Ints
from nilometer.detection.count import Measure
from nilometer.detection.memory import Memory
from nilometer.findings.reason import Reason

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """What is usual among a level's actors, as of yesterday: how many were looked at, the middle and the ninth decile of their usual days."""

    actors: int = 0
    middle: float = 0.0
    high: float = 0.0


@dataclass(frozen=True, eq=False, kw_only=True)
class Before:
    """What was known before a day of the actors of one level that were active on it, (m,) in the order of `memory`."""

    level: str
    day: int
    age: int
    """Days that the ledger knows, apart from strays (`watch.State.age`)."""
    memory: Memory
    peers: Mapping[Measure, Crowd]
    pace: float
    """How many times busier than usual the middle actor was yesterday, or the operator says that today is; at least 1."""
    population: int
    """People whom anybody had been shown."""
    siblings: Mapping[str, Floats]
    """What the middle one of the actor's siblings (accounts of one app, apps of one company) does lately, as a multiple of what it did
    in its beginning, (m,) for some of `memory.BEGAN`; NaN with fewer than four siblings."""
    floors: Mapping[Measure, Floats] = dataclasses.field(default_factory=dict)
    """What is usual at least of those that took over another company's work, (m,) by measure (`takeover.floors`)."""
    moved: bool = False
    """Whether most actors took a new way yesterday (at the day's end: or that day): a migration of the platform, no sign of anything."""

    unrest: Floats | None = None
    """Of surfaces, how far the logarithm of a day's cold people usually strays from the others', (m,); NaN where nobody can say."""
    waits: bool = False
    """Of surfaces, whether the others will say what kind of day it was; else the weekday must do."""
    beside: Floats | None = None
    """Of surfaces, at the day's end, how the middle one of the others did beside its beginning (`surfaces.beside`), (m,)."""

    def part(self, rows: Ints | Flags) -> Before:
        """The same for some of the actors."""
        return dataclasses.replace(
            self,
            memory=self.memory.part(rows),
            siblings={name: values[rows] for name, values in self.siblings.items()},
            floors={measure: values[rows] for measure, values in self.floors.items()},
            unrest=None if self.unrest is None else self.unrest[rows],
            beside=None if self.beside is None else self.beside[rows],
        )

    def crowd(self, measure: Measure) -> Crowd:
        """The peers' usual of a measure; nobody when it is not known."""
        return self.peers.get(measure, Crowd())


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A few weeks of a small platform on which a detector must, or must not, find somebody."""

    name: str
    level: str
    rows: pa.Table
    """DAY_ROWS."""
    fires: tuple[int, ...]
    """Actors that must reach the bar; everybody else at this level must not."""


def setting(default: T, doc: str, low: float = 0.0, high: float = 1e9) -> T:
    """A detector's field: its default, what it means in one sentence, and the values that make sense, ends included."""
    return dataclasses.field(default=default, metadata={"doc": doc, "low": low, "high": high})


@dataclass(frozen=True, kw_only=True)
class Detector(abc.ABC):
    """One file on the shelf: its settings are its fields (made with `setting`), its documentation is its class docstring.

    The docstring starts with one sentence and has sections `Catches:`, `Misses:` and `Looks alike:`.
    """

    id: ClassVar[str]
    """The file's name."""
    title: ClassVar[str]
    """What the actor does, as the end of a sentence that starts with the actor."""
    title_surface: ClassVar[str] = ""
    """The same of a surface, which does nothing itself; as `title` where it is empty."""
    looks_like: ClassVar[str]
    """One plain sentence: what this pattern usually is, and what it may be instead."""
    action: ClassVar[str]
    """What to do first."""
    measures: ClassVar[tuple[Measure, ...]]
    """What it counts; each is judged on its own."""
    levels: ClassVar[tuple[str, ...]] = ("org", "app", "account", "session", "ip", "surface")
    """Where it looks."""
    weight: ClassVar[float]
    """Its share of the false alarms that are allowed, in equal parts for its measures; all detectors' shares add up to at most 1."""
    lasting: ClassVar[bool] = True
    """Whether its evidence is carried from day to day; else each day stands alone."""
    waits: ClassVar[bool] = False
    """Whether, where `Before.waits`, a surface is judged when the day is over and not before."""
    of: ClassVar[Mapping[Measure, tuple[Measure, float]]] = {}
    """For a measure, another and the least share of it that the count must be when the bar is reached."""

    least: int = setting(8, "count a day below which nothing is judged", low=1)
    least_surface: int = setting(100, "the same for a surface", low=1)

    def least_at(self, level: str) -> int:
        """The least count a day that is judged at a level."""
        return self.least_surface if level == "surface" else self.least

    @abc.abstractmethod
    def factor(self, before: Before, measure: Measure, count: Floats) -> Floats:
        """The e-value (m,) of each actor's day if its count were `count`; never falls when the count grows."""

    @abc.abstractmethod
    def reasons(self, before: Before, measure: Measure, who: str, count: int, when: str) -> tuple[Reason, ...]:
        """Why, in words, for the one actor in `before` at the moment the bar was reached; the first is about `measure`."""

    @abc.abstractmethod
    def examples(self) -> Sequence[Example]:
        """Small platforms on which it must find somebody, and must not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting of a detector, for documentation and schemas."""

    name: str
    type: str
    default: object
    doc: str
    low: float
    high: float

    def wrong(self, value: object) -> str:
        """What is expected instead of a value; empty when it will do. A whole number is a float, too; a truth value is no number."""
        whole = self.type == "int"
        fits = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool) and self.low <= value <= self.high
        return "" if fits else f"{'a whole number' if whole else 'a number'} from {self.low:g} to {self.high:g}"


def settings(detector: Detector) -> list[Setting]:
    """The settings of a detector, in order."""
    return [
        Setting(
            name=one.name,
            type=str(one.type),
            default=getattr(detector, one.name),
            doc=str(one.metadata.get("doc", "")),
            low=one.metadata["low"],
            high=one.metadata["high"],
        )
        for one in dataclasses.fields(detector)
    ]
