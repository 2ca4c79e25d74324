"""Small random lives of a platform as readable rows, wild enough that every branch of folding and narrowing is walked."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from nilometer.detection.detector import Detector
from nilometer.detection.detectors.enumeration import Enumeration
from nilometer.detection.detectors.novelty import Novelty
from nilometer.detection.detectors.reach import Reach

START = datetime(2020, 1, 6, tzinfo=UTC)
Row = dict[str, Any]


def nervous() -> list[Detector]:
    """The detectors with settings so low that small tables set them off."""
    return [
        Reach(
            factor=1.5,
            own_days=1,
            floor=4,
            deviations=1.0,
            factor_top=2.0,
            comparable=1,
            peers=2,
            ceiling=8,
            first_week=1.0,
            address_floor=4,
            address_factor=1.5,
            address_peers=2,
        ),
        Novelty(
            days=2,
            least=2,
            people=3,
            share=0.7,
            unexplained=0.1,
            factor=0.5,
            returns=9.0,
            peers=1,
            peer_people=3,
            alone_days=2,
            alone_returns=9.0,
        ),
        Enumeration(
            near=4, near_share=0.3, misses=3, misses_per_person=0.5, factor=1.0, factor_peers=1.0, peers=2, warm_up=1, others=1, outage=1.0
        ),
    ]


def life(seed: int, rows: int = 160, days: int = 5) -> list[Row]:
    """Random rows: nested actors (some levels missing), bare addresses, bursts, walks, refusals, references, equal times."""
    rng = random.Random(seed)
    levels = rng.sample(["org", "app", "account", "session"], rng.randint(1, 4))
    found: list[Row] = []
    while len(found) < rows:
        day, hour = rng.randrange(days), rng.choice([0, 9, 9, 14, 23])
        who = rng.randrange(4)
        lineage = {
            "org": f"o{who // 2}",
            "app": f"p{who}",
            "account": f"a{who}-{rng.randrange(2)}",
            "session": f"s{who}-{day}-{rng.randrange(2)}",
        }
        actor = {level: lineage[level] for level in levels if rng.random() < 0.95} if rng.random() < 0.8 else {}
        start, walks = rng.randrange(400), rng.random() < 0.4
        found += [
            {
                "time": START + timedelta(days=day, hours=hour, minutes=rng.randrange(50), seconds=rng.choice([0, 0, step])),
                "subject": start + step * 3 if walks else rng.randrange(60),
                "ip": f"198.51.100.{who}",
                "status": rng.choice([200, 200, 200, 404]),
                "surface": rng.choice(["buyer", "review"]),
                "fields": rng.choice(["phone|nickname", "nickname"]),
                **actor,
                **({"reference": "order"} if rng.random() < 0.2 else {}),
            }
            for step in range(rng.choice([1, 2, 5, 12]))
        ]
    return found


def collecting(who: dict[str, str], day: int, people: range, *, hour: int = 10, seconds: int = 20) -> list[Row]:
    """One actor is shown `people` one after the other."""
    start = START + timedelta(days=day, hours=hour)
    return [
        {"time": start + timedelta(seconds=seconds * n), "subject": subject * 1000, "surface": "buyer", "fields": "nickname|phone", **who}
        for n, subject in enumerate(people)
    ]
