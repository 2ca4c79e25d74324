"""The plainest detector there can be: its evidence is the count over ten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from nilometer.detection.coding import Floats
from nilometer.detection.count import Measure
from nilometer.detection.detector import Before, Detector, Example, setting
from nilometer.findings.reason import Reason


@dataclass(frozen=True, kw_only=True)
class Plain(Detector):
    """New people over ten."""

    id = "plain"
    title = "is shown people"
    looks_like = "People."
    action = "Look."
    measures = ("fresh",)
    weight = 1.0

    tenth: float = setting(10.0, "what the count is divided by")

    def factor(self, before: Before, measure: Measure, count: Floats) -> Floats:
        """The count over ten."""
        return np.asarray(count / self.tenth, dtype=np.float64)

    def reasons(self, before: Before, measure: Measure, who: str, count: int, when: str) -> tuple[Reason, ...]:
        """The count."""
        return (Reason(detector=self.id, fact=measure, says=f"{who}: {count} by {when}.", measured=float(count), usual=self.tenth),)

    def examples(self) -> Sequence[Example]:
        """None: it lies on no shelf."""
        return []


@dataclass(frozen=True, kw_only=True)
class Once(Plain):
    """The same for a single day, of misses that are at least twice the people."""

    id = "once"
    measures = ("misses",)
    lasting = False
    of = MappingProxyType({"misses": ("people", 2.0)})
