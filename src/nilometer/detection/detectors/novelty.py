"""Novelty: nearly everybody an actor is shown is new to it, day after day."""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from nilometer.detection import examples, words
from nilometer.detection.detector import Detector, Example, Line, setting
from nilometer.detection.history import Days, Floats, History, Ints, moment
from nilometer.findings.reason import Reason

_MANY: Final = 50
"""Among more peers than this, one actor more or less does not matter."""


@dataclass(frozen=True, kw_only=True)
class Novelty(Detector):
    """Hardly anybody comes back: the share of people an actor had seen before stays far below that of peers of the same age.

    Honest work returns to its people; collecting never does. At the beginning everybody is new to everybody, so an actor is only
    compared with peers that had worked for as many days, and the line is drawn later where peers, too, meet mostly new people.

    Catches: a crawler at any steady rate from about a hundred people a day on, however long it keeps under every rate limit.
    Misses: collecting below a hundred people a day; a crawler that revisits known people on purpose; one hidden inside a much
    larger honest actor; one among peers that also never see anybody twice.
    Looks alike: support agents and identity checks, which see everybody once (their peers do too, or they give references;
    a whole call centre seen as one organisation among partners has neither, unless it gives references); the first sync of a new partner (over before the days that this waits for).
    """

    id = "novelty"
    title = "is shown new people day after day and hardly anybody twice"
    looks_like = (
        "Collecting: a crawler or an export in slices that works through the people it has not seen yet; honest work returns to its people."
    )
    action = "Ask the owner what these people have in common with this actor; until it is explained, mask sensitive fields and cap new people a day."

    days: int = setting(5, "active days in a row that must all be nearly all new before a line is drawn")
    span: int = setting(21, "calendar days within which these active days must lie")
    least: int = setting(30, "people on a day for it to count as active")
    people: int = setting(100, "people a day, on average of these days but the busiest, below which no actor is judged")
    share: float = setting(0.9, "share of new people that each of these days must reach")
    unexplained: float = setting(0.5, "share of people without a business reference from which the actor is judged")
    factor: float = setting(8.0, "how many times rarer than at nine in ten peers it must be that somebody comes back")
    returns: float = setting(
        0.05, "share of returning people from which nobody is named, however often peers' people return: syncs see all again"
    )
    peers: int = setting(3, "actors of comparable age and size needed for a comparison")
    peer_people: int = setting(
        150, "people a day from which any actor is large enough a peer; below it, a quarter of the judged actor's own"
    )
    alone_days: int = setting(8, "active days needed where there are not enough peers")
    alone_returns: float = setting(0.005, "share of returning people below which an actor without peers is named")

    def look(self, history: History) -> Iterable[Line]:
        """Day lines: for each actor whose latest active days were all nearly all new, if peers' days were not."""
        whole = history.days
        judged = whole.where(whole.counts["people"] >= self.least)
        if len(judged) <= self.days:
            return
        windows = _Windows(judged, self.days, self.share)
        ends = np.flatnonzero(windows.full) + 1  # the day after a window
        ends = ends[(ends < len(judged)) & (judged.ordinal[np.minimum(ends, len(judged) - 1)] > 0)]
        before = ends - 1
        fits = (
            (windows.all_new[before])
            & (judged.day[ends] - judged.day[before - self.days + 1] <= self.span)
            & (windows.people[before] - windows.busiest[before] >= self.people * (self.days - 1))
            & (windows.unexplained[before] >= self.unexplained * windows.people[before])
        )
        peers = _Peers(judged, windows, self.days, self.peer_people * self.days)
        for end in ends[fits].tolist():
            line = self._judge(history, judged, windows, peers, end)
            if line is not None:
                yield line

    def _judge(self, history: History, judged: Days, windows: _Windows, peers: _Peers, end: int) -> Line | None:
        before = end - 1
        people, new = int(windows.people[before]), int(windows.new[before])
        returns = people - new
        at_most = (returns + 2.0 * math.sqrt(returns) + 3.0) / people  # what the share of returning people may really be
        usual = peers.returns(int(judged.actor[end]), int(judged.day[end]), int(judged.ordinal[before]), people, self.peers)
        if usual is not None:
            typical, low = usual
            if at_most > self.returns or at_most * self.factor > low:
                return None
            odds = _poisson_odds(returns, low * people)
            beside = f"at comparable {words.many(history.level)} with as many days behind them, {words.percent(1 - typical)} were"
        else:
            if history.level == "ip" or judged.ordinal[end] < self.alone_days or at_most > self.alone_returns:
                return None
            typical = self.alone_returns * 2
            odds = _poisson_odds(returns, typical * people)
            beside = f"nothing here is comparable; honest work of this age returns to more than {words.percent(typical)} of its people"
        pace = new / self.days
        limit = max(self.least, round(pace / 4))  # at least `least`: a day that crosses it counts as active at that very moment
        if judged.counts["new"][end] < limit:
            return None
        day = int(judged.day[end])
        return Line(
            actor=int(judged.actor[end]),
            measure="new",
            limit=limit,
            of="people",
            share=self.share,
            since=moment(day * 24),
            before=moment(day * 24 + 24),
            odds=odds,
            reasons=(
                Reason(
                    detector=self.id,
                    fact="share_new",
                    says=f"Of the {words.number(people)} people {{who}} was shown on its {self.days} latest active days before {{day}}, "
                    f"{words.percent(new / people)} were new to it; {beside}.",
                    measured=new / people,
                    usual=1 - typical,
                ),
                Reason(
                    detector=self.id,
                    fact="new",
                    says="It went on: {count} more people it had never been shown, by {when}.",
                    measured=limit,
                    usual=max(0.0, (1 - typical) * people / self.days) if usual is not None else pace,
                ),
            ),
        )

    def examples(self) -> Sequence[Example]:
        """A crawler among partners; a warm-up, agents, an onboarding and a nightly sync."""
        partners = {app: [(d, 9, examples.hour(400, round(400 * (0.6 + 0.4 * 0.75**d)))) for d in range(16)] for app in range(1, 9)}
        crawler = {50: [(d, h, examples.hour(25, 25)) for d in range(2, 16) for h in range(8, 20)]}
        warm = {app: [(d, 9, examples.hour(400, round(400 * 0.98**d))) for d in range(8)] for app in range(1, 9)}
        agents = {agent: [(d, 10, examples.hour(110 + agent, 110 + agent)) for d in range(14)] for agent in range(1, 12)}
        onboarding = {
            60: [(10, 9, examples.hour(9000)), (11, 9, examples.hour(8000)), *((d, 9, examples.hour(300, 40)) for d in range(12, 16))]
        }
        sync = {70: [(d, 2, examples.hour(5000, 5000 if d == 0 else 12)) for d in range(16)]}
        regular = {81: [(d, 9, examples.hour(400, 368)) for d in range(16)]}
        syncs = {app: [(d, 2, examples.hour(5000, 5000 if d == 0 else 12)) for d in range(16)] for app in range(1, 9)}
        rush = {80: [(d, 10, examples.hour(250 if d == 12 else 85)) for d in range(16)]}
        return [
            Example(
                name="among nightly syncs, one to whom one in twelve returns",
                level="app",
                hours=examples.table({**syncs, **regular}),
                fires=(),
            ),
            Example(
                name="an agent among partners, with one rush day", level="account", hours=examples.table({**partners, **rush}), fires=()
            ),
            Example(
                name="a crawler of 300 people a day beside partners",
                level="app",
                hours=examples.table({**partners, **crawler}),
                fires=(50,),
            ),
            Example(name="a crawler with nobody to compare", level="account", hours=examples.table(_alone()), fires=(50,)),
            Example(name="warm-up: everybody is new to everybody", level="app", hours=examples.table(warm), fires=()),
            Example(name="support agents without references", level="account", hours=examples.table(agents), fires=()),
            Example(name="onboarding and nightly sync", level="app", hours=examples.table({**partners, **onboarding, **sync}), fires=()),
        ]


class _Windows:
    """For every judged day that closes a full window of days: what the window added up to."""

    def __init__(self, judged: Days, days: int, share: float) -> None:
        self.full = judged.ordinal >= days - 1
        self.people = _rolling(judged.counts["people"], days)
        self.busiest = _rolling_most(judged.counts["people"], days)
        self.new = _rolling(judged.counts["new"], days)
        self.unexplained = _rolling(judged.counts["unexplained"], days)
        self.all_new = _rolling((judged.counts["new"] >= share * judged.counts["people"]).astype(np.int64), days) == days


class _Peers:
    """How many of their people come back to other actors, by age (in active days) and size.

    Each actor is looked at on a ladder of ages, each a fifth above the one below, so that the cost grows with the logarithm of
    a history's length; the answer for one day, age and size is worked out once.
    """

    def __init__(self, judged: Days, windows: _Windows, days: int, large: int) -> None:
        self._large = large
        self._ages = _ladder(days - 1, int(judged.ordinal.max(initial=0)))
        self._rungs: list[tuple[Ints, Ints, Ints, Floats]] = []
        for age in self._ages:
            rows = np.flatnonzero(windows.full & (judged.ordinal == age))
            rows = rows[np.argsort(judged.day[rows], kind="stable")]
            self._rungs.append((judged.day[rows], judged.actor[rows], windows.people[rows], 1.0 - windows.new[rows] / windows.people[rows]))
        self._known: dict[tuple[int, int, int], tuple[Ints, Floats, int, float, float]] = {}

    def returns(self, actor: int, day: int, age: int, people: int, least: int) -> tuple[float, float] | None:
        """The median and the first decile of peers' share of returning people, known before `day`; None with fewer than `least` peers."""
        rung = bisect.bisect_right(self._ages, age) - 1
        size = min(self._large, math.ceil(1.25 ** math.ceil(math.log(max(people / 4, 1), 1.25))))
        where = (day, rung, size)
        if where not in self._known:
            self._known[where] = self._crowd(day, self._ages[rung], size)
        actors, shares, crowd, middle, low = self._known[where]
        if crowd <= _MANY:  # among few, the actor itself must not be its own peer
            others = actors != actor
            crowd = len(np.unique(actors[others]))
            if crowd:
                middle, low = (float(q) for q in np.quantile(shares[others], (0.5, 0.1)))
        return (middle, low) if crowd >= least else None

    def _crowd(self, day: int, age: int, size: int) -> tuple[Ints, Floats, int, float, float]:
        actors, shares = [], []
        for rung in range(bisect.bisect_left(self._ages, int(age / 1.5)), bisect.bisect_right(self._ages, math.ceil(age * 1.5))):
            days, actor, people, share = self._rungs[rung]
            known = slice(0, int(np.searchsorted(days, day)))
            keep = people[known] >= size
            actors.append(actor[known][keep])
            shares.append(share[known][keep])
        actor, share = np.concatenate(actors), np.concatenate(shares)
        if not len(actor):
            return actor, share, 0, 0.0, 0.0
        middle, low = np.quantile(share, (0.5, 0.1))
        return actor, share, len(np.unique(actor)), float(middle), float(low)


def _ladder(first: int, last: int) -> list[int]:
    """Ages from `first` to `last`, each about a fifth above the one below."""
    found = [first]
    while found[-1] < last:
        found.append(max(found[-1] + 1, round(found[-1] * 1.2)))
    return found


def _rolling(values: Ints, days: int) -> Ints:
    """Sum of each row and the `days - 1` rows before it (meaningless where the window is not full)."""
    total = np.concatenate(([0], np.cumsum(values)))
    first = np.maximum(np.arange(len(values)) - days + 1, 0)
    return np.asarray(total[1:] - total[first], dtype=np.int64)


def _rolling_most(values: Ints, days: int) -> Ints:
    """The largest of each row and the `days - 1` rows before it (meaningless where the window is not full)."""
    most = values.copy()
    for back in range(1, min(days, len(values))):
        most[back:] = np.maximum(most[back:], values[:-back])
    return most


def _poisson_odds(seen: int, expected: float) -> float:
    """How much likelier `seen` returns are under their own rate than under the rate of peers that return least; between 10 and a million."""
    own = max(float(seen), 0.5)
    log = seen * math.log(own / expected) - own + expected if expected > 0 else 0.0
    return float(np.clip(math.exp(min(log, 50.0)), 10.0, 1e6))


def _alone() -> dict[int, list[tuple[int, int, examples.Hour]]]:
    return {50: [(d, h, examples.hour(20)) for d in range(18) for h in range(9, 19)], 1: [(d, 9, examples.hour(5, 1)) for d in range(18)]}


DETECTOR = Novelty()
