"""Results made by hand, for what is told of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from nilometer.app.evaluate.run import OURS, Judged, Result
from nilometer.app.evaluate.score import Caught, Claim
from nilometer.app.evaluate.truth import Innocent, Leak, Truth

LEAK = Leak(actors=frozenset({("account", "a1")}), started=0, ended=100, first=np.arange(10))
INNOCENT = Innocent(actors=frozenset({("org", "o7")}), why="honest | always")


def caught(before: int, hours: float | None) -> Caught:
    """A leak of a hundred people that had taken `before` after so many hours; never found when None."""
    claim = None if hours is None else Claim(actors=(("account", "a1"),), time=5_000_000, by="F-1 reach")
    return Caught(people=100, before=before, claim=claim, seconds=None if hours is None else hours * 3600, time=claim and claim.time)


def judged(method: str = OURS, level: str = "", setting: float | None = None, **more: Any) -> Judged:
    """One method on one folder, with nothing found and nobody accused unless said."""
    usual: dict[str, Any] = {"usual": True, "leaks": (), "false": 0, "examples": (), "accused": (False,), "seconds": 1.5}
    return Judged(method=method, level=level, setting=setting, **{**usual, **more})


def result(scenario: str, *methods: Judged, leaks: int = 0, months: int = 500, **more: Any) -> Result:
    """One folder."""
    truth = Truth(
        folder=Path("x"), scenario=scenario, title="By hand", kind="leak" if leaks else "lookalike", seed=1, scale=1.0,
        leaks=(LEAK,) * leaks, innocents=(INNOCENT,),
    )  # fmt: skip
    usual: dict[str, Any] = {
        "disclosures": 1000,
        "people": 200,
        "first": 0,
        "last": 9_000_000,
        "skipped": {},
        "seconds": {"ingest": 1.0, "detect": 0.5},
    }
    return Result(truth=truth, actor_months=months, judged=methods, **{**usual, **more})


def played() -> list[Result]:
    """Two leaks and a look-alike: Nilometer finds one of two, the rule both and accuses."""
    rule: dict[str, Any] = {"method": "people_a_day", "level": "account", "setting": 200.0}
    loose: dict[str, Any] = {**rule, "setting": 20.0, "usual": False}
    return [
        result("walk", judged(leaks=(caught(4, 30.0),)), judged(**rule, leaks=(caught(50, 80.0),), false=1), judged(**loose, leaks=(caught(1, 1.0),), false=9), leaks=1),
        result("mill", judged(leaks=(caught(100, None),), false=1), judged(**rule, leaks=(caught(30, 10.0),)), judged(**loose, leaks=(caught(1, 1.0),)), leaks=1),
        result("growth", judged(), judged(**rule, false=3, accused=(True,)), judged(**loose, false=9, accused=(True,)), months=1000, skipped={"akto": "the table has no ip"}),
    ]  # fmt: skip
