"""Reach: one actor is shown far more new people in a day than ever before; bulk, over in hours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nilometer.detection import examples, words
from nilometer.detection.coding import Floats
from nilometer.detection.count import Measure
from nilometer.detection.detector import Before, Detector, Example, setting
from nilometer.detection.evidence import tail
from nilometer.findings.reason import Reason


@dataclass(frozen=True, kw_only=True)
class Reach(Detector):
    """New people in one UTC day, beside the actor's largest of two months; each event is looked at, none waits for the day's end.

    What counts as the record is at least as many people as the actor usually sees in a day (of those beyond 300 a tenth), because a
    new clientele arrives in the size of the old one.

    Only people first shown without a fitting reference count, and only new ones: re-reading known people exposes nobody again.

    Catches: a stolen token, a leaver's evening, anybody with a past who suddenly reads in bulk; on a log of addresses only, the
    few that collect by the thousand, also on a log of one single day.
    Misses: a leak of less than about eight times that record, or below 330 people a day; an actor without a past that
    takes less than a fifth of everybody; who invents a reference for each person.
    Looks alike: a first sync or an import of another's customers by an actor with a past (declare it).
    """

    id = "reach"
    title = "was shown far more new people in a day than ever before"
    looks_like = "Bulk reading: a stolen token, an export by an insider or a crawler; or one large honest job that nobody announced."
    action = "Ask the owner what ran at that time; until it is explained, mask sensitive fields for this actor or lower its daily budget."
    measures = ("fresh",)
    levels = ("org", "app", "account", "session", "ip")
    weight = 0.1
    lasting = False

    power: float = setting(
        6.0, "how fast honest days beyond a record become rare: r times the record at most once in r ** power days", low=1, high=100
    )
    floor: int = setting(40, "people that count as anybody's record at least")
    window: int = setting(63, "days for which a record is remembered: two months' ends", low=1, high=3660)
    clientele: float = setting(300.0, "usual people a day up to which a new clientele may be as large as the old one")
    past: int = setting(5, "active days from which an actor's record is trusted")
    newcomer: int = setting(650, "what counts as the record of an actor without a past: first syncs are large")
    share: float = setting(0.025, "share of everybody ever shown that counts as the record of an actor without a past", high=1)
    address: int = setting(60, "people that count as the record of a bare address at least")
    address_peers: float = setting(1.0, "how many times the ninth decile of addresses counts as the record of one")
    address_crowd: int = setting(50, "addresses needed for that comparison")

    def _line(self, before: Before) -> Floats:
        memory, peers = before.memory, before.crowd("fresh")
        record, people = memory.record("fresh", before.day - self.window), memory.usual("people")
        own = np.maximum(record, np.minimum(people, self.clientele + people / 10)) * before.pace
        own = np.maximum(own, float(self.floor))
        if before.level == "ip":
            high = self.address_peers * peers.high if peers.actors >= self.address_crowd else np.inf
            new = np.full(len(memory), max(float(self.address), high))
        else:
            new = np.full(len(memory), max(float(self.newcomer), self.share * before.population, peers.high) if before.age else np.inf)
        return np.asarray(np.where(memory.days >= self.past, np.maximum(own, peers.high), np.maximum(own, new)), dtype=np.float64)

    def factor(self, before: Before, measure: Measure, count: Floats) -> Floats:
        """A power tail beyond the record."""
        return tail(count, self._line(before), self.power)

    def reasons(self, before: Before, measure: Measure, who: str, count: int, when: str) -> tuple[Reason, ...]:
        """New people so far that day beside the record."""
        record, days = float(before.memory.record("fresh", before.day - self.window)[0]), int(before.memory.days[0])
        line, peers = float(self._line(before)[0]), before.crowd("fresh")
        if days >= self.past:
            past = f"its largest day of two months had {words.number(record)}"
        elif peers.actors:
            past = f"it has {words.days(days)} of its own, and nine in ten {words.many(before.level)} see at most {words.number(peers.high)} a day"
        else:
            past = f"it has {words.days(days)} of its own to compare with"
        return (
            Reason(
                detector=self.id,
                fact="fresh",
                says=f"{who} had been shown {words.number(count)} people that it had never been shown before by {when}; {past}.",
                measured=float(count),
                usual=record if days >= self.past else line,
            ),
        )

    def examples(self) -> Sequence[Example]:
        """A quiet app that bulk-reads, one address of many on a single day; a sale day, cited orders, a re-read base."""
        quiet = {app: examples.work(20, people=30 + app, new=5) for app in range(1, 11)}
        bulk = {50: [*examples.work(20, people=30, new=5), *examples.work(1, people=1500, new=1490, first=20)]}
        cited = {51: [*examples.work(20, people=30, new=5), *examples.work(1, people=1500, new=1490, first=20, cited=True)]}
        sale = {app: [*days, *examples.work(1, people=150, new=30, first=20)] for app, days in quiet.items()}
        crowd = {
            address: examples.work(1, people=1 + address % 4, new=4, hours=(address % 20, address % 20 + 3)) for address in range(100, 400)
        }
        crawler = {1: examples.work(1, people=2000, new=2000, hours=(0, 24))}
        return [
            Example(name="an app that saw 30 people a day reads 1,500", level="app", rows=examples.table({**quiet, **bulk}), fires=(50,)),
            Example(name="the same bulk with an order behind every person", level="app", rows=examples.table({**quiet, **cited}), fires=()),
            Example(name="a sale day", level="app", rows=examples.table(sale), fires=()),
            Example(
                name="one address of 301 collects all day", level="ip", rows=examples.table({**crowd, **crawler}, level="ip"), fires=(1,)
            ),
        ]


DETECTOR = Reach()
