"""Departures: what rhythm, place and breadth have in common. New people met in circumstances that are new to the actor."""

from __future__ import annotations

import abc
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nilometer.detection import baselines, words
from nilometer.detection.coding import Floats
from nilometer.detection.count import Measure
from nilometer.detection.detector import Before, Detector, setting
from nilometer.detection.evidence import shift
from nilometer.findings.reason import Reason


@dataclass(frozen=True, kw_only=True)
class Departure(Detector, abc.ABC):
    """A detector whose measure counts new people in circumstances that the actor was never in; weak alone, strong when it lasts."""

    levels = ("org", "app", "account")
    weight = 0.03
    circumstances: ClassVar[str]
    """As the end of a sentence: `in hours in which it had never worked`."""
    in_migrations: ClassVar[bool] = False
    """Whether it is judged on days on which most actors change their ways."""

    ratio: float = setting(6.0, "growth that is looked for: neutral at the square root of it")
    most: float = setting(12.0, "what one day may multiply the evidence by")
    narrowest: float = setting(0.5, "least spread of the logarithm of an honest actor's day")

    def factor(self, before: Before, measure: Measure, count: Floats) -> Floats:
        """Log-normal growth over the actor's usual, once it has a past of twenty active days."""
        judged = (before.memory.days >= 2 * baselines.GROWN) & (self.in_migrations or not before.moved)
        expected = np.where(judged, baselines.usual(before, measure), 1.0)
        factors = shift(count, np.minimum(expected, 1e12), baselines.spread(before, measure, self.narrowest), self.ratio, self.most)
        return np.where(judged, factors, np.minimum(factors, 1.0))

    def reasons(self, before: Before, measure: Measure, who: str, count: int, when: str) -> tuple[Reason, ...]:
        """The count of that day beside the usual one."""
        expected = float(before.memory.usual(measure)[0])
        says = f"{who} had been shown {words.number(count)} new people by {when} {self.circumstances}; usual are {words.number(expected)} a day."
        return (Reason(detector=self.id, fact=measure, says=says, measured=float(count), usual=expected),)
