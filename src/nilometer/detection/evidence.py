"""Evidence that may be looked at any time: e-values, e-detectors, and the bar that a stated false-alarm rate sets for them.

An e-value is a number that on honest work is 1 on average or less; Ville's inequality then says that it ever exceeds B in
at most one of B honest histories, however often one looks. A day's factor compares what an actor did with what was usual
for it, as a likelihood ratio, divided by the mean that this ratio had on the actor-days of the four weeks before (a plug-in
conformal e-value, Vovk 2025): what is a common day on this platform is no evidence, whatever the formula says. Days are
joined by the Shiryaev-Roberts e-detector M <- (M + 1) e (Shin, Ramdas and Rinaldo 2024), whose value grows by at most one
a day on honest work: so on average it takes at least B actor-days until it wrongly reaches B.

What is not exact about it, and to which side:
- The mean is over the actor-days that were judged at all (see `least`) and whose evidence stayed below `claims.SUSPECT`, and it is
  never taken below 1. Leaving out days of suspects lowers the mean, which makes factors larger than an exact e-value's; days
  too small to be judged count as LITTLE without being in the mean, the floor at 1 and the caps make them smaller.
- Evidence is cut at CARRIED and days below QUIET pass it on as it was: both only lower it, or keep it.
- A plug-in mean of past days is an e-value in the limit of many exchangeable days, not of each day.
So the stated rate is a design target, not a theorem about your platform; `docs/evaluation.md` has the measured rates beside it.
They were lower, on simulated platforms only.

Where this breaks: the factors assume that an honest actor's day, beside its own past, is like those of others at its level.
One whose work changes for good (a merger, a new duty) is not, and is caught up with only by the caps in the detectors, by
`learn` and by what operators declare. Detectors that look once at one day (`lasting = False`) assume a tail that falls with
a stated power.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from nilometer.detection.coding import Floats

ACTOR_DAYS: Final = 30_000
"""In a thousand actor-months."""
MOST: Final = 1e12
"""Evidence is not counted beyond this."""
CARRIED: Final = 3e6
"""Evidence is not carried from day to day beyond this, so that an actor that stops is cleared within days."""
DISCOVERIES: Final = 0.1
"""At most this share of the findings open at one time may be false (e-BH, Wang and Ramdas 2022, applied day by day)."""
WEEKS: Final = 28
"""Days over which a detector's usual factor is averaged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """The stated rate: at most `false_alarms` false findings per 1,000 actor-months."""

    false_alarms: float = 1.0

    def bar(self, judged: int, open_findings: int, share: float = 1.0) -> float:
        """What the evidence against an actor must reach, all detectors together.

        The first part keeps the rate; the second is e-BH's: the k-th finding among `judged` actors needs judged / (k x 0.1),
        so that on a platform of a million actors one day's chance does not bring a hundred findings. Actors of a kind that are judged
        apart have a `share` of what may be false (weighted e-BH: the weights of all actors are 1 on average).
        """
        return max(ACTOR_DAYS / self.false_alarms, judged / (share * DISCOVERIES * (1 + open_findings)))


@dataclass(frozen=True, slots=True)
class Norm:
    """The mean factor of the last WEEKS days, as (day, sum, number) for each."""

    days: tuple[tuple[int, float, int], ...] = ()

    def mean(self, until: int | None = None) -> float:
        """The mean of the days before `until` (None: of all); at least 1: no detector becomes more eager because the platform is quiet."""
        days = [one for one in self.days if until is None or one[0] < until]
        number = sum(n for _, _, n in days)
        return max(1.0, sum(s for _, s, _ in days) / number) if number >= 20 else 1.0

    def after(self, day: int, factors: Floats) -> Norm:
        """With one more day of factors."""
        kept = tuple(one for one in self.days if one[0] > day - WEEKS)
        return Norm((*kept, (day, float(factors.sum()), len(factors)))) if len(factors) else Norm(kept)


def shift(count: Floats, usual: Floats, spread: Floats, ratio: Floats | float, most: float) -> Floats:
    """How much likelier a count is when work has grown `ratio`-fold than as usual; a day's factor, each in [1/e, `most`].

    A likelihood ratio of log-normal counts with the spread of the logarithm `spread` (at least), wider where the usual is
    small (a count of mean m has a relative spread of about 1/sqrt(m)). It is neutral at sqrt(ratio) times the usual. `most`
    bounds what one day may say: a sync, a backfill, a sign-up alone never reaches the bar.
    """
    z = np.log((count + 1.0) / (usual + 1.0))
    delta = np.log(ratio)
    steps = np.clip((delta * z - delta * delta / 2.0) / (spread * spread + 1.0 / (usual + 1.0)), -1.0, np.log(most))
    return np.asarray(np.exp(steps), dtype=np.float64)


def tail(count: Floats, line: Floats, power: float) -> Floats:
    """The factor of a count beyond `line` when honest counts exceed it r-fold at most once in r ** power actor-days."""
    return np.asarray(np.exp(np.minimum(power * (np.log(np.maximum(count, 1.0)) - np.log(np.maximum(line, 1.0))), 80.0)), dtype=np.float64)
