"""The reference incident in small, end to end: simulate, ingest, detect, report, and what that would have meant."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from nilometer.app.flow import open as open_home
from nilometer.app.ingest import Counted, Told
from nilometer.findings.finding import Finding
from nilometer.simulation import simulate

SCENARIO: Final = "marketing_consultancy"
REAL_ITEMS: Final = 1_180_000_000
"""Items taken in the real case (Suiyang court, 2021; see docs/guide/demo.md)."""

Progress = Callable[[str], AbstractContextManager[Counted]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the demo showed. `lines` are sentences for people; `page` is the report."""

    lines: tuple[str, ...]
    found: tuple[Finding, ...]
    page: Path
    truth: dict[str, Any]


def play(folder: Path, *, seed: int, scale: float, tell: Told, progress: Progress) -> Outcome:
    """Plays the scenario into `folder` (its data, a home and the report)."""
    tell(f"Playing the scenario {SCENARIO} (seed {seed}, scale {scale:g}) ...")
    with progress("Simulating") as counted:
        simulate.simulate(SCENARIO, folder / "data", seed=seed, scale=scale, progress=counted)
    truth = json.loads((folder / "data" / simulate.TRUTH).read_text())
    with open_home(folder / "home") as nilometer:
        with progress("Reading") as counted:
            summary = nilometer.ingest(folder / "data" / simulate.TABLE, progress=counted)
        tell(f"{summary.disclosures:,} disclosures about {summary.subjects:,} people read in {summary.seconds:.1f} s.")
        tell("Looking for who was shown far too many people ...")
        found = nilometer.detect()
        lines = _story(truth, found)
        page = folder / "report.html"
        page.write_text(nilometer.report(headline=lines, found=found), encoding="utf-8")
    return Outcome(lines=lines, found=tuple(found), page=page, truth=truth)


def _story(truth: dict[str, Any], found: list[Finding]) -> tuple[str, ...]:
    """What happened, when the alarm would have rung, and how much had gone by then; honest when it missed."""
    [leak] = truth["leaks"]
    culprits = {(a["level"], a["id"]) for a in leak["actors"]}
    began, ended = (datetime.fromisoformat(leak[k]) for k in ("started", "ended"))
    days = (ended - began).days
    lines = [
        f"A developer at {_named(leak)} crawled {leak['people']:,} people's data ({', '.join(leak['fields'])}) over {days} days, from {began:%d %b %Y}."
    ]
    hits = [f for f in found if {(a.level, a.id) for a in f.actors} & culprits]
    if hits:
        first = min(hits, key=lambda f: f.detected_at)
        day = (first.detected_at - began).days + 1
        share = first.people_at_detection / leak["people"]
        lines.append(
            f"The alarm would have rung on {first.detected_at:%d %b %Y at %H:%M} UTC, day {day} of {days}, and named {first.actors[0]}: "
            f"{first.people_at_detection:,} people had been exposed by then, {share:.2%} of those in the end."
        )
        lines.append(
            f"In the real case nobody noticed for eight months, and 1.18 billion items left. At the same share, {round(REAL_ITEMS * share):,} items would have."
        )
    else:
        lines.append("No finding names the crawler: in this run the alarm would not have rung.")
    others = [f for f in found if f not in hits]
    honest = f"{len(truth['innocents']):,} groups of honest actors"
    lines.append(
        f"Of {honest} beside it none was accused."
        if not others
        else f"Besides, {len(others)} finding{'s' if len(others) > 1 else ''} accuse{'s' if len(others) == 1 else ''} others: {', '.join(str(f.actors[0]) for f in others[:5])}."
    )
    return tuple(lines)


def _named(leak: dict[str, Any]) -> str:
    narrow = leak["actors"][-1]
    return f"{narrow['level']} {narrow['id']}"
