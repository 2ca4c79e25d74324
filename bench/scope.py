"""Scope: exactly whose data one actor was shown, 20 million people of it, out of a ledger of 100 million disclosures."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bench import measure

ACTOR = 4_711
"""The pseudonym of the app whose scope is asked for; two fifths of all disclosures are its."""
PER_COMMIT = 2_000_000
FIRST = 1_577_836_800_000_000
"""1 January 2020, in microseconds since 1970."""
SPAN = 240 * 86_400_000_000
FIELDS = {1: "nickname", 2: "nickname|phone", 3: "address|nickname|phone", -4: "phone", 5: "order", -6: "address|order|phone"}
SURFACES = {21: "review.detail", -22: "order.buyer", 23: "item.viewer"}


def _mixed(values: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Numbers spread over 64 bits, different ones differently (Steele, Lea and Flood, SplitMix, OOPSLA 2014)."""
    z = values.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (z ^ (z >> np.uint64(31))).view(np.int64)


def _rows(begin: int, size: int, rows: int, people: int) -> pa.Table:
    """Part of the ledger, in order of time: of every five rows two are the actor's; its first ones reach all `people` once."""
    from nilometer.disclosures.schema import STORED

    rng = np.random.default_rng((17, begin))
    number = np.arange(begin, begin + size)
    his = number % 5 < 2
    turn = number // 5 * 2 + number % 5  # his first, second, ... row
    again = np.where(turn < people, turn * 7_919 % people, rng.integers(0, people, size))
    others = (60_000_000 * rng.random(size) ** 2).astype(np.int64)
    app = np.where(his, ACTOR, 100_000 + (20_000 * rng.random(size) ** 2).astype(np.int64))
    at = FIRST + number * (SPAN // rows) + rng.integers(0, 1_000, size)
    status = np.where(rng.random(size) < 0.01, 403, 200).astype(np.int16)
    status[his & (turn < people)] = 200
    columns = {
        "time": pa.array(at, pa.timestamp("us", tz="UTC")),
        "subject": _mixed(np.where(his, again, others)),
        "org": _mixed(app // 3),
        "app": np.where(his, ACTOR, _mixed(app)),
        "account": _mixed(app * 4 + rng.integers(0, 4, size)),
        "ip": _mixed(app * 64 + rng.integers(0, 64, size)),
        "surface": np.array(list(SURFACES))[number % 3],
        "fields": np.array(list(FIELDS))[rng.integers(0, 6, size)],
        "status": status,
        "shown": status == 200,
        "request": rng.integers(-(2**62), 2**62, size),
        "step": np.zeros(size, np.int8),
    }
    arrays = [pa.array(columns[f.name], f.type) if f.name in columns else pa.nulls(size, f.type) for f in STORED]
    return pa.table(arrays, schema=STORED)


def made(folder: str, rows: int, people: int) -> int:
    """Writes the ledger, through the one writer, once."""
    import nilometer as nm
    from nilometer.ledger.manifest import Ingested

    given = dict(label="bench", format="bench", head="", digest="", mapping="", size=0, entries=0)
    counts = dict(disclosures=0, shown=0, unmatched=0, unreadable=0, complete=True, at="2026-01-01T00:00:00Z")
    with nm.open(folder) as opened, opened.home.ledger.writing("bench") as writer:
        for kind, names in (("fields", FIELDS), ("surface", SURFACES), ("app", {ACTOR: "app-large"})):
            writer.name(kind, np.array(list(names), np.int64), pa.array(list(names.values())))
        for begin in range(0, rows, PER_COMMIT):
            writer.add(_rows(begin, min(PER_COMMIT, rows - begin), rows, people))
        writer.commit([Ingested(**given, **counts)])  # type: ignore[arg-type]
    return rows


if __name__ == "__main__":
    import sys

    began = time.time()
    print(made(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])), time.time() - began)
