"""Unexplained: people opened without a ticket, order or consent where such a reference is the rule, or with somebody else's."""

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
class Unexplained(Detector):
    """Distinct people shown without a fitting reference, by actors that otherwise give one for at least half of their people.

    A reference fits the first person it is given for that day; whoever is opened after that under the same number is unexplained.

    Catches: a bribed agent who opens a few dozen people more a day than there are tickets, or several under one ticket.
    Misses: invented references that look real (no list of real ones is asked for); actors that never give any.
    Looks alike: training, an outage of the ticket system (both shorter than the four days this waits for), a new duty without
    tickets.
    """

    id = "unexplained"
    title = "opens people without a reason that fits"
    looks_like = "People looked up outside the work: curiosity, bribery, a side business; or work that has no ticket yet."
    action = "Ask what these people were opened for; have the desk ask for a ticket before it shows contact data."
    measures = ("unexplained",)
    levels = ("org", "app", "account", "surface")
    weight = 0.05

    ratio: float = setting(6.0, "growth that is looked for: neutral at the square root of it", low=1.01, high=1e3)
    most: float = setting(12.0, "what one day may multiply the evidence by", low=1.01, high=1e6)
    narrowest: float = setting(0.35, "least spread of the logarithm of an honest actor's day", low=0.01, high=10)
    cited: float = setting(0.5, "share of its people for which an actor must usually give a reference to be judged", high=1)

    def factor(self, before: Before, measure: Measure, count: Floats) -> Floats:
        """Log-normal growth of unexplained people over the actor's usual."""
        memory = before.memory
        own, people = memory.usual("unexplained"), memory.usual("people")
        width = baselines.spread(before, measure, self.narrowest)
        judged = (memory.days >= baselines.GROWN) & (own <= (1.0 - self.cited) * people)
        factors = shift(count, own * before.pace, width, self.ratio, self.most)
        return np.where(judged, factors, np.minimum(factors, 1.0))

    def reasons(self, before: Before, measure: Measure, who: str, count: int, when: str) -> tuple[Reason, ...]:
        """Unexplained people that day beside the usual number."""
        own, people = float(before.memory.usual("unexplained")[0]), float(before.memory.usual("people")[0])
        return (
            Reason(
                detector=self.id,
                fact="unexplained",
                says=f"{who} had been shown {words.number(count)} people without a reference that fits them by {when}; "
                f"usual for it are {words.number(own)} of {words.number(people)} people a day.",
                measured=float(count),
                usual=own,
            ),
        )

    def examples(self) -> Sequence[Example]:
        """An agent who opens more people than tickets; a day without the ticket system."""
        desk = {agent: examples.work(30, people=40, new=35, cited=True) for agent in range(1, 9)}
        bribed = {50: examples.work(30, people=40, new=35, cited=True, aside=lambda d: 25 if d >= 18 else 0)}
        down = {agent: examples.work(30, people=40, new=35, cited=True, aside=lambda d: 40 if d == 20 else 0) for agent in range(1, 9)}
        return [
            Example(
                name="25 people a day without a ticket", level="account", rows=examples.table({**desk, **bribed}, "account"), fires=(50,)
            ),
            Example(name="one day without the ticket system", level="account", rows=examples.table(down, "account"), fires=()),
        ]


DETECTOR = Unexplained()
