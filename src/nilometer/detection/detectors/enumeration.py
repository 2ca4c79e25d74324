"""Enumeration: an actor walks through an id space, or guesses ids and mostly fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nilometer.detection import examples, words
from nilometer.detection.coding import Floats
from nilometer.detection.count import Measure
from nilometer.detection.detector import Before, Detector, Example, setting
from nilometer.detection.evidence import tail
from nilometer.findings.reason import Reason


@dataclass(frozen=True, kw_only=True)
class Enumeration(Detector):
    """Steps to neighbouring ids, or different ids asked for in vain, far beyond the actor's record and its peers, within one day.

    Catches: counting up or down through customer numbers, documents, tags or phone numbers, also with small jumps and many
    addresses (the surface shows it); guessing ids of which most do not exist or are refused.
    Misses: walking in shuffled order; a walk that grows by less than about a half a day from a day too small to fire; ids that
    are no numbers; guesses that mostly hit; an actor without a past that walks fewer than some 1,100 ids a day (it may be a first
    sync); anything while most others fail, of those who usually succeed or ask for people that are known (an outage).
    Looks alike: a first backup or a first sync that reads a dense table in order, also one that is set up one afternoon and runs in
    full from the next day on; a client whose list of ids is stale.
    """

    id = "enumeration"
    title = "walks or guesses its way through ids"
    title_surface = "is walked or guessed through id by id"
    looks_like = (
        "Guessing or counting through identifiers; or a backup, a migration or a sync that reads a table in order for the first time."
    )
    action = "Check whether a declared job ran; if not, answer this actor with delays and challenges, and make the ids unguessable."
    measures = ("near", "misses")
    weight = 0.1
    lasting = False
    of: ClassVar[Mapping[Measure, tuple[Measure, float]]] = {"near": ("steps", 0.6), "misses": ("people", 4.0)}

    power: float = setting(
        8.0, "how fast honest days beyond a record become rare: r times the record at most once in r ** power days", low=1, high=100
    )
    floor: int = setting(25, "neighbouring steps, or misses, that count as anybody's record at least")
    surface: int = setting(40, "the same for a surface")
    window: int = setting(63, "days for which a record is remembered", low=1, high=3660)
    settle: int = setting(3, "days until what was done on a day counts in full as a record: a walk may begin in the evening")
    unsettled: float = setting(0.33, "share of it that counts until then", high=1)
    warm_up: int = setting(8, "active days before which an identified actor may be at its first sync")
    first_sync: int = setting(200, "neighbouring steps that count as the record of such an actor")
    address_days: int = setting(3, "active days from which a bare address has a record")
    people: float = setting(0.33, "misses for each person of its largest day that any client may have")

    def _line(self, before: Before, measure: Measure) -> Floats:
        memory, since = before.memory, before.day - self.window
        floor = self.surface if before.level == "surface" else self.floor
        settled = before.day - self.settle
        record = np.maximum(memory.record(measure, since, settled), self.unsettled * memory.record(measure, settled))
        if before.level == "ip":  # an address has no first sync: what it did in its first days is no excuse
            record = np.where(memory.days < self.address_days, 0.0, record)
        line = np.maximum(record, max(floor, before.crowd(measure).high))
        if before.level == "surface":
            line = np.where(memory.days < self.warm_up, np.inf, line)
        if measure == "misses":
            return np.asarray(np.maximum(line, self.people * memory.record("people", since)), dtype=np.float64)
        if before.level in ("org", "app", "account"):
            line = np.where(memory.days < self.warm_up, np.maximum(line, float(self.first_sync)), line)
        return np.asarray(line, dtype=np.float64)

    def factor(self, before: Before, measure: Measure, count: Floats) -> Floats:
        """A power tail beyond the record."""
        return tail(count, self._line(before, measure), self.power)

    def reasons(self, before: Before, measure: Measure, who: str, count: int, when: str) -> tuple[Reason, ...]:
        """Steps or misses so far that day beside the record."""
        record = float(before.memory.record(measure, before.day - self.window)[0])
        place = before.level == "surface"
        if measure == "near":
            did = "had seen steps" if place else "had stepped"
            says = f"{who} {did} to {words.number(count)} people next to the one asked for before by {when}"
        else:
            did = "had been asked for" if place else "had asked for"
            each = "it showed" if place else "it was shown"
            says = f"{who} {did} {words.number(count)} different people in vain by {when}, at least four for each one {each}"
        late = float(before.memory.record(measure, before.day - self.settle)[0])
        lately = f" (the last {self.settle} days, which count by {words.percent(self.unsettled)}, included)" if late == record > 0 else ""
        says += f"; its largest day before had {words.number(record)}{lately}." if before.memory.days[0] else "; it has no past."
        return (Reason(detector=self.id, fact=measure, says=says, measured=float(count), usual=record),)

    def examples(self) -> Sequence[Example]:
        """A walk and a guesser; a nightly sync in order, an outage."""
        quiet = {app: examples.work(15, people=40, new=4) for app in range(1, 9)}
        walk = {50: [*examples.work(12, people=40, new=4), *examples.work(1, people=400, new=400, first=12, walk=True)]}
        evening = {52: [*examples.work(12, people=40, new=4), *examples.work(1, people=100, new=100, first=12, walk=True)]}
        evening[52] += examples.work(2, people=330, new=330, first=13, walk=True)
        guess = {51: [*examples.work(12, people=40, new=4), *examples.work(1, people=40, new=10, misses=500, first=12)]}
        sync = {60: [*examples.work(1, people=900, new=900, walk=True), *examples.work(14, people=900, new=2, walk=True, first=1)]}
        down = {app: [*days, *examples.work(1, people=3, new=0, misses=300, first=15)] for app, days in quiet.items()}
        return [
            Example(name="counting up through customer numbers", level="app", rows=examples.table({**quiet, **walk}), fires=(50,)),
            Example(name="a walk that begins late in the evening", level="app", rows=examples.table({**quiet, **evening}), fires=(52,)),
            Example(name="guessing: most ids do not exist", level="app", rows=examples.table({**quiet, **guess}), fires=(51,)),
            Example(name="a nightly sync reads its table in order", level="app", rows=examples.table({**quiet, **sync}), fires=()),
            Example(name="an outage: everybody fails", level="app", rows=examples.table(down), fires=()),
        ]


DETECTOR = Enumeration()
