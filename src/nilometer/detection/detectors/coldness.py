"""Coldness: an actor reads people whom nobody else on the platform ever reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nilometer.detection import baselines, examples, words
from nilometer.detection.coding import Floats
from nilometer.detection.count import Measure
from nilometer.detection.detector import Before, Detector, Example, setting
from nilometer.detection.evidence import shift
from nilometer.detection.memory import LATELY
from nilometer.findings.reason import Reason


@dataclass(frozen=True, kw_only=True)
class Coldness(Detector):
    """People whom nobody at all had been shown before: work meets the people who do things, walking through a base meets everybody.

    Honest actors meet such people as they join or wake up, in numbers that fall as the ledger grows; who works through the whole
    base meets more of them, at once and for good. On a surface this shows also when every member stays small: it is judged beside the
    other surfaces, when the day is over.

    Catches: a crawler hidden in an actor that meets many new people anyway; swarms and mills on a surface.
    Misses: collecting only active people; the first weeks of a ledger, when everybody is cold; a swarm on most surfaces
    at once; a swarm on a small platform, whose surfaces stray by a fifth from day to day; who alone makes a surface grow and does what is
    usual for itself.
    Looks alike: a campaign that wins many new customers at once (their first reader is whoever greets them); a surface that grows
    for days because something was launched there.
    """

    id = "coldness"
    title = "reads people whom nobody else reads"
    title_surface = "shows many more people than usual whom nobody had ever been shown"
    looks_like = "Walking through the whole base: a crawler or many small ones; or a campaign that brought many new people."
    action = "See who these people are: if nothing happened to them that this actor has business with, cap new people on this surface."
    measures = ("cold",)
    levels = ("org", "app", "account", "surface")
    weight = 0.25
    waits = True

    ratio: float = setting(6.0, "growth that is looked for: neutral at the square root of it", low=1.01, high=1e3)
    ratio_large: float = setting(2.5, "growth that is looked for in actors that usually meet many cold people", low=1.01, high=1e3)
    large: float = setting(40.0, "cold people a day from which that holds")
    most: float = setting(12.0, "what one day may multiply the evidence by", low=1.01, high=1e6)
    narrowest: float = setting(0.35, "least spread of the logarithm of an honest actor's day", low=0.01, high=10)
    most_surface: float = setting(60.0, "what one day of a surface may multiply the evidence by", low=1.01, high=1e6)
    busy: float = setting(1.4, "pace from which a surface's day is taken for a busy one", low=1, high=1e3)
    width: float = setting(0.15, "spread of the logarithm of a surface's day, where many actors add up", low=0.01, high=10)
    quieter: float = setting(0.8, "share of a surface's usual that is expected at least, however quiet the others are", high=1)
    ratio_surface: float = setting(1.8, "growth that is looked for on a surface", low=1.01, high=1e3)

    def _expected(self, before: Before) -> Floats:
        if before.level != "surface":
            return baselines.usual(before, "cold")
        busy = before.pace if before.pace > self.busy else 1.0  # below that, the day of the week says it better
        like = baselines.weekday(before.memory, "cold", before.day)
        if before.beside is None:
            like = like * busy
        else:  # that the others are quieter is no guilt of this one
            like = np.where(np.isnan(before.beside), like * busy, np.fmax(before.beside, self.quieter * np.fmin(like, 1.0)))
        # the beginning is the lowest of many means of LATELY days, which is some two standard errors below what is usual
        low = 0.0 if before.unrest is None else np.nan_to_num(before.unrest) * 2.0 / LATELY**0.5
        began = before.memory.began["cold"] * like * np.exp(low)
        return np.where(np.isfinite(began), began, np.inf)

    def _width(self, before: Before) -> Floats:
        unrest = np.nan if before.unrest is None else before.unrest
        return np.asarray(np.fmax(np.full(len(before.memory), self.width), unrest), dtype=np.float64)

    def factor(self, before: Before, measure: Measure, count: Floats) -> Floats:
        """Log-normal growth of cold people over the actor's usual."""
        expected = self._expected(before)
        wide = before.level == "surface"
        width = self._width(before) if wide else baselines.spread(before, measure, self.narrowest)
        ratio = self.ratio_surface if wide else np.where(expected >= self.large, self.ratio_large, self.ratio)
        factors = shift(count, np.minimum(expected, 1e12), width, ratio, self.most_surface if wide else self.most)
        return np.where(np.isfinite(expected), factors, np.minimum(factors, 1.0))

    def reasons(self, before: Before, measure: Measure, who: str, count: int, when: str) -> tuple[Reason, ...]:
        """Cold people that day beside the usual number."""
        expected = float(self._expected(before)[0])
        shown = "shown" if before.level == "surface" else "been shown"
        usual = f"usual are {words.number(expected)} a day"
        if before.beside is not None:
            usual = f"what the other surfaces showed that day makes {words.number(expected)} usual"
        return (
            Reason(
                detector=self.id,
                fact="cold",
                says=f"Of the people {who} had {shown} by {when}, {words.number(count)} had never been shown to anybody on the platform; "
                f"{usual}.",
                measured=float(count),
                usual=expected,
            ),
        )

    def examples(self) -> Sequence[Example]:
        """A walk through the base beside actors that share their people; the same people read by colleagues first."""
        base = {account: examples.work(50, people=60, new=20, pool=3_000) for account in range(1, 9)}
        walker = {50: [*examples.work(30, people=60, new=20, pool=3_000), *examples.work(15, people=120, new=90, first=30)]}
        return [
            Example(
                name="a walk through people nobody reads", level="account", rows=examples.table({**base, **walker}, "account"), fires=(50,)
            ),
            Example(name="everybody shares a base", level="account", rows=examples.table(base, "account"), fires=()),
        ]


DETECTOR = Coldness()
