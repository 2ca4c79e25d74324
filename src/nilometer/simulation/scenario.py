"""A scenario: a leak or an innocent look-alike on the platform, with its ground truth and the incident it is modelled on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from nilometer.clock import rfc3339
from nilometer.simulation.blending import blended
from nilometer.simulation.days import Calendar
from nilometer.simulation.directory import Directory
from nilometer.simulation.platform import Habit, Platform
from nilometer.simulation.rows import Rows
from nilometer.simulation.tally import Tally

Name = tuple[str, str]
"""An actor as (level, id)."""

Progress = Callable[[int, int], None]
"""Told after each simulated day: days done, days in all."""

Theft = Callable[[int, Rows], None]
"""Told of each batch of a leak's rows: the leak's place among the plots, and the rows, shown or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """What one leak really took. `actors` are the names a finding may rightly use, narrowest first.

    `people` are the distinct people shown (2xx, 304) by the leak itself, `items` the disclosures that showed them, `misses`
    what it asked for in vain; `started` and `ended` are the moments of its first and its last disclosure. A leak can be
    recounted from the table: all that the narrowest actors (those of the first one's level) did on `surfaces` from `started`
    to `ended`, and nothing else; unless it is `mixed`: then they went on working honestly meanwhile.
    """

    actors: tuple[Name, ...]
    started: datetime | None
    ended: datetime | None
    people: int
    items: int
    misses: int
    fields: tuple[str, ...]
    surfaces: tuple[str, ...]
    modelled_on: str
    mixed: bool = False

    def to_json(self) -> dict[str, Any]:
        """The leak as `truth.json` has it."""
        return {
            "actors": [{"level": level, "id": ident} for level, ident in self.actors],
            "started": self.started and rfc3339(self.started),
            "ended": self.ended and rfc3339(self.ended),
            "people": self.people,
            "items": self.items,
            "misses": self.misses,
            "fields": list(self.fields),
            "surfaces": list(self.surfaces),
            "modelled_on": self.modelled_on,
            **({"mixed": True} if self.mixed else {}),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Innocent:
    """Actors that a hasty rule would accuse, and why they are honest."""

    actors: tuple[Name, ...]
    why: str

    def to_json(self) -> dict[str, Any]:
        """The innocent as `truth.json` has it."""
        return {"actors": [{"level": level, "id": ident} for level, ident in self.actors], "why": self.why}


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What really happened in one simulated table. `people` are distinct people shown in all of it, `disclosures` all rows."""

    scenario: str
    title: str
    modelled_on: str
    kind: str
    seed: int
    scale: float
    leaks: tuple[Leak, ...]
    innocents: tuple[Innocent, ...]
    people: int
    disclosures: int
    first: datetime | None
    last: datetime | None
    context: str = ""

    def to_json(self) -> dict[str, Any]:
        """The document `truth.json`; `context` goes into a file of its own."""
        return {
            "scenario": self.scenario,
            "title": self.title,
            "modelled_on": self.modelled_on,
            "kind": self.kind,
            "seed": self.seed,
            "scale": self.scale,
            "leaks": [leak.to_json() for leak in self.leaks],
            "innocents": [innocent.to_json() for innocent in self.innocents],
            "people": self.people,
            "disclosures": self.disclosures,
            "first": self.first and rfc3339(self.first),
            "last": self.last and rfc3339(self.last),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """One leak to be played: every row of these habits is the leak's, and no other row is.

    `mixed`: the actors work honestly on the same surfaces while it lasts, and in the same sessions.
    """

    habits: tuple[Habit, ...]
    actors: tuple[Name, ...]
    mixed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Who is on stage: honest habits, plots (none in a look-alike), and the innocents worth naming.

    `context` is the text of an operator's context file (see `context.py`): what was declared beforehand, if anything.
    """

    honest: tuple[Habit, ...]
    plots: tuple[Plot, ...] = ()
    innocents: tuple[Innocent, ...] = ()
    context: str = ""


class Sink(Protocol):
    """Where rows go, day after day: no row of a later call is earlier than one of an earlier call."""

    def write(self, rows: Rows, directory: Directory) -> None:
        """Takes one day's rows, in any order within the day."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One file of the shelf. `cast` sets the stage: it enters companies into the platform's directory and says who does what."""

    id: str
    title: str
    modelled_on: str
    kind: Literal["leak", "lookalike"]
    cast: Callable[[Platform], Cast]
    calendar: Calendar = field(default_factory=Calendar)

    def generate(self, sink: Sink, *, seed: int, scale: float, progress: Progress | None = None, theft: Theft | None = None) -> Truth:
        """Plays every day in turn into `sink`; memory grows with one day and the number of people, not with the table."""
        platform = Platform.of(seed=seed, scale=scale, calendar=self.calendar)
        cast = self.cast(platform)
        whole, thefts = Tally(platform.people), [Tally(platform.people) for _ in cast.plots]
        parts: list[tuple[Habit, Tally | None, bool]] = [(habit, None, False) for habit in cast.honest]
        parts += [(habit, tally, plot.mixed) for plot, tally in zip(cast.plots, thefts, strict=True) for habit in plot.habits]
        sessions = requests = 0
        for day in self.calendar.each(seed):
            batches: list[Rows] = []
            for habit, tally, mixed in parts:
                rows = habit.day(day, platform.rng(habit.name, day.number))
                if len(rows) == 0:
                    continue
                numbered = rows.renumbered(sessions=sessions, requests=requests)
                batches.append(blended(numbered, batches) if mixed else numbered)
                sessions, requests = sessions + int(rows.session.max()) + 1, requests + int(rows.request.max()) + 1
                whole.add(rows)
                if tally is not None:
                    tally.add(rows)
                    if theft is not None:
                        theft(next(place for place, known in enumerate(thefts) if known is tally), rows)
            if batches:
                sink.write(Rows.joined(batches), platform.directory)
            if progress is not None:
                progress(day.number + 1, self.calendar.days)
        return Truth(
            scenario=self.id,
            title=self.title,
            modelled_on=self.modelled_on,
            kind=self.kind,
            seed=seed,
            scale=scale,
            leaks=tuple(self._leak(plot, tally, platform.directory) for plot, tally in zip(cast.plots, thefts, strict=True)),
            innocents=cast.innocents,
            people=whole.people,
            disclosures=whole.rows,
            first=whole.first,
            last=whole.last,
            context=cast.context,
        )

    def _leak(self, plot: Plot, tally: Tally, directory: Directory) -> Leak:
        surfaces = [directory.surfaces[place] for place in sorted(tally.surfaces)]
        return Leak(
            actors=plot.actors,
            started=tally.first,
            ended=tally.last,
            people=tally.people,
            items=tally.shown,
            misses=tally.rows - tally.shown,
            fields=tuple(sorted({name for surface in surfaces for name in surface.fields})),
            surfaces=tuple(sorted({surface.name for surface in surfaces})),
            modelled_on=self.modelled_on,
            mixed=plot.mixed,
        )
