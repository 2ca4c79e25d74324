"""Novelty: an actor is shown far more people it has never seen than its own past and its peers, day after day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nilometer.detection import baselines, examples, words
from nilometer.detection.coding import Floats
from nilometer.detection.count import Measure
from nilometer.detection.detector import Before, Detector, Example, setting
from nilometer.detection.evidence import shift
from nilometer.findings.reason import Reason


@dataclass(frozen=True, kw_only=True)
class Novelty(Detector):
    """People never shown to this actor before (and without a fitting reference), counted by day, far above what is usual for it.

    Re-visiting known people to look human changes nothing: the number of new ones still grows.

    Catches: a crawler at any steady rate that is several times what its account did before, however long it stays under every
    rate limit; a newcomer that keeps meeting several times more new people than nine in ten of its peers.
    Misses: collecting at less than about two and a half times the new people usual for the actor (drift and coldness look
    closer); a leak that began with the ledger; an actor whose peers collect as much.
    Looks alike: a business that doubles overnight for good; a new partner with far more customers than any other (declare it).
    A sync, a backfill or a sign-up is over before four days have passed, which is what this waits for.
    """

    id = "novelty"
    title = "is shown new people day after day, far more than usual"
    looks_like = (
        "Collecting: a crawler or an export in slices that works through the people it has not seen yet; honest work returns to its people."
    )
    action = "Ask the owner what these people have in common with this actor; until it is explained, mask sensitive fields and cap new people a day."
    measures = ("fresh",)
    weight = 0.25

    ratio: float = setting(6.0, "growth that is looked for: neutral at the square root of it", low=1.01, high=1e3)
    most: float = setting(20.0, "what one day may multiply the evidence by", low=1.01, high=1e6)
    narrowest: float = setting(0.35, "least spread of the logarithm of an honest actor's day", low=0.01, high=10)

    def factor(self, before: Before, measure: Measure, count: Floats) -> Floats:
        """Log-normal growth of new people over the actor's usual."""
        expected = baselines.usual(before, measure)
        factors = shift(count, np.minimum(expected, 1e12), baselines.spread(before, measure, self.narrowest), self.ratio, self.most)
        return np.where(np.isfinite(expected), factors, np.minimum(factors, 1.0))

    def reasons(self, before: Before, measure: Measure, who: str, count: int, when: str) -> tuple[Reason, ...]:
        """New people that day beside the usual number, and for how long they were remembered."""
        expected = float(baselines.usual(before, measure)[0])
        own, days = float(before.memory.usual(measure)[0]), int(before.memory.days[0])
        past = f"its own usual day: {words.number(own)}" if days >= baselines.GROWN else f"{words.days(days)} of its own before"
        return (
            Reason(
                detector=self.id,
                fact="fresh",
                says=f"{who} had been shown {words.number(count)} people that it had never been shown before by {when}; "
                f"{past}; expected at most about {words.number(expected)}. It was not the first such day.",
                measured=float(count),
                usual=expected,
            ),
        )

    def examples(self) -> Sequence[Example]:
        """A crawler beside partners; a sign-up, an onboarding, steady growth."""
        partners = {app: examples.work(45, people=60 + 10 * app, new=6) for app in range(1, 9)}
        crawler = {50: [*examples.work(25, people=30, new=3), *examples.work(12, people=150, new=140, first=25)]}
        signed = {51: [*examples.work(25, people=50, new=5), *examples.work(2, people=400, new=390, first=25)]}
        return [
            Example(name="a crawler of 140 new people a day", level="app", rows=examples.table({**partners, **crawler}), fires=(50,)),
            Example(name="two busy days: a merchant signs up", level="app", rows=examples.table({**partners, **signed}), fires=()),
        ]


DETECTOR = Novelty()
