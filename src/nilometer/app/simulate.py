"""Makes scenarios for the front door."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nilometer.app.ingest import Counted
from nilometer.simulation import simulate


def run(scenarios: Sequence[str], folder: Path, *, seed: int, scale: float, progress: Counted) -> list[tuple[Path, dict[str, Any]]]:
    """Plays scenarios into `folder`; each one's table and the truth about it. Raises InputError for an unknown one."""
    made = simulate.simulate_all(scenarios, folder, seed=seed, scale=scale, progress=progress)
    return [(place / simulate.TABLE, truth.to_json()) for place, truth in made.items()]
