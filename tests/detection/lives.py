"""Small random lives of a platform as DAY_ROWS, wild enough that folding, narrowing, campaigns and migrations are all walked through."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pyarrow as pa

from nilometer.detection.examples import START
from nilometer.detection.rows import DAY, HOUR
from tests.detection.table_answers import Row, table_of

MINUTE = HOUR // 60

FRESH = 10**6
"""From here on subjects are handed out one after the other, so that each is new."""


def burst(
    rng: random.Random, who: Row, day: int, subjects: Sequence[int], *, hour: int, hours: int = 1, shown: float = 1.0, step: int = 2
) -> list[Row]:
    """One actor is shown these subjects at random moments, a few of them in the same instant."""
    begin = (START + day) * DAY + hour * HOUR
    return [
        {**who, "t": begin + rng.randrange(hours * 60) * MINUTE, "subject": subject, "shown": rng.random() < shown, "step": step}
        for subject in subjects
    ]


def life(seed: int, days: int = 32) -> pa.Table:
    """Companies with apps and accounts that return to their people, a few leaks among them, bare addresses, a day on which everybody moves."""
    rng = random.Random(seed)
    found: list[Row] = []
    fresh = iter(range(FRESH, FRESH + 10**6))
    moving = rng.choice([None, rng.randrange(15, days)])
    accounts = [{"org": 1 + n // 10, "app": 10 + n // 5, "account": 100 + n, "ip": 1000 + n} for n in range(rng.choice([10, 13]))]
    base = {n: [next(fresh) for _ in range(25)] for n in range(len(accounts))}
    leaks = [leak for leak in ("crawl", "bulk", "walk", "guess", "swarm", "pair", "uncited", "token") if rng.random() < 0.5]
    begin, through = rng.randrange(21, 27), rng.choice([10, None])
    for day in range(days):
        for n, who in enumerate(accounts):
            if rng.random() < 0.1:
                continue
            tool = 2 if moving is not None and day >= moving else 1
            at = {**who, "surface": 1 + n % 2, "user_agent": tool}
            met = [next(fresh) for _ in range(rng.randrange(2, 5))]
            base[n] += met[:1]
            seen = [*rng.sample(base[n], 8), *met]
            found += [{**row, "reference": row["subject"] if n % 3 == 0 else None} for row in burst(rng, at, day, seen, hour=8, hours=10)]
        for address in range(6):
            found += burst(
                rng, {"ip": 2000 + address, "surface": 2}, day, [next(fresh) for _ in range(rng.randrange(1, 5))], hour=address * 3
            )
        if day < begin:
            continue
        one = {**accounts[0], "surface": 1, "user_agent": 1}
        hour = rng.randrange(1, 18)
        if "crawl" in leaks:
            found += burst(rng, one, day, [next(fresh) for _ in range(60)], hour=hour, hours=6)
        if "bulk" in leaks and day == begin + 1:
            found += burst(rng, {**accounts[1], "surface": 2, "user_agent": 5}, day, [next(fresh) for _ in range(500)], hour=hour)
        if "walk" in leaks and day in (begin, begin + 2):
            found += burst(rng, {"ip": 3000, "surface": 1}, day, [next(fresh) for _ in range(150)], hour=hour, step=1)
        if "guess" in leaks and day == begin + 2:
            found += burst(rng, {**accounts[4], "surface": 1}, day, [next(fresh) for _ in range(400)], hour=hour, hours=4, shown=0.1)
        if "swarm" in leaks:
            for mill in range(30):
                who = {"app": through, "account": 500 + 40 * day + mill, "ip": 4000 + mill % 5, "surface": 2}
                found += burst(rng, who, day, [next(fresh) for _ in range(12)], hour=rng.randrange(20), hours=3)
        if "pair" in leaks:
            for n in (5, 8):
                found += burst(
                    rng, {**accounts[n], "surface": 1}, day, [next(fresh) for _ in range(70)], hour=rng.randrange(6, 12), hours=8
                )
        if "token" in leaks:
            who = {**accounts[7], "surface": 50 + day, "user_agent": 50 + day}
            found += burst(rng, who, day, [next(fresh) for _ in range(40)], hour=rng.choice([1, 4, 21]))
        if "uncited" in leaks:
            found += burst(rng, {**accounts[3], "surface": 2}, day, [next(fresh) for _ in range(40)], hour=hour)
    return table_of(found)
