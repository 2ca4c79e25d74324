"""Random pasts: a Before of actors whose remembered days are anything that counting can leave behind."""

from __future__ import annotations

import numpy as np

from nilometer.detection import baselines
from nilometer.detection.coding import Floats
from nilometer.detection.count import Measure
from nilometer.detection.detector import Before, Crowd
from nilometer.detection.memory import BEGAN, BEGINNING, DAYS, KEPT, Memory

TODAY = 18_300
PARTS: tuple[Measure, ...] = ("fresh", "unexplained", "misses", "near")
"""What is never more than all people shown, or else has nothing to do with them."""


def memory(seed: int, actors: int = 6, detectors: tuple[str, ...] = ()) -> Memory:
    """Actors of 0 to 60 active days, quiet and busy ones; each with the beginning that its number of days allows."""
    rng = np.random.default_rng(seed)
    days = rng.choice([0, 1, 2, 5, 8, 10, 15, 20, 32, 60], actors)
    held = np.arange(DAYS)[None, :] < days[:, None]
    scale = np.exp(rng.uniform(-1.0, 8.0, (actors, 1)))
    people = np.where(held, rng.poisson(scale * rng.lognormal(0.0, 0.3, (actors, DAYS))), 0)
    counts = {name: np.where(held, rng.binomial(people, rng.random((actors, 1))), 0).astype(np.float32) for name in KEPT}
    counts["people"] = people.astype(np.float32)
    counts["misses"] = np.where(held, rng.poisson(rng.choice([0.0, 3.0, 300.0], (actors, 1)), (actors, DAYS)), 0).astype(np.float32)
    begun = days >= BEGINNING

    def from_beginning() -> Floats:
        return np.where(begun, rng.choice([0.0, 0.5, 1.0, 20.0, 900.0], actors) * rng.random(actors), np.nan)

    return Memory(
        actors=np.sort(rng.choice(10**6, actors, replace=False)),
        first=np.where(days > 0, TODAY - 2 * days, -1),
        last=np.where(days > 0, TODAY - 1, -1),
        days=days,
        place=np.where(held, TODAY - 1 - rng.integers(0, 90, (actors, DAYS)), 0),
        counts=counts,
        hours=rng.integers(0, 2**24, actors),
        recent=people.mean(axis=1),
        total=people.sum(axis=1),
        parent=rng.choice([7, 8], actors),
        began={name: from_beginning() for name in BEGAN},
        evidence={name: rng.choice([0.0, 1.0, 500.0], actors) for name in detectors},
    )


def before(seed: int, level: str, actors: int = 6) -> Before:
    """What may be known before a day at a level."""
    rng = np.random.default_rng([seed, 1])
    held = memory(seed, actors)
    known = baselines.siblings(held, held.parent, TODAY)
    alone = rng.random(actors) < 0.5
    crowd = {name: Crowd(actors=40, middle=float(rng.choice([0.0, 4.0, 90.0])), high=float(rng.choice([90.0, 400.0]))) for name in PARTS}
    return Before(
        level=level,
        day=TODAY,
        age=int(rng.choice([0, 1, 40])),
        memory=held,
        peers=crowd if rng.random() < 0.7 else {},
        pace=float(rng.choice([1.0, 1.3, 4.0])),
        population=int(rng.choice([0, 50, 10**6])),
        siblings={name: np.where(alone, np.nan, rng.choice([1.0, 0.7, 3.0], actors)) for name in known},
        moved=bool(rng.random() < 0.2),
    )
