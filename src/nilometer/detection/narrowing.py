"""Who explains a claim: walk down from the actor that reached the bar to the narrowest one through which its people went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from nilometer.detection.coding import NONE, Ints
from nilometer.detection.rows import Rows
from nilometer.disclosures.actor import HIERARCHY
from nilometer.ledger.sets import distinct

EXPLAINS: Final = 0.8
"""A child through which this share of the people went is named instead of its parent."""
MOST: Final = 0.5
"""A child through which at least this share went holds most of it: what is said of the parent belongs to the child's story."""
CROWD: Final = 25
"""Fewer accounts than this in a day are somebody's staff, not the public."""
PEOPLE_AN_ACCOUNT: Final = 4.0
"""Up to so many people for each account that was shown anybody that day, the public is at work, not one actor."""

OWN_PAGE: Final = 1.5
"""Up to so many people for each account, everybody reads a page of their own."""

Node = tuple[str, int]
"""An actor: level and key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a claim belongs."""

    named: Node
    """The narrowest actor that explains it."""
    path: tuple[Node, ...]
    """From the actor that reached the bar down through the children that hold most of it."""
    above: tuple[Node, ...]
    """The wider actors of the named one's rows, nearest first."""


def place(rows: Rows, at: Ints, start: Node) -> Place:
    """The place of a claim of `start` that rests on the rows `at`, each of them one more person (or miss, or step)."""
    path, named, share = [start], start, 1.0
    until = int(rows.t[at].max()) if len(at) else 0
    while True:
        child, held = _largest_child(rows, at, path[-1][0])
        if child is None:
            break
        share *= held
        if share < MOST:
            break
        parent = path[-1]
        path.append(child)
        at = at[rows.keys[child[0]][at] == child[1]]
        if share >= EXPLAINS and named == parent and not (parent[0] == "surface" and is_window(rows, child, until)):
            named = child
    own = at if named == path[-1] else at[rows.keys[named[0]][at] == named[1]]
    return Place(named=named, path=tuple(path), above=_above(rows, own, named))


def is_window(rows: Rows, node: Node, until: int) -> bool:
    """Whether an app (or company) only is the window through which many come to a surface: then it explains nothing."""
    return node[0] in ("org", "app") and accounts_of(rows, node, until) >= CROWD


def accounts_of(rows: Rows, node: Node, until: int) -> int:
    """Through how many accounts an actor was active that day up to a moment; sessions, then addresses count where no account is known."""
    return len(_accounts(rows, np.flatnonzero((rows.keys[node[0]] == node[1]) & (rows.t <= until))))


def _accounts(rows: Rows, at: Ints) -> Ints:
    account = rows.keys["account"][at]
    for level in ("session", "ip"):
        account = np.where(account == NONE, rows.keys[level][at], account)
    return np.unique(account[account != NONE])


def _below(level: str) -> tuple[str, ...]:
    if level == "surface":
        return HIERARCHY
    return HIERARCHY[HIERARCHY.index(level) + 1 :] if level in HIERARCHY else ()


def children(rows: Rows, at: Ints, level: str) -> tuple[Ints, Ints]:
    """For each of the rows `at` the next narrower actor that it names: its level as a place in `_below(level)` (-1: none) and its key."""
    depth, key = np.full(len(at), -1, np.int64), np.full(len(at), NONE, np.int64)
    for number, name in enumerate(_below(level)):
        if name == "session" and level != "session":
            values = np.where(rows.keys["account"][at] == NONE, rows.keys[name][at], NONE)  # a session of an account is the account
        else:
            values = rows.keys[name][at]
        here = (depth < 0) & (values != NONE)
        depth[here], key[here] = number, values[here]
    return depth, key


def _largest_child(rows: Rows, at: Ints, level: str) -> tuple[Node | None, float]:
    below = _below(level)
    if not below or not len(at):
        return None, 0.0
    depth, key = children(rows, at, level)
    best: tuple[int, int, int] | None = None
    for number in np.unique(depth[depth >= 0]).tolist():
        values, counts = np.unique(key[depth == number], return_counts=True)
        top = int(np.argmax(counts))
        found = (int(counts[top]), -number, int(values[top]))
        best = found if best is None else max(best, found)
    return (None, 0.0) if best is None else ((below[-best[1]], best[2]), best[0] / len(at))


def _above(rows: Rows, at: Ints, node: Node) -> tuple[Node, ...]:
    if node[0] not in HIERARCHY:
        return ()
    wider = HIERARCHY[: HIERARCHY.index(node[0])]
    found: list[Node] = []
    for level in reversed(wider):
        keys = distinct(rows.keys[level][at])
        found += [(level, int(key)) for key in keys if key != NONE]
    return tuple(found)


def is_crowd(rows: Rows, at: Ints, until: int, people_an_account: float = PEOPLE_AN_ACCOUNT) -> bool:
    """Whether an actor's rows `at` (those shown, up to the moment `until`) are the public's: about as many accounts as people."""
    at = at[rows.shown[at] & (rows.t[at] <= until)]
    accounts = len(_accounts(rows, at))
    people = len(distinct(rows.subject[at]))
    return accounts >= CROWD and people <= people_an_account * accounts
