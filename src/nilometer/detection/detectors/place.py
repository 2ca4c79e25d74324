"""Place: an old credential is used with tools it was never used with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nilometer.detection import examples
from nilometer.detection.departures import Departure
from nilometer.detection.detector import Example


@dataclass(frozen=True, kw_only=True)
class Place(Departure):
    """New people shown through a program (user agent) that this actor had not used before that day.

    Addresses change for everybody and say little; the program behind an integration changes rarely and for a reason.

    Catches: a stolen token or a copied key used by others, while the tool changes from day to day.
    Misses: who copies the owner's user agent; a new tool that stays the same is new on its first day only, which alone is too little.
    Looks alike: updates; they are not counted when most actors of the platform change their ways on the same day.
    """

    id = "place"
    title = "reads new people with tools it never used"
    looks_like = "A credential in other hands; or an owner who tries out tools."
    action = "Ask the owner about the tool; renew the credential if it is not theirs."
    measures = ("elsewhere",)
    circumstances = "through programs that it had never used before"

    def examples(self) -> Sequence[Example]:
        """A token in other hands; one update."""
        apps = {app: examples.work(45, people=60, new=15) for app in range(1, 9)}
        stolen = {50: [*examples.work(30, people=60, new=15), *examples.work(12, people=90, new=70, first=30, tool=lambda d: 100 + d)]}
        update = {51: [*examples.work(30, people=60, new=15), *examples.work(12, people=60, new=15, first=30, tool=lambda d: 100)]}
        return [
            Example(name="a token used by ever new tools", level="app", rows=examples.table({**apps, **stolen}), fires=(50,)),
            Example(name="an update", level="app", rows=examples.table({**apps, **update}), fires=()),
        ]


DETECTOR = Place()
