"""Drift: new people become a larger part of an actor's work than in its beginning, however slowly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nilometer.detection import examples, words
from nilometer.detection.coding import Floats
from nilometer.detection.count import Measure
from nilometer.detection.detector import Before, Detector, Example, setting
from nilometer.detection.evidence import shift
from nilometer.findings.reason import Reason


@dataclass(frozen=True, kw_only=True)
class Drift(Detector):
    """New people a day beside the actor's beginning, and beside the share of new people it had then: both must have grown.

    What is held against an actor is the lowest that it was for ten days, and may grow by a tenth of a percent a day and no more,
    so that nobody can teach it patience. A business that grows keeps its share of new people; one that collects does not.

    Catches: the insider who takes four percent more each day; a crawler hidden at a fifth of its firm's own volume.
    Misses: growth of less than about 1.25 times in the share of new people; actors without siblings (a single consultant wins a
    customer, and is busy with new people for weeks; coldness looks at them); fewer than ten new people a day; who never comes back
    to anybody anyway (nearly all new from the start).
    Looks alike: a sales team that turns from keeping customers to finding new ones.
    """

    id = "drift"
    title = "works with ever more people it has no history with"
    looks_like = "An insider or a crawler that takes a little more each day; or a team whose work has turned to finding new customers."
    action = "Compare its last weeks with its task; ask what changed; lower its budget of new people to what it was in the beginning."
    measures = ("fresh",)
    levels = ("org", "app", "account")
    weight = 0.15

    least: int = setting(10, "count a day below which nothing is judged", low=1)
    ratio: float = setting(1.5, "growth that is looked for: neutral at the square root of it", low=1.01, high=1e3)
    most: float = setting(12.0, "what one day may multiply the evidence by", low=1.01, high=1e6)
    width: float = setting(0.2, "spread of the logarithm of an honest actor's day", low=0.01, high=10)

    def _expected(self, before: Before) -> Floats:
        began, siblings = before.memory.began, before.siblings
        volume = np.maximum(before.memory.recent, before.memory.usual("people"))
        # what the beginning makes of today, by the share of new people and by their number, whichever is more
        own = np.maximum(np.maximum(began["share"], 0.03) * volume, began["fresh"]) * np.fmax(siblings["fresh"], 1.0)
        # the same where siblings say how the work of all has changed since then
        shared = np.maximum(began["start_share"] * siblings["start_share"] * volume, began["start_fresh"] * siblings["start_fresh"])
        expected = np.maximum(np.fmin(own, shared), before.crowd("fresh").middle)
        return np.asarray(np.where(np.isnan(own), np.nan, expected) * before.pace, dtype=np.float64)

    def factor(self, before: Before, measure: Measure, count: Floats) -> Floats:
        """Log-normal growth over the larger of what the beginning's count and the beginning's share make expected."""
        expected = self._expected(before)
        known = np.isfinite(expected) & np.isfinite(before.siblings["fresh"])
        width = np.full(len(expected), self.width)
        factors = shift(count, np.where(known, expected, 1.0), width, self.ratio, self.most)
        return np.where(known, factors, np.minimum(factors, 1.0))

    def reasons(self, before: Before, measure: Measure, who: str, count: int, when: str) -> tuple[Reason, ...]:
        """New people that day beside what its beginning makes expected, and the share then."""
        expected, share = float(self._expected(before)[0]), float(before.memory.began["share"][0])
        return (
            Reason(
                detector=self.id,
                fact="fresh",
                says=f"{who} had been shown {words.number(count)} people that it had never been shown before by {when}; at its present volume "
                f"its beginning would make {words.number(expected)} ({words.percent(share)} of its people were new then).",
                measured=float(count),
                usual=expected,
            ),
        )

    def examples(self) -> Sequence[Example]:
        """A creeping insider; a business that grows with its returning customers."""
        colleagues = {account: examples.work(80, people=40 + account, new=8) for account in range(1, 9)}
        team = ("app", 9)
        creeping = {50: examples.work(80, people=40, new=8, more=lambda d: round(2 * 1.05**d))}
        grown = {51: examples.work(80, people=40, new=8, growth=1.012)}
        return [
            Example(
                name="five percent more each day",
                level="account",
                rows=examples.table({**colleagues, **creeping}, "account", team),
                fires=(50,),
            ),
            Example(name="a business that grows", level="account", rows=examples.table({**colleagues, **grown}, "account", team), fires=()),
        ]


DETECTOR = Drift()
