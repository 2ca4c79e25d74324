"""Every view of the ledger, answered slowly by loops over rows from what `ledger.views` says it means."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.ledger.stored import Row, known

WINDOWS = {"1h": timedelta(hours=1), **{f"{n}d": timedelta(days=n) for n in (1, 7, 30, 240)}}


def asked(rows: Iterable[Row], level: str, until: datetime | None, since: datetime | None = None) -> dict[int, list[Row]]:
    """The rows of each actor, in order of time."""
    found: dict[int, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda r: r["time"]):
        if row[level] is not None and (until is None or row["time"] <= until) and (since is None or row["time"] >= since):
            found[row[level]].append(row)
    return found


def shown(rows: Iterable[Row], level: str, until: datetime | None, since: datetime | None = None) -> dict[int, list[Row]]:
    return asked([r for r in rows if r["shown"]], level, until, since)


def people_by_day(rows: Sequence[Row], level: str, *when: datetime | None) -> Iterable[tuple[Any, ...]]:
    for actor, seen in shown(rows, level, *when).items():
        ever: set[int] = set()
        for day in sorted({r["time"].date() for r in seen}):
            people = {r["subject"] for r in seen if r["time"].date() == day}
            yield actor, day, len(people), len(people - ever)
            ever |= people


def reach(rows: Sequence[Row], level: str, *when: datetime | None) -> Iterable[tuple[Any, ...]]:
    for actor, seen in shown(rows, level, *when).items():
        yield actor, len({r["subject"] for r in seen}), len(seen), seen[0]["time"], seen[-1]["time"]


def reach_by_window(rows: Sequence[Row], level: str, *when: datetime | None) -> Iterable[tuple[Any, ...]]:
    for actor, seen in shown(rows, level, *when).items():
        for name, length in WINDOWS.items():
            best, until = 0, seen[0]["time"]
            for end in sorted({r["time"] for r in seen}):
                people = len({r["subject"] for r in seen if end - length < r["time"] <= end})
                if people > best:
                    best, until = people, end
            yield actor, name, best, until


def actor_hours(rows: Sequence[Row], level: str, *when: datetime | None) -> Iterable[tuple[Any, ...]]:
    for actor, seen in asked([r for r in rows if known(level, r)], level, *when).items():
        hours = sorted({r["time"].replace(minute=0, second=0, microsecond=0) for r in seen})

        def firsts(what: Callable[[Row], Any], which: Callable[[Row], bool], by_day: bool, seen: list[Row] = seen) -> list[datetime]:
            first: dict[Any, datetime] = {}
            for r in seen:
                if which(r):
                    first.setdefault((what(r), r["time"].date() if by_day else None), r["time"])
            return [t.replace(minute=0, second=0, microsecond=0) for t in first.values()]

        def subject(r: Row) -> Any:
            return r["subject"]

        people = firsts(subject, lambda r: r["shown"], True)
        new = firsts(subject, lambda r: r["shown"], False)
        unexplained = firsts(subject, lambda r: r["shown"] and r["reference"] is None, True)
        misses = firsts(subject, lambda r: not r["shown"], True)
        near = firsts(subject, lambda r: abs(r["step"]) == 1, True)
        blocks = firsts(lambda r: r["block"], lambda r: r["block"] is not None, True)
        for hour in hours:
            within = [r for r in seen if hour <= r["time"] < hour + timedelta(hours=1)]
            yield (
                actor, hour, people.count(hour), new.count(hour), unexplained.count(hour), sum(r["shown"] for r in within), len(within),
                misses.count(hour), sum(r["step"] != 0 for r in within), sum(r["step"] > 0 for r in within), near.count(hour),
                blocks.count(hour), sum(r["shown"] and r["reference"] is not None for r in within),
            )  # fmt: skip


def surfaces(rows: Sequence[Row], level: str, *when: datetime | None) -> Iterable[tuple[Any, ...]]:
    for actor, seen in shown(rows, level, *when).items():
        for surface, fields in {(r["surface"], r["fields"]) for r in seen}:
            chosen = [r for r in seen if (r["surface"], r["fields"]) == (surface, fields)]
            yield actor, surface, fields, len({r["subject"] for r in chosen}), len(chosen)


def hours_of_activity(rows: Sequence[Row], level: str, *when: datetime | None) -> Iterable[tuple[Any, ...]]:
    for actor, seen in asked(rows, level, *when).items():
        for hour in {r["time"].hour for r in seen}:
            chosen = [r for r in seen if r["time"].hour == hour]
            yield actor, hour, len(chosen), len({r["time"].date() for r in chosen})


def cold_people(rows: Sequence[Row], level: str, *when: datetime | None) -> Iterable[tuple[Any, ...]]:
    people = {actor: {r["subject"] for r in seen} for actor, seen in shown(rows, level, *when).items()}
    for actor, own in people.items():
        others = set().union(*(p for other, p in people.items() if other != actor))
        yield actor, len(own), len(own - others)


def enumeration(rows: Sequence[Row], level: str, *when: datetime | None) -> Iterable[tuple[Any, ...]]:
    for actor, seen in asked(rows, level, *when).items():
        for day in {r["time"].date() for r in seen}:
            chosen = [r for r in seen if r["time"].date() == day]
            yield (
                actor, day, len(chosen), sum(not r["shown"] for r in chosen), sum(r["step"] != 0 for r in chosen),
                sum(r["step"] > 0 for r in chosen), sum(abs(r["step"]) == 1 for r in chosen),
                len({r["block"] for r in chosen if r["block"] is not None}),
            )  # fmt: skip


ANSWERS: dict[str, Callable[..., Iterable[tuple[Any, ...]]]] = {
    f.__name__: f for f in (people_by_day, reach, reach_by_window, actor_hours, surfaces, hours_of_activity, cold_people, enumeration)
}
"""The oracle of each view; rows in any order."""


def sort(rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Rows in one order, whatever is null."""
    return sorted(rows, key=lambda row: [(v is None, str(type(v)), v if v is not None else 0) for v in row])
