"""Reach: one actor is shown far more people in a day than it ever was, and than others are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from nilometer.detection import examples, words
from nilometer.detection.baselines import NOBODY, DailyUsual, Usual, so_far_today
from nilometer.detection.detector import Detector, Example, Line, setting
from nilometer.detection.history import Days, History, Ints, moment, record
from nilometer.findings.reason import Reason


@dataclass(frozen=True, kw_only=True)
class Reach(Detector):
    """Distinct people shown to one actor in a UTC day, far above its own record and far above its peers.

    Only people shown without a business reference count; where nobody gives references, that is everybody.

    Catches: a stolen token or an insider that suddenly reads in bulk; a newcomer that reads far more than any peer; on a log of
    one single day, the few addresses that collect by the thousand.
    Misses: a leak that stays under eight times the actor's own record, or that was there from the first day and is no larger than
    honest peers; a crawler that invents references; actors with an identity (org, app, account) in their first days, unless they dwarf
    everybody else: nobody can know yet who is simply large.
    Looks alike: a sale day, a month's end, a backfill after an outage (all stay below the factor unless they are an actor's very
    first); the first sync of a new partner, if it is fifty times the largest day of any peer.
    """

    id = "reach"
    title = "was shown far more people than usual"
    looks_like = "Bulk reading: a stolen token, an export by an insider or a crawler; or one large honest job that nobody announced."
    action = "Ask the owner what ran at that time; until it is explained, mask sensitive fields for this actor or lower its daily budget."

    factor: float = setting(8.0, "how many times its own record of earlier days an actor may reach")
    own_days: int = setting(5, "active days before an actor's own record is trusted; until then it is judged against peers")
    window: int = setting(63, "days for which an actor's record is remembered: two months' ends")
    floor: int = setting(300, "people a day below which no identified actor is ever named")
    deviations: float = setting(5.0, "how far above the peers' middle a newcomer must be, in log-normal standard deviations")
    factor_top: float = setting(50.0, "how many times the largest day of any peer is too much whatever the spread")
    comparable: int = setting(10, "people a day from which an actor counts as a peer: somebody reading her own page does not")
    peers: int = setting(8, "peers needed before their spread is trusted")
    ceiling: int = setting(
        50_000, "people a day that an actor without a record is always allowed: agents and partners are no measure for each other"
    )
    first_week: float = setting(
        10.0, "how many times that is allowed before a week is known: tomorrow may be everybody's busy day or first sync"
    )
    address_floor: int = setting(500, "people a day below which no bare address is ever named")
    address_factor: float = setting(30.0, "how many times the ninth decile of all addresses a bare address may reach")
    address_peers: int = setting(50, "addresses needed before one is compared with them")

    def look(self, history: History) -> Iterable[Line]:
        """Day lines from complete earlier days; on the very first day, hour lines from complete earlier hours."""
        bare = history.level == "ip"
        days = history.days
        count = days.counts["unexplained"]
        floor = self.address_floor if bare else self.floor
        rows = np.flatnonzero(count >= floor)
        yield from self._first_day(history, rows[days.day[rows] == history.first_day], bare)
        rows = rows[days.day[rows] > history.first_day]
        own = record(days, days.counts["people"], rows, self.window)
        crowd = DailyUsual(days, count, 1 if bare else self.comparable, 28)
        references = _first_reference(days)
        peers: dict[int, tuple[Usual, float]] = {}
        for row, best in zip(rows.tolist(), own.tolist(), strict=True):
            day = int(days.day[row])
            if day not in peers:
                peers[day] = crowd.before(day), self._peer_line(crowd.over(day), bare, day - history.first_day)
            others, line = peers[day]
            if best > 0 and days.ordinal[row] >= self.own_days:
                limit = max(floor, self.factor * best, others.high)
            else:
                limit = max(floor, self.factor * best, line)
            if count[row] >= limit:
                usual_own = _median_before(days, row, self.window)
                yield self._line(history, row, (day * 24, day * 24 + 24), int(np.ceil(limit)), (usual_own, best), others, references < day)

    def _peer_line(self, found: list[Usual], bare: bool, age: int) -> float:
        """What an actor without a record may reach, from the peers of each of the last days."""
        if bare:
            enough = [one for one in found if one.actors >= self.address_peers]
            return max((self.address_factor * one.high for one in enough), default=float("inf"))
        top = self.factor_top * max((one.top for one in found), default=0.0)
        spread = [one.reach(self.deviations, 0.7) for one in found if one.actors >= self.peers]
        line = min(top, max(spread)) if spread else top
        return max(self.ceiling, line) * (self.first_week if age < 7 else 1.0)

    def _first_day(self, history: History, rows: Ints, bare: bool) -> Iterator[Line]:
        if not len(rows):
            return
        day = history.first_day
        crowd = so_far_today(history, "unexplained", day, 1 if bare else self.comparable)
        running = history.running("unexplained")
        for row in rows.tolist():
            first = int(history.starts[row])
            last = int(history.starts[row + 1]) if row + 1 < len(history.starts) else len(history)
            for at in range(first, last):
                hour = int(history.hour[at])
                others = crowd.get(hour, NOBODY)
                known = hour - day * 24
                if bare:
                    limit = max(self.address_floor, self._peer_line([others], bare, 0))
                elif known >= 12 and others.actors >= self.peers:  # half a day, stretched to a whole one
                    limit = self._peer_line([others], bare, 0) * 24 / known
                else:
                    continue
                if running[at] >= limit:
                    yield self._line(history, row, (hour, hour + 1), int(np.ceil(limit)), (0.0, 0), others, False)
                    break

    def _line(
        self, history: History, row: int, period: tuple[int, int], limit: int, own: tuple[float, int], others: Usual, references: bool
    ) -> Line:
        level = history.level
        people = "people without a business reference" if references else "people"
        middle, best = own
        span = "a day" if period[1] - period[0] == 24 else "so far that day"
        crowd = (
            f"usual for {words.many(level)} here: {words.number(others.middle)} to {words.number(others.high)} {span}"
            if others.actors
            else "nobody here to compare with"
        )
        mine = f"its own usual {words.number(middle)}, its record {words.number(best)}" if best else "no earlier day of its own"
        reasons = [
            Reason(
                detector=self.id,
                fact="unexplained",
                says="{who} had been shown {count} " + people + " by {when}; " + crowd + "; " + mine + ".",
                measured=limit,
                usual=middle if best else others.middle,
            )
        ]
        return Line(
            actor=int(history.days.actor[row]),
            measure="unexplained",
            limit=limit,
            since=moment(period[0]),
            before=moment(period[1]),
            odds=float(np.clip(10.0 * (limit / max(1.0, best or others.high)) ** 2, 10.0, 1e6)),  # as if tails fell with the square
            reasons=tuple(reasons),
        )

    def examples(self) -> Sequence[Example]:
        """A quiet app that bulk-reads, a day of addresses; a sale day and one's own page."""
        quiet = {app: [(d, 9, examples.hour(20 + app + 7 * (d % 5), 5)) for d in range(12)] for app in range(1, 11)}
        bulk = {**quiet, 1: [*quiet[1], (12, 14, examples.hour(1204, 1190))]}
        sale = {app: [*rows, (12, 9, examples.hour(3 * (20 + app + 28), 60))] for app, rows in quiet.items()}
        crowd = {ip: [(0, ip % 22, examples.hour(1 + ip % 4))] for ip in range(100, 400)}
        crawler = {1: [(0, h, examples.hour(90)) for h in range(24)]}
        cited = {**quiet, 1: [*quiet[1], (12, 14, examples.hour(1204, 1190, unexplained=3, explained=1201))]}
        return [
            Example(name="an app that read 30 people a day reads 1,204", level="app", hours=examples.table(bulk), fires=(1,)),
            Example(name="one address of 301 collects all day", level="ip", hours=examples.table({**crowd, **crawler}), fires=(1,)),
            Example(name="a sale day: everybody reads three times as many", level="app", hours=examples.table(sale), fires=()),
            Example(name="the same bulk, with an order behind every person", level="app", hours=examples.table(cited), fires=()),
            Example(name="a quiet day of addresses", level="ip", hours=examples.table(crowd), fires=()),
        ]


def _median_before(days: Days, row: int, window: int) -> float:
    first = max(row - int(days.ordinal[row]), row - window)
    return float(np.median(days.counts["people"][first:row])) if row > first else 0.0


def _first_reference(days: Days) -> int:
    """The first day on which anybody gave a reference; far in the future when nobody did."""
    given = days.day[days.counts["explained"] > 0]
    return int(given.min()) if len(given) else 2**40


DETECTOR = Reach()
