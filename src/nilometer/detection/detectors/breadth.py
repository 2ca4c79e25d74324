"""Breadth: an actor reads new people on surfaces it has no business with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nilometer.detection import examples
from nilometer.detection.departures import Departure
from nilometer.detection.detector import Example


@dataclass(frozen=True, kw_only=True)
class Breadth(Departure):
    """New people shown on a surface that this actor had not used before that day.

    Regions and merchants are not in a disclosure; where they matter, make them part of the surface's name (order.buyer/eu) and
    this judges an actor that spreads over them.

    Catches: a credential that is tried on one interface, region or merchant after the other.
    Misses: a walk on the surface the actor works with; one new surface for good (new on its first day only).
    Looks alike: a migration of interfaces; it is not counted when most actors of the platform move on the same day.
    """

    id = "breadth"
    title = "reads new people on surfaces it never used"
    looks_like = "Somebody who looks what else a credential can read; or a new version of an integration."
    action = "Ask the owner what changed; take rights away that the work does not need."
    measures = ("strange",)
    circumstances = "on surfaces that it had never used before"

    def examples(self) -> Sequence[Example]:
        """One interface after the other; one new version."""
        apps = {app: examples.work(45, people=60, new=15) for app in range(1, 9)}
        trying = {50: [*examples.work(30, people=60, new=15), *examples.work(12, people=90, new=70, first=30, surface=lambda d: 100 + d)]}
        version = {51: [*examples.work(30, people=60, new=15), *examples.work(12, people=60, new=15, first=30, surface=lambda d: 100)]}
        return [
            Example(name="one interface after the other", level="app", rows=examples.table({**apps, **trying}), fires=(50,)),
            Example(name="a new version of an integration", level="app", rows=examples.table({**apps, **version}), fires=()),
        ]


DETECTOR = Breadth()
