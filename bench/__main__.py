"""`python -m bench [ingest|views|detect ...]`: what Nilometer reaches beside plain DuckDB SQL in the same run.

Ratios are what counts: two shared, noisy cores. Nothing here is a test; nothing fails when the machine is slow.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench import attribution, detect, ingest, match, scope, sealing, views

PARTS = {
    "ingest": ingest.run,
    "views": views.run,
    "detect": detect.run,
    "scope": scope.run,
    "sealing": sealing.run,
    "match": match.run,
    "attribution": attribution.run,
}


def main() -> None:
    """Runs the parts asked for and prints a Markdown table each."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="which benchmarks; all when none is named")
    parser.add_argument(
        "--rows",
        type=int,
        default=0,
        help="rows (default: 4 million for ingest, 100 million for views and scope, 10 million a day for detect)",
    )
    parser.add_argument("--rounds", type=int, default=3, help="how often each timing is taken; the median counts")
    parser.add_argument("--scratch", type=Path, default=Path("/tmp/nilometer-bench"), help="where generated data goes; kept between runs")
    asked = parser.parse_args()
    asked.scratch.mkdir(parents=True, exist_ok=True)
    for part in asked.parts or PARTS:
        PARTS[part](asked.scratch, asked.rows, asked.rounds)
        sys.stdout.flush()


main()
