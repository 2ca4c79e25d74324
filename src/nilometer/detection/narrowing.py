"""Who explains a claim: walk down from the actor that crossed the line to the narrowest one through which its people went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import pyarrow as pa

from nilometer.detection.claims import Claim
from nilometer.detection.detector import WANTED_PARTS, Answers
from nilometer.disclosures.actor import HIERARCHY

EXPLAINS: Final = 0.8
"""A child through which this share of the people went is named instead of its parent."""
MOST: Final = 0.5
"""A child through which at least this share went holds most of it: what is said of the parent belongs to the child's story."""

Node = tuple[str, int]
"""An actor: level and key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a claim belongs."""

    named: Node
    """The narrowest actor that explains it."""
    path: tuple[Node, ...]
    """From the actor that crossed the line down through the children that hold most of it."""
    above: tuple[Node, ...]
    """The wider actors that the named one had been seen under by then, nearest first."""


def place(ledger: Answers, claims: Sequence[Claim]) -> list[Place]:
    """The place of each claim, known from what had happened up to the claim's time; a handful of questions for all claims together."""
    starts = _lifted(ledger, claims)
    paths: list[list[Node]] = [[start] for start in starts]
    named = list(starts)
    share = [1.0] * len(claims)
    for level in HIERARCHY[:-1]:
        here = [index for index, path in enumerate(paths) if path[-1][0] == level]
        parts = children(ledger, level, [(paths[index][-1][1], claims[index].time) for index in here])
        for index in here:
            below = parts.get((paths[index][-1][1], claims[index].time), {})
            if not below:
                continue
            child, held = max(below.items(), key=lambda entry: (entry[1], -entry[0][1]))
            share[index] *= held
            if share[index] < MOST:
                continue
            parent = paths[index][-1]
            paths[index].append(child)
            if share[index] >= EXPLAINS and named[index] == parent and (child[0] != "session" or len(below) > 1):
                named[index] = child
    above = _above(ledger, [(node, claim.time) for node, claim in zip(named, claims, strict=True)])
    return [Place(named=node, path=tuple(path), above=up) for node, path, up in zip(named, paths, above, strict=True)]


def children(ledger: Answers, level: str, wanted: Sequence[tuple[int, datetime]]) -> Mapping[tuple[int, datetime], dict[Node, float]]:
    """For each (actor, time): its children of that day so far, with the share of its people that each holds."""
    unique = sorted(set(wanted))
    found: dict[tuple[int, datetime], dict[Node, float]] = {}
    if unique:
        columns = list(zip(*unique, strict=True))
        table = pa.table([pa.array(columns[0], pa.int64()), pa.array(columns[1], WANTED_PARTS.field("time").type)], schema=WANTED_PARTS)
        for row in ledger.parts(level, table).to_pylist():
            found.setdefault((row["actor"], row["time"]), {})[(row["child_level"], row["child"])] = row["share"]
    return found


def _lifted(ledger: Answers, claims: Sequence[Claim]) -> list[Node]:
    """The actor each claim starts from: a session that was its account's only one that day stands for the account."""
    starts: list[Node] = [(claim.level, claim.actor) for claim in claims]
    sessions = [index for index, claim in enumerate(claims) if claim.level == "session"]
    above = dict(zip(sessions, _above(ledger, [(starts[index], claims[index].time) for index in sessions]), strict=True))
    for level in HIERARCHY[:-1]:
        here = [index for index in sessions if above[index] and above[index][0][0] == level]
        siblings = children(ledger, level, [(above[index][0][1], claims[index].time) for index in here])
        for index in here:
            if set(siblings.get((above[index][0][1], claims[index].time), {})) <= {starts[index]}:
                starts[index] = above[index][0]
    return starts


def _above(ledger: Answers, wanted: Sequence[tuple[Node, datetime]]) -> list[tuple[Node, ...]]:
    known: dict[Node, list[tuple[Node, datetime]]] = {}
    for level in HIERARCHY[1:]:
        actors = sorted({actor for (own, actor), _ in wanted if own == level})
        if actors:
            for row in ledger.ancestors(level, pa.array(actors, pa.int64())).to_pylist():
                known.setdefault((level, row["actor"]), []).append(((row["level"], row["parent"]), row["since"]))
    found = []
    for node, time in wanted:
        up = [parent for parent, since in known.get(node, []) if since <= time]
        found.append(tuple(sorted(up, key=lambda parent: (-HIERARCHY.index(parent[0]), parent[1]))))
    return found
