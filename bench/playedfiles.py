"""Attribution on played scenarios through files: the dumps of `bench.played` as CSV, SQL and JSON, half of them without the platform's ids.

`python -m bench.playedfiles --seeds 7004-7005` prints a table. Each file has phones (one of twenty changed by hand) and nicknames under names that
say nothing, a running number, rows of nobody known, no order; whose phones are whose `nilometer identities` knows.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from bench import measure
from bench.played import SCALE, SCENARIOS, dumps

Ints = npt.NDArray[np.int64]
SHAPES = ("csv", "sql", "json", "late", "thin", "cr", "cut", "excel", "dashes")
"""late: strangers stand first, 25,000 of them. thin: less than 1 % is known. cr: lines end with carriage returns. cut: one line of JSON that breaks
off. excel: `="138..."`. dashes: `nick----phone`."""


def phones(people: Ints) -> list[str]:
    """A phone for each person."""
    return [f"1{(one * 7919) % 10**10:010d}" for one in people.tolist()]


def written(path: Path, shape: str, people: Ints, unknown: int, ids: bool, rng: np.random.Generator) -> int:
    """A dump as a file, rows in any order (late: strangers first); how many rows can be read of it."""
    made = [[str(one), phone, f"nick {one}"] for one, phone in zip(people.tolist(), phones(people), strict=True)]
    for row in made:
        if rng.random() < 0.05:
            row[1] = f"17{int(rng.integers(10**9)):09d}"
    unknown = {"late": 25_000, "thin": 150 * len(made) + 150}.get(shape, unknown)
    made += [[f"x{n}", f"18{int(rng.integers(10**9)):09d}", f"nobody {n}"] for n in range(unknown)]
    order = rng.permutation(len(made)).tolist()
    if shape == "late":
        order.sort(key=lambda number: number < len(people))
    rows = [[str(place), *(made[number] if ids else made[number][1:])] for place, number in enumerate(order)]
    names = ["n", "a", "b", "c"] if ids else ["n", "b", "c"]
    if shape in ("csv", "late", "thin"):
        path.write_text("".join(";".join(row) + "\n" for row in rows))
    elif shape == "cr":
        path.write_bytes("".join(",".join(row) + "\r" for row in [names, *rows]).encode())
    elif shape == "excel":
        path.write_text("".join(",".join([*row[:-2], f'="{row[-2]}"', row[-1]]) + "\n" for row in rows))
    elif shape == "dashes":
        path.write_text("".join("----".join(row[1:]) + "----123456\n" for row in rows))
    elif shape == "sql":
        columns = ", ".join(f"`{name}` varchar(40)" for name in names)
        values = ",".join("(" + ",".join(f"'{cell}'" for cell in row) + ")" for row in rows)
        path.write_text(f"CREATE TABLE `t` ({columns});\nINSERT INTO `t` VALUES {values};\n")
    else:
        text = json.dumps({"data": [dict(zip(names, row, strict=True)) for row in rows]})
        path.write_text(text[:-10] if shape == "cut" and len(rows) > 1 else text)
        return len(rows) - (shape == "cut" and len(rows) > 1)
    return len(rows)


def play(scenario: str, seed: int, out: Path) -> list[dict[str, Any]]:
    """One scenario: what was said of each of its dumps."""
    import nilometer as nm
    from nilometer.app import identityfiles
    from nilometer.simulation.simulate import simulate

    folder, told = Path(tempfile.mkdtemp(dir=out)), []
    rng = np.random.default_rng((53, seed))
    try:
        simulate(scenario, folder / "played", seed=seed, scale=SCALE)
        people = np.unique(np.asarray(pq.read_table(folder / "played" / "disclosures.parquet", columns=["subject"]).column(0)))
        known = pa.table({"subject": people, "phone": phones(people), "nickname": [f"nick {one}" for one in people.tolist()]})
        pa_csv.write_csv(known, folder / "identities.csv")
        with nm.open(folder / "home") as opened:
            opened.ingest([folder / "played" / "disclosures.parquet"])
            identityfiles.take(opened.home, [str(folder / "identities.csv")])
            for number, (kind, some, unknown, actors) in enumerate(dumps(folder / "played", seed)):
                shape, ids = SHAPES[(number + seed + 4 * SCENARIOS.index(scenario)) % len(SHAPES)], number % 2 == 0
                path = folder / f"dump.{shape}"
                readable = written(path, shape, some, unknown, ids, rng)
                said = opened.match(path, fields=[])
                right = {(one["level"], one["id"]) for one in actors}
                first = said["suspects"][0] if said["suspects"] else None
                told.append(
                    {
                        "kind": kind, "shape": shape, "ids": ids, "knowable": bool(actors) and len(some) >= 20, "rows": said["rows"] == readable,
                        "matched": said["matched"] / max(1, len(some)), "first": first is not None and (first["level"], first["id"]) in right,
                        "named": said["named"] is not None, "right": said["named"] is None or (said["named"]["level"], said["named"]["id"]) in right,
                    }
                )  # fmt: skip
    finally:
        shutil.rmtree(folder)
    return told


def main() -> None:
    """Plays scenarios and prints what was right."""
    parser = argparse.ArgumentParser(prog="python -m bench.playedfiles", description=__doc__)
    parser.add_argument("--seeds", default="7004-7005")
    parser.add_argument("--out", type=Path, default=Path("/tmp/nilometer-bench"))
    parser.add_argument("--only", default=",".join(SCENARIOS), help="scenarios, with commas between")
    parser.add_argument(
        "--from", dest="trials", type=Path, nargs="*", default=[], help="tables of trials that were kept, instead of playing"
    )
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    low, _, high = asked.seeds.partition("-")
    told = [json.loads(line) for path in asked.trials for line in path.read_text().splitlines()]
    kept = asked.out / f"playedfiles-{asked.seeds}.ndjson"
    for seed, scenario in (
        () if asked.trials else [(s, one) for s in range(int(low), int(high or low) + 1) for one in asked.only.split(",")]
    ):
        some = [{"seed": seed, "scenario": scenario} | one for one in play(scenario, seed, asked.out)]
        with kept.open("a") as out:
            out.write("".join(json.dumps(one, default=float) + "\n" for one in some))
        told += some

    def row(name: str, some: Sequence[dict[str, Any]]) -> list[Any]:
        known, nowhere = [one for one in some if one["knowable"]], [one for one in some if one["kind"] != "leak"]
        return [
            name, len(some), f"{sum(one['rows'] for one in some)} of {len(some)}", f"{np.mean([one['matched'] for one in some]):.1%}",
            f"{sum(one['first'] for one in known)} of {len(known)}", f"{sum(one['named'] and one['right'] for one in known)} of {len(known)}",
            sum(one["named"] and not one["right"] for one in some), f"{sum(one['named'] for one in nowhere)} of {len(nowhere)}",
        ]  # fmt: skip

    body = [row(shape, [one for one in told if one["shape"] == shape]) for shape in SHAPES]
    body += [row("with ids" if ids else "phones and nicknames only", [one for one in told if one["ids"] is ids]) for ids in (True, False)]
    body.append(row("all", told))
    headings = ("dumps", "number", "all rows read", "people found again", "source first", "named", "wrongly named", "accused from nowhere")
    measure.print_table("Dumps of played leaks, through files", headings, body)


if __name__ == "__main__":
    main()
