"""What the stated false-alarm rate means: false findings on honest platforms at bars from strict to absurd, beside what each bar states.

    python -m bench.rate --seeds 9210-9229

Every finding on these platforms is false. `alone` is the bar that the rate sets by itself, 30,000 actor-days divided by it; `with e-BH`
is the bar that is used, which never lets one day's chance bring many findings.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from bench import measure
from nilometer.app import flow
from nilometer.app.detect import LedgerAnswers
from nilometer.app.evaluate import columns, score
from nilometer.detection import run, watch
from nilometer.detection.evidence import ACTOR_DAYS, Rate
from nilometer.simulation import simulate

STATED = (1.0, 100.0, 1_000.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alone(Rate):
    """The rate without e-BH."""

    def bar(self, judged: int, open_findings: int, share: float = 1.0) -> float:
        """The first part alone."""
        return ACTOR_DAYS / self.false_alarms


def counted(scenario: str, seed: int) -> tuple[int, dict[tuple[str, float], int]]:
    """Actor-months of one honest platform, and its findings by kind of bar and stated rate."""
    with _home(scenario, seed) as (table, home), flow.open(home) as opened:
        months = score.actor_months(columns.read(table))
        answers, detectors = LedgerAnswers(opened.home.ledger), list(run.shelf().values())
        found = {}
        for kind, rule in (("alone", Alone), ("with e-BH", Rate)):
            for stated in STATED:
                chosen = watch.Watch(detectors=detectors, rate=rule(false_alarms=stated))
                state = run.last(run.states(answers, chosen, watch.State()), watch.State())
                found[kind, stated] = len(state.stories)
    return months, found


@contextmanager
def _home(scenario: str, seed: int) -> Iterator[tuple[Path, Path]]:
    with tempfile.TemporaryDirectory(prefix="nilometer-rate-") as place:
        folder = Path(place) / "played"
        simulate.simulate(scenario, folder, seed=seed)
        table = folder / simulate.TABLE
        with flow.open(Path(place) / "home") as opened:
            opened.ingest(table)
        yield table, Path(place) / "home"


def main() -> None:
    """Prints a Markdown table."""
    parser = argparse.ArgumentParser(prog="python -m bench.rate", description=__doc__)
    parser.add_argument("--seeds", default="0-19", help="fresh ones")
    parser.add_argument("--scenario", default="clean_platform", help="an honest one")
    asked = parser.parse_args()
    first, _, last = asked.seeds.partition("-")
    seeds = range(int(first), int(last or first) + 1)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        every = list(pool.map(counted, [asked.scenario] * len(seeds), seeds))
    months = sum(one for one, _ in every)
    body: list[list[object]] = []
    for stated in STATED:
        row: list[object] = [f"{stated:g}"]
        for kind in ("alone", "with e-BH"):
            number = sum(found[kind, stated] for _, found in every)
            low, high = measure.poisson(number)
            row += [number, f"{1000 * number / months:.2f} ({1000 * low / months:.2f} to {1000 * high / months:.2f})"]
        body.append(row)
    title = f"False findings on {len(seeds)} {asked.scenario}, {months:,} actor-months"
    measure.print_table(title, ["stated per 1,000", "alone", "per 1,000 (95 %)", "with e-BH", "per 1,000 (95 %)"], body)


if __name__ == "__main__":
    main()
