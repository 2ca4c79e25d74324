"""Timing that says what it is: medians over rounds, and peak memory of a fresh process."""

from __future__ import annotations

import multiprocessing
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any


def median(work: Callable[[], object], rounds: int) -> float:
    """The median wall time of `rounds` runs, in seconds."""
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def _child(work: Callable[..., Any], given: tuple[Any, ...], line: Any) -> None:
    from nilometer.app.assembly import settle_memory  # what is measured is the work, not Python's start

    settle_memory()

    began = time.perf_counter()
    answer = work(*given)
    line.send((time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, answer))


def alone(work: Callable[..., Any], *given: Any) -> tuple[float, float, Any]:
    """Runs `work` in a process of its own: seconds, peak resident MB, answer."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_child, args=(work, given, there))
    process.start()
    found = here.recv()
    process.join()
    return found  # type: ignore[no-any-return]


def poisson(number: int) -> tuple[float, float]:
    """Between which means a count of rare, independent things lies with 95 % (Garwood 1936)."""
    from scipy.stats import chi2

    return float(chi2.ppf(0.025, 2 * number) / 2) if number else 0.0, float(chi2.ppf(0.975, 2 * number + 2) / 2)


def print_table(title: str, headings: Sequence[str], body: Sequence[Sequence[object]]) -> None:
    """A Markdown table."""
    print(f"\n### {title}\n\n| {' | '.join(headings)} |\n|{'---|' * len(headings)}")
    for row in body:
        print("| " + " | ".join(f"{v:,.2f}" if isinstance(v, float) else str(v) for v in row) + " |")
