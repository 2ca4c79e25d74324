"""Attribution: is the true source named, are the probabilities those of being right, does a dump from nowhere accuse nobody?

`python -m bench.attribution --seeds 7100-7131 --out FOLDER` plays trials and writes them as `trials.ndjson`; the tables and the plot
of docs/attribution.md are made of them by `python -m bench.calibration`.

What can be known at all, said beforehand: a dump has KNOWABLE people of its source, and no actor that is neither part of the source
nor holds it was shown nearly the same people (Jaccard above TWIN, then or by now). Parts and wholes with nearly the same people (above SAME) are one.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from nilometer.attribution.found import unbounded
from nilometer.attribution.match import judge
from nilometer.attribution.verdict import Verdict
from nilometer.disclosures.pseudonym import Key
from nilometer.ledger.holding import SAMPLED, held
from nilometer.ledger.ledger import Ledger
from nilometer.ledger.manifest import Ingested
from nilometer.simulation import dumps
from nilometer.simulation.dumps import Dump, Node, World

KNOWABLE = 10
TWIN = 0.8
SAME = 0.9
LEAKS, MIXED, NOWHERE = 12, 3, 15
"""Trials of each kind in one world."""


def written(of: World, folder: Path) -> Ledger:
    """The world's exposures as a ledger."""
    given = {"label": "bench", "format": "bench", "head": "", "digest": "", "mapping": "", "size": 0, "entries": 0, "tail": 0}
    counts = {"disclosures": 0, "shown": 0, "unmatched": 0, "unreadable": 0, "complete": True, "at": "2026-01-01T00:00:00Z"}
    made = Ledger(folder, Key(epoch=1, secret=bytes(range(32))))
    with made.writing("bench") as writer:
        writer.name("fields", np.array(list(dumps.FIELDS), np.int64), pa.array(list(dumps.FIELDS.values())))
        writer.add(of.table)
        writer.commit([Ingested(**given, **counts)])  # type: ignore[arg-type]
    return made


def drawn(seed: int, of: World) -> Iterator[Dump]:
    """One world's dumps: of sources of every level and size, a hundredth to all of it, clean or not; mixed ones; from nowhere."""
    rng = np.random.default_rng((43, seed))
    nodes = [node for node, (people, _) in of.held.items() if len(people) >= 30]
    levels = sorted({level for level, _ in nodes})

    def source() -> Node:
        level = levels[int(rng.integers(len(levels)))]
        ours = [node for node in nodes if node[0] == level]
        return ours[int(rng.integers(len(ours)))]

    def how(node: Node) -> dict[str, Any]:
        _, first = of.held[node]
        until = None if rng.random() < 0.5 else int(np.quantile(first, rng.uniform(0.3, 1.0)))
        return {
            "rate": float(10 ** rng.uniform(-2, 0)), "until": until,
            "foreign": float(rng.choice([0.0, rng.uniform(0, 0.5)])), "altered": float(rng.choice([0.0, rng.uniform(0, 0.1)])),
            "strangers": float(rng.uniform(0, 1)),
        }  # fmt: skip

    sizes = []
    for _ in range(LEAKS):
        node = source()
        leak = dumps.leaked(rng, of, [node], **how(node))
        sizes.append(leak.rows)
        yield leak
    for _ in range(MIXED):
        several = [source() for _ in range(int(rng.integers(2, 4)))]
        yield dumps.leaked(rng, of, several, shares=[1.0] * len(several), **{**how(several[0]), "until": None})
    for turn in range(NOWHERE):
        kind = dumps.NOWHERE[turn % len(dumps.NOWHERE)]
        yield dumps.nowhere(rng, of, kind, int(rng.choice(sizes)), strangers=float(rng.uniform(0, 0.9)))


def _jaccard(of: World, one: Node, other: Node, until: int | None) -> float:
    (a, at), (b, bt) = of.held[one], of.held[other]
    if until is not None:
        a, b = a[at <= until], b[bt <= until]
    both = len(np.intersect1d(a, b, assume_unique=True))
    return both / max(1, len(a) + len(b) - both)


def lineage(of: World, node: Node) -> set[Node]:
    """An actor and everything wider."""
    found = {node}
    while node in of.parent:
        node = of.parent[node]
        found.add(node)
    return found


def _related(of: World, one: Node, other: Node) -> bool:
    return one in lineage(of, other) or other in lineage(of, one)


def truth(of: World, dump: Dump) -> tuple[set[Node], set[Node], bool]:
    """Whom it is right to accuse (a source, what is wider, parts with nearly the same people); sources; whether it can be known."""
    right: set[Node] = set()
    knowable = bool(dump.sources)
    for node, genuine in zip(dump.sources, dump.genuine, strict=True):
        right |= lineage(of, node)
        knowable &= len(genuine) >= KNOWABLE
        for other in of.held:
            if other == node or len(of.held[other][0]) < 0.5 * len(of.held[node][0]):
                continue
            if _related(of, node, other):
                if other not in right and _jaccard(of, node, other, dump.until) > SAME:
                    right.add(other)
            elif max(_jaccard(of, node, other, until) for until in (dump.until, None)) > TWIN:
                knowable = False
    return right, set(dump.sources), knowable


def _likely(verdict: Verdict, any_of: set[Node]) -> bool:
    """Whether any of some actors is thought to be a source."""
    return any((s.level, s.actor) in any_of and s.probability >= 0.5 for s in verdict.suspects)


def told(of: World, dump: Dump, verdict: Verdict, seed: int, seconds: float) -> dict[str, Any]:
    """One trial as it is written down."""
    right, sources, knowable = truth(of, dump)
    first: Node | None = None
    at_level = None
    if verdict.suspects:
        first = (verdict.suspects[0].level, verdict.suspects[0].actor)
    if len(sources) == 1:
        [source] = sources
        level = [(s.level, s.actor) for s in verdict.suspects if s.level == source[0]]
        at_level = bool(level) and level[0] in right
    return {
        "seed": seed, "kind": dump.kind, "rows": dump.rows, "people": len(dump.people), "unmatched": dump.unmatched,
        "sources": [list(s) for s in dump.sources], "genuine": [len(g) for g in dump.genuine], "knowable": knowable,
        "first": first is not None and first in right, "at_level": at_level,
        "named": None if verdict.named is None else list(verdict.named), "right": verdict.named is None or verdict.named in right,
        "exact": verdict.named in sources, "elsewhere": verdict.elsewhere, "several": bool(verdict.several), "until": dump.until is not None,
        "suspects": [[s.level, s.actor, s.probability, s.low, s.high, (s.level, s.actor) in right, s.held, s.expected, s.reach] for s in verdict.suspects],
        "found": [[_likely(verdict, {source}), _likely(verdict, {n for n in lineage(of, source) if n[0] == "org"})] for source in dump.sources],
        "seconds": round(seconds, 3), "why": verdict.why,
    }  # fmt: skip


def play(seeds: range, out: Path, only: str = "", *, sampled: int = SAMPLED, people: int = 30_000, firms: int = 80) -> None:
    """All trials of some seeds, or those of one kind; `sampled` as in `held`; `people` and `firms` of each world."""
    out.mkdir(parents=True, exist_ok=True)
    with (out / "trials.ndjson").open("w") as sink:
        for seed in seeds:
            of = dumps.world(seed, people=people, firms=firms)
            folder = Path(tempfile.mkdtemp(dir=out))
            ledger = written(of, folder)
            try:
                for dump in drawn(seed, of):
                    if only not in ("", dump.kind):
                        continue
                    found = unbounded(dump.rows, of.people[dump.people], unmatched=dump.unmatched)
                    began = time.perf_counter()
                    verdict = judge(held(ledger, found.people, sampled=sampled), found, most=40)
                    sink.write(json.dumps(told(of, dump, verdict, seed, time.perf_counter() - began)) + "\n")
                    sink.flush()
            finally:
                ledger.engine.close()
                shutil.rmtree(folder)


def run(scratch: Path, rows: int, rounds: int) -> None:
    """Plays `rounds` worlds of seeds that nothing was tuned on, and prints tables of them."""
    from bench import calibration

    play(range(8_000, 8_000 + rounds), scratch / "attribution")
    calibration.tables([json.loads(line) for line in (scratch / "attribution" / "trials.ndjson").read_text().splitlines()])


def main() -> None:
    """Plays seeds."""
    parser = argparse.ArgumentParser(prog="python -m bench.attribution", description=__doc__)
    parser.add_argument("--seeds", default="7000-7039")
    parser.add_argument("--out", type=Path, default=Path("/tmp/nilometer-bench/attribution"))
    parser.add_argument("--only", default="", help="one kind of dump")
    parser.add_argument("--sampled", type=int, default=SAMPLED, help="disclosures beyond which a sample is read, as in a large ledger")
    parser.add_argument("--people", type=int, default=30_000)
    parser.add_argument("--firms", type=int, default=80)
    asked = parser.parse_args()
    low, _, high = asked.seeds.partition("-")
    play(range(int(low), int(high or low) + 1), asked.out, asked.only, sampled=asked.sampled, people=asked.people, firms=asked.firms)


if __name__ == "__main__":
    main()
