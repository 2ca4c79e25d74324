"""Simulates scenarios from the shelf into directories: `disclosures.parquet`, `truth.json` and who was taken, `leaks.parquet`."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

from nilometer.errors import EngineError, InputError
from nilometer.shelves import things
from nilometer.simulation.scenario import Progress, Scenario, Truth
from nilometer.simulation.sink import ParquetSink
from nilometer.simulation.taken import Taken

SHELF = "nilometer.simulation.scenarios"
TABLE = "disclosures.parquet"
TRUTH = "truth.json"
CONTEXT = "context.toml"
"""What the platform's operator had declared beforehand; only there when something was."""
LEAKS = "leaks.parquet"


def scenarios() -> dict[str, Scenario]:
    """Every scenario on the shelf, by id."""
    return things(SHELF, "SCENARIO", Scenario)


def find(scenario_id: str) -> Scenario:
    """The scenario of this id; `-` stands for `_`. Raises InputError listing the known ones when there is none."""
    known = scenarios()
    scenario = known.get(scenario_id.replace("-", "_"))
    if scenario is None:
        raise InputError(f"No scenario is called {scenario_id!r}. Known: {', '.join(known)}. Choose one of these.")
    return scenario


def simulate(scenario_id: str, out_dir: Path, *, seed: int = 0, scale: float = 1.0, progress: Progress | None = None) -> Truth:
    """Plays one scenario into `out_dir` (made when missing; what an earlier run left there is replaced).

    The same scenario, seed and scale give the same bytes. `progress` is told days done and days in all.
    """
    scenario = find(scenario_id)
    _check(seed, scale)
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as cause:
        raise InputError(f"{out_dir} should be a directory, but a file is in the way. Name another one.") from cause
    except OSError as cause:
        raise _disk_trouble(out_dir, cause) from cause
    try:
        # a table never stands beside the truth or the context of another run
        (out_dir / TRUTH).unlink(missing_ok=True)
        (out_dir / CONTEXT).unlink(missing_ok=True)
        with ParquetSink(out_dir / TABLE) as sink, Taken(out_dir / LEAKS) as taken:
            truth = scenario.generate(sink, seed=seed, scale=scale, progress=progress, theft=taken.add)
        if truth.context:
            (out_dir / CONTEXT).write_text(truth.context, encoding="utf-8")
        partial = out_dir / f".{TRUTH}.partial"
        partial.write_text(json.dumps(truth.to_json(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        partial.replace(out_dir / TRUTH)
    except OSError as cause:
        raise _disk_trouble(out_dir, cause) from cause
    return truth


def simulate_all(
    scenario_ids: Sequence[str], out_dir: Path, *, seed: int = 0, scale: float = 1.0, progress: Progress | None = None
) -> dict[Path, Truth]:
    """Plays scenarios into `out_dir`: one right there, several each into a subdirectory of its id. Answers where each is.

    Every name is checked before the first row is made.
    """
    found = list(dict.fromkeys(find(scenario_id).id for scenario_id in scenario_ids))
    if not found:
        raise InputError(f"No scenario was named. Known: {', '.join(scenarios())}. Name at least one.")
    _check(seed, scale)
    places = {ident: out_dir if len(found) == 1 else out_dir / ident for ident in found}
    return {place: simulate(ident, place, seed=seed, scale=scale, progress=progress) for ident, place in places.items()}


def _disk_trouble(out_dir: Path, cause: OSError) -> EngineError:
    return EngineError(
        f"The simulation could not be written to {out_dir}: {cause}. Make room or name another directory, then run it again."
    )


def _check(seed: int, scale: float) -> None:
    if not (math.isfinite(scale) and scale > 0):
        raise InputError(f"The scale must be a number above 0 (1 is about two million rows); found {scale}. Try 0.1.")
    if seed < 0:
        raise InputError(f"The seed must be a whole number from 0 up; found {seed}.")
