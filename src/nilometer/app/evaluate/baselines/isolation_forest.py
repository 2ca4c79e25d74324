"""An isolation forest over what each actor did in a day: the machine learning that anomaly products name most.

peers.md: "Log features catch naive bots perfectly and hide failure on evasive ones" (Iliou). Five features of an actor's day: distinct
people, requests, share of people it was never shown before, hours active, misses; counts as logarithms. Run at org, at app and at
account, each on its own, over days with at least ten people. The forest is scikit-learn's (100 trees, seed 0), fitted anew every
fourteen days on all days before and never on those it judges; it rings when the UTC day ends, below the quantile of the scores of
those earlier days that the setting names (scikit-learn's `contamination`). Fourteen days and 0.01 are settled here.
"""

from __future__ import annotations

import importlib
import importlib.util

import numpy as np
from numpy.typing import NDArray

from nilometer.app.evaluate.baseline import IDENTITY, Alarms, Baseline, alarms_of
from nilometer.app.evaluate.columns import DAY, Columns, Ints

REFIT, LEAST, FEW = 14, 200, 10
HOUR = DAY // 24


def absent() -> str | None:
    """Why there is no forest here: scikit-learn is an extra."""
    return None if importlib.util.find_spec("sklearn") else "scikit-learn is not installed (pip install 'nilometer[evaluate]')"


def rule(columns: Columns, level: str, settings: tuple[float, ...]) -> dict[float, Alarms]:
    """Alarms for each share of the earlier days that would have rung."""
    actor, day, features = features_by_day(columns, level)
    found: dict[float, list[Ints]] = {share: [] for share in settings}
    first = int(day.min(initial=0)) if len(day) else 0
    for start in range(first + REFIT, int(day.max(initial=-1)) + 1, REFIT):
        past, now = np.flatnonzero(day < start), np.flatnonzero((day >= start) & (day < start + REFIT))
        if len(past) < LEAST or not len(now):
            continue
        # not an import statement, because it is an extra: src declares what it needs
        forest = importlib.import_module("sklearn.ensemble").IsolationForest(n_estimators=100, random_state=0).fit(features[past])
        before, scores = forest.score_samples(features[past]), forest.score_samples(features[now])
        for share in settings:
            found[share].append(now[scores < np.quantile(before, share)])
    ringing = {share: np.concatenate(rows) if rows else np.empty(0, np.int64) for share, rows in found.items()}
    return {share: alarms_of(level, actor[rows], (day[rows] + 1) * DAY) for share, rows in ringing.items()}


def features_by_day(columns: Columns, level: str) -> tuple[Ints, Ints, NDArray[np.float64]]:
    """Actors, UTC days and their five features, shape (cells, 5): one cell for each actor's day with at least `FEW` people."""
    places = columns.actors(level)
    rows = np.flatnonzero(places >= 0)
    actor, time, subject, shown = places[rows].astype(np.int64), columns.time[rows], columns.subject[rows], columns.shown[rows]
    if not len(rows):
        return actor, time, np.zeros((0, 5))
    wide = int(time[-1] // DAY) + 2
    cells, cell = np.unique(actor * wide + time // DAY, return_inverse=True)
    requests, misses = np.bincount(cell, minlength=len(cells)), np.bincount(cell[~shown], minlength=len(cells))
    hours = np.bincount(cell[_firsts(cell, time // HOUR)], minlength=len(cells))
    seen = np.flatnonzero(shown)
    people = np.bincount(cell[seen[_firsts(cell[seen], subject[seen])]], minlength=len(cells))
    new = np.bincount(cell[seen[_firsts(actor[seen], subject[seen])]], minlength=len(cells))
    features = np.stack([np.log1p(people), np.log1p(requests), new / np.maximum(people, 1), hours, np.log1p(misses)], axis=1)
    large = people >= FEW
    return cells[large] // wide, cells[large] % wide, features[large]


def _firsts(group: Ints, thing: NDArray[np.generic]) -> Ints:
    """The rows at which each group meets each thing for the first time; rows are in order of time."""
    order = np.lexsort((thing, group))
    fresh = np.ones(len(order), np.bool_)
    fresh[1:] = (np.diff(group[order]) != 0) | (thing[order][1:] != thing[order][:-1])
    return np.asarray(order[fresh], np.int64)


BASELINE = Baseline(
    id="isolation_forest",
    title="An isolation forest over daily features",
    levels=IDENTITY,
    setting="share of earlier days",
    usual=(0.01,),
    sweep=(0.1, 0.05, 0.02, 0.01, 0.003, 0.001),
    rule=rule,
    absent=absent,
)
