"""Evaluates: plays or takes simulated folders, runs Nilometer and every baseline on each, scores all by the same code."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import numpy as np

from nilometer.app.assembly import settle_memory
from nilometer.app.evaluate import baseline, columns, front, score, truth
from nilometer.app.evaluate.columns import Columns
from nilometer.app.evaluate.score import Caught, Claim, Score
from nilometer.app.evaluate.truth import CONTEXT, Truth
from nilometer.app.ingest import Counted, Told
from nilometer.disclosures.actor import LEVELS
from nilometer.errors import InputError
from nilometer.simulation import simulate

OURS: Final = "nilometer"
DROPPABLE: Final = (*LEVELS, "surface", "fields", "reference", "request", "status")
EXAMPLES: Final = 20
"""So many false claims of a method on a folder are kept by name; all are counted."""

Progress = Callable[[str], AbstractContextManager[Counted]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to evaluate. `without` names columns that nobody gets to see; `sweep`: also the settings that only the plot needs."""

    without: tuple[str, ...] = ()
    context: bool = True
    sweep: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One method at one level and setting on one folder. `usual`: a setting that its source gives, not only one of the sweep."""

    method: str
    level: str
    setting: float | None
    usual: bool
    leaks: tuple[Caught, ...]
    false: int
    examples: tuple[Claim, ...]
    accused: tuple[bool, ...]
    seconds: float
    members: int = 0
    beside: int = 0
    """Actors named by claims about a leak, and those of them that are not the leak's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """All methods on one folder. `seconds` are those of Nilometer's steps, `skipped` why a baseline did not run."""

    truth: Truth
    disclosures: int
    people: int
    actor_months: int
    first: int
    last: int
    judged: tuple[Judged, ...]
    skipped: dict[str, str]
    seconds: dict[str, float]


def check(options: Options) -> None:
    """Raises InputError for a column that cannot be left out."""
    for name in options.without:
        if name not in DROPPABLE:
            raise InputError(f"--without {name}: no such column can be left out. It may be one of {', '.join(DROPPABLE)}.")


def played(
    scenarios: Sequence[str], seeds: Sequence[int], scale: float, out: Path | None, options: Options, *, jobs: int, tell: Told, progress: Progress,
) -> Iterator[Result]:  # fmt: skip
    """Plays each scenario (none named: the whole shelf) with each seed and evaluates it; data stay in `out`, when there is one."""
    check(options)
    chosen = list(dict.fromkeys(simulate.find(name).id for name in scenarios)) or list(simulate.scenarios())
    stories = [(ident, seed) for ident in chosen for seed in dict.fromkeys(seeds)]
    yield from _each([_Played(ident, seed, scale, out, options) for ident, seed in stories], jobs, tell, progress)


def given(places: Sequence[Path], options: Options, *, jobs: int, tell: Told, progress: Progress) -> Iterator[Result]:
    """Evaluates folders that are there already. Raises InputError that names the file which is missing or broken."""
    check(options)
    yield from _each([_Given(folder, options) for folder in truth.folders(places)], jobs, tell, progress)


@dataclass(frozen=True, slots=True)
class _Given:
    folder: Path
    options: Options

    @property
    def name(self) -> str:
        return str(self.folder)

    def __call__(self, progress: Progress) -> Result:
        return folder(self.folder, self.options, progress)


@dataclass(frozen=True, slots=True)
class _Played:
    scenario: str
    seed: int
    scale: float
    out: Path | None
    options: Options

    @property
    def name(self) -> str:
        return f"{self.scenario}, seed {self.seed}"

    def __call__(self, progress: Progress) -> Result:
        with tempfile.TemporaryDirectory(prefix="nilometer-evaluate-") as place:
            into = self.out / f"{self.scenario}-{self.seed}" if self.out else Path(place)
            with progress(f"{self.name}: simulating") as counted:
                simulate.simulate(self.scenario, into, seed=self.seed, scale=self.scale, progress=counted)
            return folder(into, self.options, progress)


def _each(tasks: Sequence[_Given | _Played], jobs: int, tell: Told, progress: Progress) -> Iterator[Result]:
    if jobs == 1 or len(tasks) < 2:
        for number, task in enumerate(tasks, 1):
            result = task(progress)
            tell(_said(number, len(tasks), task.name, result))
            yield result
        return
    # processes of their own, freshly started: threads would share one engine's memory, and a fork DuckDB's locks
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=settle_memory) as pool:
        for number, (task, result) in enumerate(zip(tasks, pool.map(_silently, tasks), strict=True), 1):
            tell(_said(number, len(tasks), task.name, result))
            yield result


def _silently(task: _Given | _Played) -> Result:
    return task(_nothing)


@contextmanager
def _nothing(_: str) -> Iterator[Counted]:
    yield lambda done, total: None


def _said(number: int, count: int, name: str, result: Result) -> str:
    [ours] = [judged for judged in result.judged if judged.method == OURS and judged.usual]
    found = sum(caught.claim is not None for caught in ours.leaks)
    leaks = f"{found} of {len(ours.leaks)} leaks found, " if ours.leaks else ""
    return f"[{number}/{count}] {name}: {leaks}{ours.false} false findings ({result.disclosures:,} disclosures)"


def folder(place: Path, options: Options, progress: Progress) -> Result:
    """Runs all methods on one simulated folder and scores them. Raises InputError that names what is wrong with the folder."""
    table = place / simulate.TABLE
    if not table.exists():
        raise InputError(f"{table} is missing beside {simulate.TRUTH}. `nilometer simulate` writes both.")
    whole = columns.read(table)
    if not len(whole):
        raise InputError(f"{table} has no disclosures; there is nothing to evaluate.")
    known = truth.read(place, whole)
    months = score.actor_months(whole)
    first, last = int(whole.time[0]), int(whole.time[-1])
    seen = whole.less(options.without)
    del whole  # the tables of a scenario are large, and Nilometer needs the room
    if not seen.levels:
        raise InputError(f"{table} has no actor left without {', '.join(options.without)}. Keep one of {', '.join(LEVELS)}.")
    judged, skipped = baselines(seen, known, sweep=options.sweep, progress=progress)
    people, disclosures = len(np.unique(seen.subject[seen.shown])), len(seen)
    del seen
    runs = _ours(table, place, options, known.scenario, progress)
    ours = [
        _judged(score.score(known, run.claims), OURS, "", run.setting, usual=run.usual, seconds=run.ingest + run.detect) for run in runs
    ]
    return Result(
        truth=known,
        disclosures=disclosures,
        people=people,
        actor_months=months,
        first=first,
        last=last,
        judged=(*ours, *judged),
        skipped=skipped,
        seconds={"ingest": runs[0].ingest, "detect": runs[0].detect},
    )


def baselines(seen: Columns, known: Truth, *, sweep: bool, progress: Progress) -> tuple[list[Judged], dict[str, str]]:
    """Every baseline of the shelf at each of its levels, and why those that did not run did not."""
    judged: list[Judged] = []
    skipped: dict[str, str] = {}
    shelf = baseline.shelf()
    with progress(f"{known.scenario}, seed {known.seed}: baselines") as counted:
        for number, (ident, one) in enumerate(shelf.items()):
            counted(number, len(shelf))
            if why := one.why_not(seen):
                skipped[ident] = why
                continue
            settings = tuple(dict.fromkeys((*one.sweep, *one.usual))) if sweep else one.usual
            for level in (level for level in one.levels if level in seen.named):
                began = time.perf_counter()
                alarms = one.rule(seen, level, settings)
                took = time.perf_counter() - began
                for setting in settings:
                    claims = score.claims_of(alarms[setting], seen, ident)
                    usual = setting in one.usual
                    judged.append(_judged(score.score(known, claims), ident, level, setting, usual=usual, seconds=took))
    return judged, skipped


def _ours(table: Path, place: Path, options: Options, name: str, progress: Progress) -> list[front.Run]:
    context = place / CONTEXT if options.context and (place / CONTEXT).exists() else None
    with tempfile.TemporaryDirectory(prefix="nilometer-evaluate-") as spare, progress(f"{name}: Nilometer") as counted:
        seen = front.reduced(table, options.without, Path(spare))
        return front.run(seen, context=context, sweep=front.SWEEP if options.sweep else (), counted=counted)


def _judged(scored: Score, method: str, level: str, setting: float | None, *, usual: bool, seconds: float) -> Judged:
    return Judged(
        method=method,
        level=level,
        setting=setting,
        usual=usual,
        leaks=scored.leaks,
        false=len(scored.false),
        examples=scored.false[:EXAMPLES],
        accused=scored.accused,
        seconds=seconds,
        members=scored.members,
        beside=scored.beside,
    )


def dropped(names: Collection[str]) -> str:
    """How the columns left out are said in a sentence."""
    return f"without {', '.join(names)}" if names else "with all columns"
