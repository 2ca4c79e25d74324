"""Several actors that act as one: members of a claim that no single actor explains, and stories that belong to one operator."""

from __future__ import annotations

import hashlib
from typing import Final

import numpy as np

from nilometer.detection import newcomers
from nilometer.detection.coding import NONE, Ints
from nilometer.detection.memory import Memory
from nilometer.detection.narrowing import EXPLAINS, Node, children
from nilometer.detection.newcomers import NEWCOMER
from nilometer.detection.rows import Rows
from nilometer.disclosures.actor import HIERARCHY
from nilometer.ledger.sets import distinct

MEMBERS: Final = 200
"""Members that are named at most from one day."""
LEAST: Final = 5
"""People from which an account counts as a member."""
GROWN: Final = 3.0
"""How many times its usual an older account must be shown to count as a member."""
OUTSTANDING: Final = 10.0
"""How many times the middle one of those without an account it must be shown to count as a member: visitors are many and like each other."""
HELD: Final = 0.5
"""Share of the people that members must hold together; with less, the claim stays with the surface."""
OVERLAP: Final = 0.1
"""Largest share of people two members of one day may share to be a partition of the base."""
SURE: Final = 0.8
"""How likely a new account must be no usual newcomer to be named with what a surface showed."""
MINE: Final = 0.5
"""Share of what a program does on a surface from which it marks who uses it."""
FEWEST: Final = 5
"""Fewer than this are chance."""
SHARED: Final = 0.3
"""Share of addresses in common from which two actors are one infrastructure."""


def newcomers_of(rows: Rows, at: Ints, time: int, accounts: Memory | None, until: int) -> tuple[Node, ...]:
    """The new accounts behind a surface's growth (rows `at`, up to a moment) that are most likely no usual newcomers; () when hardly any can be told.

    They are compared with the newcomers of the weeks before the day `until`, so at most 1 - SURE of those named should be others.
    """
    keys, cold, sure = newcomers.unusual(rows, at, time, accounts, until)
    chosen = np.flatnonzero((sure >= SURE) & (cold >= LEAST))
    chosen = chosen[np.argsort(-sure[chosen], kind="stable")][:MEMBERS]
    return tuple(("account", int(keys[one])) for one in chosen) if len(chosen) >= FEWEST else ()


def has_accounts(rows: Rows, at: Ints) -> bool:
    """Whether most of the rows `at` name an account."""
    return bool((rows.keys["account"][at] != NONE).mean() >= HELD) if len(at) else False


def members(rows: Rows, at: Ints, start: Node, accounts: Memory | None) -> tuple[Node, ...]:
    """The narrower actors through which most of the people of a claim went and that are new or far above their usual; () when few are."""
    depth, key = children(rows, at, start[0])
    below = HIERARCHY if start[0] == "surface" else HIERARCHY[HIERARCHY.index(start[0]) + 1 :] if start[0] in HIERARCHY else ()
    if "account" in below:  # members are accounts wherever there are any, not the app they all come through
        account = rows.keys["account"][at]
        key = np.where(account != NONE, account, key)
        depth = np.where(account != NONE, below.index("account"), depth)
    below = (*below, "ip")
    nameless = (rows.keys["account"][at] == NONE) & (rows.keys["ip"][at] != NONE)  # of those without an account, addresses say most
    key, depth = np.where(nameless, rows.keys["ip"][at], key), np.where(nameless, len(below) - 1, depth)
    found: list[tuple[int, Node]] = []
    for number in np.unique(depth[depth >= 0]).tolist():
        level = below[number]
        keys, counts = np.unique(key[depth == number], return_counts=True)
        if level == "account":
            fresh, grown = np.ones(len(keys), np.bool_), np.zeros(len(keys), np.bool_)
            if accounts is not None:
                known = accounts.of(keys)
                fresh = (known.first < 0) | (known.first >= rows.day - NEWCOMER)
                grown = counts >= GROWN * (known.usual("fresh") + 1.0)
            old = counts[~fresh & ~grown]
            usual = float(np.quantile(old, 0.9)) if len(old) >= LEAST else 0.0  # what others are shown there today
            chosen = (counts >= max(LEAST, usual)) & (fresh | grown)
        else:
            few = len(keys) < 2 * LEAST  # too few to say what is usual among them
            chosen = counts >= (LEAST if few else max(LEAST, OUTSTANDING * float(np.median(counts))))
        found += [(int(count), (level, int(one))) for one, count in zip(keys[chosen], counts[chosen], strict=True)]
    if sum(count for count, _ in found) < HELD * len(at):
        return ()
    return tuple(node for _, node in sorted(found, key=lambda one: (-one[0], one[1]))[:MEMBERS])


def ways(rows: Rows, at: Ints, time: int) -> tuple[Node, ...]:
    """The surface and the program that mark the actor of the rows `at`; () where others use the same program there, too.

    Most of what that program did on that surface that day up to the moment must be the actor's: a browser that everybody has marks nobody.
    """
    found: list[Node] = []
    for name in ("surface", "user_agent"):
        keys, counts = np.unique(rows.keys[name][at], return_counts=True)
        if not len(keys) or counts.max() < EXPLAINS * len(at) or keys[np.argmax(counts)] == NONE:
            return ()
        found.append((name, int(keys[np.argmax(counts)])))
    alike = rows.t <= time
    for name, key in found:
        alike &= rows.keys[name] == key
    return tuple(found) if len(at) >= MINE * int(alike.sum()) else ()


def one_operator(rows: Rows, one: Node, other: Node, siblings: bool, until: int) -> bool:
    """Whether two actors under suspicion act as one today, up to the moment `until`: siblings that share out the people, or one infrastructure.

    Siblings (accounts of one app, apps of one company) belong together when hardly anybody was shown to both: together they are
    a partition of the base. Strangers do when they come from the same addresses.
    """
    mine, theirs = (np.flatnonzero((rows.keys[level] == key) & rows.shown & (rows.t <= until)) for level, key in (one, other))
    if not len(mine) or not len(theirs):
        return siblings
    if siblings:
        a, b = distinct(rows.subject[mine]), distinct(rows.subject[theirs])
        return len(np.intersect1d(a, b)) <= OVERLAP * min(len(a), len(b))
    a, b = (np.unique(rows.keys["ip"][at]) for at in (mine, theirs))
    a, b = a[a != NONE], b[b != NONE]
    return len(np.intersect1d(a, b)) > SHARED * max(1, min(len(a), len(b)))


def campaign_id(name: str, number: int) -> str:
    """The id of a campaign: the same in every run; `name` is its first actor's."""
    digest = hashlib.blake2b(f"nilometer/campaign/1\x1f{name}\x1f{number}".encode("utf-8", "surrogatepass"), digest_size=4)
    return f"C-{digest.hexdigest().upper()}"
