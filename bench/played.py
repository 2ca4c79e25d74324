"""Attribution on played scenarios: dumps of what the leaks of `nilometer simulate` really took, through a real ledger.

`python -m bench.played --seeds 7000-7001 --out FOLDER`; the trials are written as those of `bench.attribution`.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from nilometer.attribution.found import unbounded
from nilometer.attribution.match import judge
from nilometer.disclosures import pseudonym
from nilometer.ledger.holding import held

SCENARIOS = (
    "marketing_consultancy",
    "partner_tags",
    "office_crawler",
    "hidden_crawler",
    "leaver_export",
    "account_mill",
    "colluding_colleagues",
    "clean_platform",
)
SCALE = 0.2
RATES = (0.01, 0.05, 0.2, 0.5, 1.0)
Ints = npt.NDArray[np.int64]


def dumps(folder: Path, seed: int) -> Iterator[tuple[str, Ints, int, list[dict[str, str]]]]:
    """Dumps of one played scenario: kind, people (the platform's ids), rows of nobody known, actors that may rightly be named."""
    rng = np.random.default_rng((47, seed))
    table = pq.read_table(folder / "disclosures.parquet", columns=["subject", "org", "app", "account", "status"])
    shown = table.filter(pc.is_in(table.column("status"), pa.array([200, 304], pa.int16())))
    subject = np.asarray(shown.column("subject"))
    people = np.unique(subject)

    def elsewhere(kind: str, size: int) -> Ints:
        size = min(size, len(people))
        return rng.choice(people, size, replace=False) if kind == "uniform" else np.unique(rng.choice(subject, size))

    leaks = json.loads((folder / "truth.json").read_text())["leaks"]
    taken = pq.read_table(folder / "leaks.parquet") if leaks else None
    for number, leak in enumerate(leaks):
        assert taken is not None
        his = np.unique(np.asarray(taken.filter(pc.equal(taken.column("leak"), number)).column("subject")))
        for rate in RATES:
            mine = rng.choice(his, max(1, round(len(his) * rate)), replace=False)
            kept = mine[rng.random(len(mine)) >= rng.choice([0.0, rng.uniform(0, 0.1)])]
            foreign = float(rng.choice([0.0, rng.uniform(0, 0.5)]))
            more = round(len(mine) * foreign / (1 - foreign))
            unknown = int(rng.binomial(more, 0.5))
            others = elsewhere(str(rng.choice(["uniform", "popular"])), more - unknown)
            yield "leak", np.unique(np.concatenate([kept, others])), len(mine) - len(kept) + unknown, _names(shown, leak["actors"])
    for kind in ("uniform", "popular") * 3:
        yield kind, elsewhere(kind, int(10 ** rng.uniform(1, 3.7))), int(rng.integers(0, 500)), []


def _names(shown: pa.Table, actors: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """The actors of a leak and those wider than they."""
    right = {(actor["level"], actor["id"]) for actor in actors}
    for level, name in sorted(right):
        if level not in shown.column_names:
            continue
        mine = shown.filter(pc.equal(shown.column(level).cast(pa.string()), name))
        for wider in ("org", "app", "account")[: ("org", "app", "account", "session").index(level)]:
            right |= {(wider, found) for found in mine.column(wider).cast(pa.string()).unique().to_pylist() if found}
    return [{"level": level, "id": name} for level, name in right]


def play(scenario: str, seed: int, out: Path, sink: Any) -> None:
    """One scenario: played, ingested, its dumps judged."""
    import nilometer as nm
    from nilometer.simulation.simulate import simulate

    folder = Path(tempfile.mkdtemp(dir=out))
    try:
        simulate(scenario, folder / "played", seed=seed, scale=SCALE)
        with nm.open(folder / "home") as opened:
            opened.ingest([folder / "played" / "disclosures.parquet"])
            ledger, key = opened.home.ledger, opened.home.key
            for kind, people, unknown, actors in dumps(folder / "played", seed):
                right = {(actor["level"], pseudonym.one(key, actor["level"], actor["id"])) for actor in actors}
                found = unbounded(len(people) + unknown, np.asarray(pseudonym.column(key, "subject", pa.array(people))), unmatched=unknown)
                began = time.perf_counter()
                verdict = judge(held(ledger, found.people), found)
                suspects = [
                    [s.level, s.actor, s.probability, s.low, s.high, (s.level, s.actor) in right, s.held, s.expected, s.reach]
                    for s in verdict.suspects
                ]
                told = {
                    "scenario": scenario, "seed": seed, "kind": kind, "rows": found.rows, "people": len(people), "sources": [list(r) for r in right],
                    "genuine": [], "knowable": bool(actors) and len(people) >= 20, "first": bool(suspects) and suspects[0][5], "at_level": bool(suspects) and suspects[0][5],
                    "named": verdict.named, "right": verdict.named is None or verdict.named in right, "exact": verdict.named in right,
                    "elsewhere": verdict.elsewhere, "several": bool(verdict.several), "suspects": suspects, "found": 0, "until": False,
                    "seconds": time.perf_counter() - began, "why": verdict.why,
                }  # fmt: skip
                sink.write(json.dumps(told) + "\n")
                sink.flush()
    finally:
        shutil.rmtree(folder)


def main() -> None:
    """Plays scenarios."""
    parser = argparse.ArgumentParser(prog="python -m bench.played", description=__doc__)
    parser.add_argument("--seeds", default="7000-7001")
    parser.add_argument("--scenario", action="append", choices=SCENARIOS)
    parser.add_argument("--out", type=Path, default=Path("/tmp/nilometer-bench/played"))
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    low, _, high = asked.seeds.partition("-")
    with (asked.out / "trials.ndjson").open("w") as sink:
        for seed in range(int(low), int(high or low) + 1):
            for scenario in asked.scenario or SCENARIOS:
                play(scenario, seed, asked.out, sink)


if __name__ == "__main__":
    main()
