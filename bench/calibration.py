"""Tables and the plot of docs/attribution.md, made of the trials that `bench.attribution` and `bench.played` wrote.

`python -m bench.calibration TRIALS... [--plot docs/attribution.svg]`
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench import measure

EDGES = (0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 1.000001)
FEW = 10
Trial = dict[str, Any]
Bin = tuple[int, float, float, float, float]


def wilson(right: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson, JASA 22(158), 1927)."""
    z, p = 1.96, right / of
    middle, wide = p + z * z / (2 * of), z * (p * (1 - p) / of + z * z / (4 * of * of)) ** 0.5
    return (middle - wide) / (1 + z * z / of), (middle + wide) / (1 + z * z / of)


def reliability(trials: Sequence[Trial]) -> list[Bin]:
    """Suspects by stated probability: how many, mean stated, share right, and its interval."""
    every = [(s[2], bool(s[5])) for t in trials for s in t["suspects"] if s[2] >= EDGES[0]]
    found = []
    for low, high in pairwise(EDGES):
        here = [(p, right) for p, right in every if low <= p < high]
        if here:
            right = sum(r for _, r in here)
            found.append((len(here), sum(p for p, _ in here) / len(here), right / len(here), *wilson(right, len(here))))
    return found


def error(bins: Sequence[Bin]) -> float:
    """Expected calibration error: the mean distance of stated and right, each suspect counting once."""
    return sum(n * abs(stated - right) for n, stated, right, _, _ in bins) / max(1, sum(n for n, *_ in bins))


def tables(trials: Sequence[Trial]) -> None:
    """Prints everything."""
    known = [t for t in trials if t["kind"] == "leak" and t["knowable"]]
    body = []
    for name, low, high in (
        ("10 to 29", 10, 30),
        ("30 to 99", 30, 100),
        ("100 to 999", 100, 1_000),
        ("1,000 and more", 1_000, 10**9),
        ("all", 10, 10**9),
    ):
        some = [t for t in known if low <= (sum(t["genuine"]) or t["people"]) < high]
        if some:
            body.append([name, len(some), *(_share([t[key] for t in some]) for key in ("first", "at_level")),
                         _share([t["named"] is not None for t in some]), sum(not t["right"] for t in some)])  # fmt: skip
    heads = ("people of the source in the dump", "dumps", "first suspect right", "first of its level right", "named", "wrongly named")
    measure.print_table("Leaks whose source can be known", heads, body)
    others = [t for t in trials if t["kind"] == "leak" and not t["knowable"]]
    print(
        f"\nLeaks whose source cannot be known: {len(others)}, named {sum(t['named'] is not None for t in others)}, wrongly {sum(not t['right'] for t in others)}"
    )

    kinds = sorted({t["kind"] for t in trials if not t["sources"]})
    body = []
    for kind in [*kinds, "all"] if kinds else []:
        some = [t for t in trials if not t["sources"] and kind in (t["kind"], "all")]
        accused = sum(t["named"] is not None for t in some)
        body.append(
            [kind, len(some), accused, f"{wilson(accused, len(some))[1]:.1%}", f"{sum(t['elsewhere'] for t in some) / len(some):.3f}"]
        )
    measure.print_table("Dumps from nowhere", ("kind", "dumps", "accusations", "95 % sure: below", "mean probability of nobody"), body)

    mixed = [t for t in trials if t["kind"] == "mixed"]
    if mixed:
        large = [f for t in mixed for f, g in zip(t["found"], t["genuine"], strict=True) if g >= FEW and g >= 0.05 * t["rows"]]
        print(f"\nMixed dumps: {len(mixed)} of {sum(len(t['sources']) for t in mixed)} sources. Of the {len(large)} sources with at least {FEW} people and "
              f"5 % of the rows the actor has a probability of 0.5 or more in {_share([f[0] for f in large])}, its company in "
              f"{_share([f[1] for f in large])}; said to be mixed {_share([t['several'] for t in mixed])}; "
              f"wrongly named {sum(not t['right'] for t in mixed)}")  # fmt: skip
    for name, some in _groups(trials):
        bins = reliability(some)
        body = [[f"{stated:.3f}", f"{right:.3f}", f"{low:.2f} to {high:.2f}", n] for n, stated, right, low, high in bins]
        measure.print_table(f"Stated and right: {name} (error {error(bins):.3f})", ("stated", "right", "95 % interval", "suspects"), body)
    times = sorted(t["seconds"] for t in trials)
    print(f"\n{len(trials)} trials, {times[len(times) // 2]:.2f} s each in the median, {times[-1]:.1f} s at most")


def _groups(trials: Sequence[Trial]) -> list[tuple[str, list[Trial]]]:
    plain = [t for t in trials if t["kind"] != "mixed"]
    groups = [
        (f"one source or none, at least {FEW} people", [t for t in plain if t["people"] >= FEW]),
        (f"one source or none, fewer than {FEW} people", [t for t in plain if t["people"] < FEW]),
        ("several sources", [t for t in trials if t["kind"] == "mixed"]),
        ("all dumps", list(trials)),
        ("all that are said to be mixed", [t for t in trials if t["several"]]),
    ]
    return [(name, some) for name, some in groups if some]


def _share(values: Sequence[bool]) -> str:
    return f"{sum(values)} of {len(values)} ({sum(values) / max(1, len(values)):.1%})"


def plot(trials: Sequence[Trial]) -> str:
    """The reliability diagram as SVG: stated probability across, share that was right up, with 95 % intervals."""
    size, edge = 420, 60

    def x(p: float) -> float:
        return round(edge + p * size, 1)

    def y(p: float) -> float:
        return round(edge + (1 - p) * size, 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size + 2 * edge} {size + 2 * edge + 70}" font-family="sans-serif" font-size="13">',
        "<title>Attribution: stated probability and share of suspects that were right</title>",
        f'<rect width="100%" height="100%" fill="white"/><path d="M{x(0)} {y(0)}L{x(1)} {y(1)}" stroke="#999" stroke-dasharray="4 4"/>',
    ]
    for tick in range(6):
        p = tick / 5
        parts.append(f'<path d="M{x(0)} {y(p)}H{x(1)}M{x(p)} {y(0)}V{y(1)}" stroke="#eee"/>')
        parts.append(
            f'<text x="{x(p)}" y="{y(0) + 20}" text-anchor="middle">{p:.1f}</text><text x="{x(0) - 8}" y="{y(p) + 4}" text-anchor="end">{p:.1f}</text>'
        )
    parts.append(f'<text x="{x(0.5)}" y="{y(0) + 42}" text-anchor="middle">stated probability</text>')
    parts.append(f'<text x="18" y="{y(0.5)}" text-anchor="middle" transform="rotate(-90 18 {y(0.5)})">share that was right</text>')
    for (name, some), colour, shift in zip(
        _groups(trials), ("#1f5fa8", "#c2571a", "#4a8f3c"), (0, -0.004, 0.004), strict=False
    ):  # the first three
        for n, stated, right, low, high in reliability(some):
            at = x(stated + shift)
            parts.append(f'<path d="M{at} {y(low)}V{y(high)}" stroke="{colour}" stroke-width="1.2"/>')
            parts.append(f'<circle cx="{at}" cy="{y(right)}" r="{2 + min(6.0, n**0.5 / 4):.1f}" fill="{colour}" fill-opacity="0.75"/>')
        line = edge + size + 62 + 18 * ["#1f5fa8", "#c2571a", "#4a8f3c"].index(colour)
        parts.append(f'<circle cx="{x(0) + 6}" cy="{line - 4}" r="5" fill="{colour}"/><text x="{x(0) + 18}" y="{line}">{name}</text>')
    return "\n".join([*parts, "</svg>", ""])


def main() -> None:
    """Reads trials, prints tables, writes the plot."""
    parser = argparse.ArgumentParser(prog="python -m bench.calibration", description=__doc__)
    parser.add_argument("trials", nargs="+", type=Path)
    parser.add_argument("--plot", type=Path)
    asked = parser.parse_args()
    trials = [json.loads(line) for path in asked.trials for line in path.read_text().splitlines()]
    tables(trials)
    if asked.plot:
        asked.plot.write_text(plot(trials))


if __name__ == "__main__":
    main()
