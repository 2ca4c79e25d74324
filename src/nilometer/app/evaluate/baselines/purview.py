"""People of the last thirty days beside those of peers: Purview's cumulative exfiltration, with people for files.

peers.md: "Purview compares 30 days with peers, in files". Runs at account over people really shown; distinct people of the last
thirty days, looked at when each UTC day ends. Settled here, because no source says it: peers are the accounts that were first seen
on the same surface and were shown at least ten people in those thirty days; five of them are needed; it rings above mean + z
standard deviations of their logarithms, so that a few large peers do not hide everybody else.
"""

from __future__ import annotations

import numpy as np

from nilometer.app.evaluate.baseline import Alarms, Baseline, alarms_of
from nilometer.app.evaluate.columns import DAY, Columns, Ints

LONG, FEW, PEERS = 30, 10, 5


def rule(columns: Columns, level: str, settings: tuple[float, ...]) -> dict[float, Alarms]:
    """Alarms for each z."""
    actor, held, first_day = held_by_day(columns, level)
    group = _first_surface(columns, level)[actor]
    found: dict[float, list[tuple[Ints, int]]] = {z: [] for z in settings}
    for day in range(held.shape[1]):
        large = np.flatnonzero(held[:, day] >= FEW)
        logs = np.log(held[large, day])
        for peers in np.unique(group[large]):
            mates = group[large] == peers
            if np.count_nonzero(mates) <= PEERS:
                continue
            # each is compared with the others, not with itself: one huge account would else raise its own line
            count, total, squares = np.count_nonzero(mates) - 1, logs[mates].sum(), (logs[mates] ** 2).sum()
            mean = (total - logs[mates]) / count
            spread = np.sqrt(np.maximum((squares - logs[mates] ** 2) / count - mean**2, 1e-4))
            score = (logs[mates] - mean) / spread
            for z in settings:
                found[z].append((large[mates][score > z], (first_day + day + 1) * DAY))
    return {z: _joined(level, actor, rang) for z, rang in found.items()}


def held_by_day(columns: Columns, level: str) -> tuple[Ints, Ints, int]:
    """Distinct people of the last 30 UTC days, today included: actors, counts of shape (actors, days), and the first day's number.

    Actors that were never shown `FEW` disclosures are left out.
    """
    places = columns.actors(level)
    rows = np.flatnonzero((places >= 0) & columns.shown)
    if not len(rows):
        return np.empty(0, np.int64), np.zeros((0, 0), np.int64), 0
    enough = np.bincount(places[rows]) >= FEW
    actors = np.flatnonzero(enough)
    rows = rows[enough[places[rows]]]
    where = np.cumsum(enough) - 1
    actor, day = where[places[rows]], columns.time[rows] // DAY
    first, days = int(columns.time[0] // DAY), int((columns.time[-1] - columns.time[0] // DAY * DAY) // DAY) + 1
    order = np.lexsort((day, columns.subject[rows], actor))
    actor, day, subject = actor[order], day[order] - first, columns.subject[rows][order]
    same = np.zeros(len(rows), np.bool_)
    same[:-1] = (np.diff(actor) == 0) & (np.diff(subject) == 0)
    # a person counts from the day it was shown until thirty days have gone by, or until it is shown anew
    following = np.append(day[1:], days)
    until = np.minimum(np.where(same, np.minimum(following, day + LONG), day + LONG), days)
    steps = np.zeros((len(actors), days + 1), np.int64)
    np.add.at(steps, (actor, day), 1)
    np.add.at(steps, (actor, until), -1)
    return actors.astype(np.int64), np.cumsum(steps, axis=1)[:, :days], first


def _first_surface(columns: Columns, level: str) -> Ints:
    """The surface on which each actor was first seen, shape (names,)."""
    surface, actor = columns.named["surface"].places, columns.actors(level)
    there = np.flatnonzero(actor >= 0)
    who, opening = np.unique(actor[there], return_index=True)
    first = np.full(len(columns.named[level].names), -1, np.int64)
    first[who] = surface[there[opening]]
    return first


def _joined(level: str, actor: Ints, rang: list[tuple[Ints, int]]) -> Alarms:
    if not rang:
        return alarms_of(level, np.empty(0, np.int64), np.empty(0, np.int64))
    return alarms_of(
        level, actor[np.concatenate([who for who, _ in rang])], np.concatenate([np.full(len(who), at, np.int64) for who, at in rang])
    )


BASELINE = Baseline(
    id="purview",
    title="People of 30 days against peers (Purview)",
    levels=("account",),
    setting="z",
    usual=(3.0,),
    sweep=(1.5, 2.0, 2.5, 3.0, 4.0, 6.0),
    needs=("surface",),
    rule=rule,
)
