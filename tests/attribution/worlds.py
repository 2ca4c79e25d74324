"""A small world as a ledger, made once, and what is asked of it."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from nilometer.attribution.found import Found, unbounded
from nilometer.attribution.match import judge
from nilometer.attribution.proof import Proof
from nilometer.attribution.verdict import Verdict
from nilometer.ledger.holding import Holdings, held
from nilometer.ledger.ledger import Ledger
from nilometer.simulation import dumps
from nilometer.simulation.dumps import Dump, Node, World
from tests.ledger.stored import KEY, source


@contextmanager
def kept(table: pa.Table) -> Iterator[Ledger]:
    """A ledger with these rows."""
    with tempfile.TemporaryDirectory() as folder:
        made = Ledger(Path(folder), KEY, threads=1)
        try:
            with made.writing("a test") as writer:
                writer.name("fields", np.array(list(dumps.FIELDS), np.int64), pa.array(list(dumps.FIELDS.values())))
                writer.add(table)
                writer.commit([source()])
            yield made
        finally:
            made.engine.close()


def found_in(of: World, dump: Dump, **more: Any) -> Found:
    """A dump as it was read."""
    return unbounded(dump.rows, of.people[dump.people], unmatched=dump.unmatched, **more)


def asked(ledger: Ledger, found: Found, *, sampled: int = 6_000_000) -> Holdings:
    """The holdings of a dump's people, with its fields."""
    return held(ledger, found.people, fields=found.fields, sampled=sampled)


def verdict(ledger: Ledger, found: Found, *, canaries: Mapping[Node, int] | None = None, **more: Any) -> Verdict:
    """The judgement. canaries: how many were found of whom, none of which a dump holds by chance."""
    proof = {node: Proof(found=count, nats=60.0 + 20.0 * (count - 1)) for node, count in (canaries or {}).items()}
    return judge(asked(ledger, found), found, canaries=proof, **more)


def largest(of: World, level: str, least: int = 60, most: int = 3_000, *, among: Collection[Node] | None = None) -> list[Node]:
    """Actors of a level with neither too few people nor too many, the largest first."""
    nodes = [node for node, (people, _) in of.held.items() if node[0] == level and least <= len(people) <= most]
    return sorted((n for n in nodes if among is None or n in among), key=lambda node: -len(of.held[node][0]))


def lonely(of: World, level: str, **more: int) -> Node:
    """An actor that shares few people with those that are neither part of it nor hold it, and whose parts hold much less than it."""

    def line(node: Node) -> set[Node]:
        found = {node}
        while node in of.parent:
            node = of.parent[node]
            found.add(node)
        return found

    for node in largest(of, level, **more):
        mine = set(of.held[node][0].tolist())
        near = [
            len(mine & set(other.tolist())) / len(mine | set(other.tolist())) for n, (other, _) in of.held.items() if n not in line(node)
        ]
        if max(near) < 0.6:
            return node
    raise AssertionError("this world has none")
