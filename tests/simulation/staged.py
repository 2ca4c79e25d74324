"""One scenario of the shelf, played small for all tests of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nilometer.simulation.simulate import simulate
from tests.simulation.played import SCALE, Played, opened


def staged(scenario_id: str, tmp_path_factory: pytest.TempPathFactory, *, scale: float = SCALE) -> Iterator[Played]:
    """The scenario at a tenth of its size, seed 1, closed after use. A fixture yields from it."""
    directory = tmp_path_factory.mktemp(scenario_id)
    simulate(scenario_id, directory, seed=1, scale=scale)
    played = opened(directory)
    yield played
    played.database.close()


def local_day(played: Played, number: int) -> str:
    """The date of the scenario's day `number`, as text."""
    return str(played.one(f"SELECT min(day) + {number} FROM d"))[:10]


def by_day(played: Played, condition: str) -> dict[int, tuple[int, int]]:
    """For each day number with rows: how many people were shown, and how many of them for the first time in these rows."""
    rows = played.rows(
        f"""WITH met AS (SELECT day, subject, min(day) OVER (PARTITION BY subject) = day AS fresh FROM shown WHERE {condition})
        SELECT day - (SELECT min(day) FROM d), count(DISTINCT subject), count(DISTINCT subject) FILTER (fresh) FROM met GROUP BY day"""
    )
    return {number: (people, new) for number, people, new in rows}
