"""Enumeration: an actor walks through an id space, or guesses ids and mostly fails."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from nilometer.detection import examples, words
from nilometer.detection.baselines import DailyUsual, Usual
from nilometer.detection.detector import Detector, Example, Line, setting
from nilometer.detection.history import Days, Flags, History, Ints, moment, record
from nilometer.findings.reason import Reason


@dataclass(frozen=True, kw_only=True)
class Enumeration(Detector):
    """Steps from one id to a neighbouring one, or different ids asked for in vain, far above own record and peers.

    Catches: counting upwards (or downwards) through customer numbers, document numbers or tags, also with small jumps; guessing
    ids most of which do not exist or are refused.
    Misses: walking in shuffled order; ids that are no numbers; guesses that mostly hit; guessing in hours in which fewer than
    three others are active (it could be an outage). A newcomer's walk is named on its third day only: the first may be a first sync.
    Looks alike: a backup or a nightly sync that reads its table in order (it walks the same people again, so only its first run is
    new, and its own record covers it later); an outage or a client whose key expired (everybody fails; it asks for its own people).
    """

    id = "enumeration"
    title = "walks or guesses its way through ids"
    looks_like = (
        "Guessing or counting through identifiers; or a backup, a migration or a sync that reads a table in order for the first time."
    )
    action = "Check whether a declared job ran; if not, answer this actor with delays and challenges, and make the ids unguessable."

    near: int = setting(500, "neighbouring steps a day below which no walk is named")
    near_share: float = setting(0.6, "share of all steps that must go to a neighbouring id")
    misses: int = setting(500, "different people a day asked for in vain below which nobody is named")
    misses_per_person: float = setting(4.0, "how many are asked for in vain for each person shown")
    factor: float = setting(5.0, "how many times its own record of earlier days an actor may reach")
    factor_peers: float = setting(3.0, "how many times the ninth decile of peers that walk or miss at all is too much")
    peers: int = setting(5, "peers needed for that comparison")
    window: int = setting(63, "days for which records are remembered")
    warm_up: int = setting(
        8, "active days before a walk by an identified actor is named at once: weekly jobs have shown themselves by then"
    )
    fresh_days: int = setting(
        2, "earlier days of walking through new people after which the next is named, whatever the record and the peers"
    )
    others: int = setting(3, "other actors that must be active in an hour to tell guessing from an outage")
    outage: float = setting(0.5, "share of the others failing mostly from which an hour counts as an outage")

    def look(self, history: History) -> Iterable[Line]:
        """Day lines for walks; for guesses, hour lines from the complete hours of the day."""
        yield from self._walks(history)
        yield from self._guesses(history)

    def _walks(self, history: History) -> Iterator[Line]:
        days = history.days
        near = days.counts["near"]
        rows = np.flatnonzero(near >= self.near)
        own = record(days, near, rows, self.window)
        fresh = _walked_new_ground(days, self.near // 2, self.near_share)
        crowd = DailyUsual(days, near, 10, self.window)
        for row, best in zip(rows.tolist(), own.tolist(), strict=True):
            day = int(days.day[row])
            others = crowd.before(day)
            limit = float(self.near)
            if fresh[row] < self.fresh_days:
                if history.level != "ip" and days.ordinal[row] < self.warm_up:
                    continue
                limit = max(limit, self.factor * best, self._peer_line(others))
            if near[row] >= limit and near[row] > 0:
                says = (
                    "{who} had stepped from one id to a neighbouring one {count} times by {when}; its record on earlier days was "
                    + words.number(best)
                    + "."
                )
                yield self._line(
                    int(days.actor[row]), "near", limit, (day * 24, day * 24 + 24), ("steps", self.near_share), says, float(best), others
                )

    def _guesses(self, history: History) -> Iterator[Line]:
        days = history.days
        rows = np.flatnonzero(days.counts["misses"] >= self.misses)
        if not len(rows):
            return
        own = np.maximum(
            self.factor * record(days, days.counts["misses"], rows, self.window),
            self.factor_peers * record(days, days.counts["people"], rows, self.window),
        )
        crowd = DailyUsual(days, days.counts["misses"], 10, self.window)
        calm = _calm_hours(history, self.others, self.outage)
        running = history.running("misses")
        for row, best in zip(rows.tolist(), own.tolist(), strict=True):
            others = crowd.before(int(days.day[row]))
            limit = max(float(self.misses), best, self._peer_line(others))
            first = int(history.starts[row])
            last = int(history.starts[row + 1]) if row + 1 < len(history.starts) else len(history)
            known = 0
            for at in range(first, last):
                if known >= limit and running[at] >= limit:
                    hour = int(history.hour[at])
                    says = (
                        "{who} had asked for {count} different people in vain by {when}, more than "
                        + words.number(self.misses_per_person)
                        + " for each one it was shown."
                    )
                    usual = float(best) / self.factor
                    yield self._line(
                        int(days.actor[row]), "misses", limit, (hour, hour + 1), ("people", self.misses_per_person), says, usual, others
                    )
                known += int(history.counts["misses"][at]) if calm[at] else 0

    def _peer_line(self, others: Usual) -> float:
        return self.factor_peers * others.high if others.actors >= self.peers else 0.0

    def _line(
        self, actor: int, measure: str, limit: float, period: tuple[int, int], of: tuple[str, float], says: str, usual: float, others: Usual
    ) -> Line:
        reason = Reason(detector=self.id, fact=measure, says=says, measured=limit, usual=usual)
        return Line(
            actor=actor,
            measure="near" if measure == "near" else "misses",
            limit=int(np.ceil(limit)),
            since=moment(period[0]),
            before=moment(period[1]),
            odds=float(np.clip(10.0 * (limit / max(10.0, usual, others.middle)) ** 2, 10.0, 1e6)),  # as if tails fell with the square
            reasons=(reason,),
            of="steps" if of[0] == "steps" else "people",
            share=of[1],
        )

    def examples(self) -> Sequence[Example]:
        """A walk and a guesser; a nightly sync in order, an outage, a poller."""
        quiet = {app: [(d, h, examples.hour(4, 1)) for d in range(12) for h in range(8, 18)] for app in range(1, 9)}
        walk = {50: [*quiet[1], *((11, h, examples.hour(300, 300, near=290, ascending=299)) for h in range(1, 5))]}
        guess = {51: [(11, h, examples.hour(10, 10, misses=200)) for h in range(9, 16)]}
        sync = {60: [(d, 2, examples.hour(5000, 5000 if d == 0 else 10, near=4900, ascending=4999)) for d in range(12)]}
        down = {
            app: [*rows, (12, 9, examples.hour(0, 0, misses=700)), (12, 10, examples.hour(0, 0, misses=200))] for app, rows in quiet.items()
        }
        return [
            Example(name="counting upwards through customer numbers", level="app", hours=examples.table({**quiet, **walk}), fires=(50,)),
            Example(
                name="guessing: seven in eight ids do not exist", level="account", hours=examples.table({**quiet, **guess}), fires=(51,)
            ),
            Example(name="a nightly sync reads its table in order", level="app", hours=examples.table({**quiet, **sync}), fires=()),
            Example(name="an outage: everybody fails", level="app", hours=examples.table(down), fires=()),
        ]


def _walked_new_ground(days: Days, least: int, share: float) -> Ints:
    """For each day: on how many earlier days the actor walked through people that were nearly all new to it."""
    people, near = days.counts["people"], days.counts["near"]
    walked = (near >= np.maximum(least, share * days.counts["steps"])) & (people >= least) & (days.counts["new"] >= 0.9 * people)
    total = np.cumsum(walked)
    at = np.arange(len(days)) - days.ordinal
    start = total[at] - walked[at]
    return np.asarray(total - walked - start, dtype=np.int64)


def _calm_hours(history: History, least: int, outage: float) -> Flags:
    """For each row: whether enough others were active in its hour and most of them were answered."""
    hour = history.hour - (int(history.hour.min()) if len(history) else 0)
    size = int(hour.max()) + 1 if len(hour) else 0
    counts = (history.counts["asked"] - history.counts["disclosures"]) * 2 > history.counts["asked"]
    active = np.bincount(hour, minlength=size)[hour] - 1
    failing = np.bincount(hour, weights=counts, minlength=size)[hour] - counts
    return np.asarray((active >= least) & (failing <= outage * active), dtype=np.bool_)


DETECTOR = Enumeration()
