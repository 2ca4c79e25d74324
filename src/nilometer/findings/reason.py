"""A reason is one measured fact beside what is usual: enough to print, to plot and to translate."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One measured fact beside what is usual for it, both known when the line was crossed."""

    detector: str
    """Id of the detector that measured it."""
    fact: str
    """Stable key of the fact, for plots and translations: `people_today`, `share_new`, ..."""
    says: str
    """The fact as one plain sentence."""
    measured: float
    """What was measured, in the fact's own unit (people, a share from 0 to 1, steps)."""
    usual: float
    """What was usual before, in the same unit."""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.measured) and math.isfinite(self.usual)):
            raise ValueError(
                f"reason {self.detector}/{self.fact}: measured and usual must be numbers, found {self.measured} and {self.usual}"
            )
        if not self.says:
            raise ValueError(f"reason {self.detector}/{self.fact} says nothing")

    def to_json(self) -> dict[str, str | float]:
        """The reason as the contract writes it, with `fact` added."""
        return {"detector": self.detector, "fact": self.fact, "says": self.says, "measured": self.measured, "usual": self.usual}
