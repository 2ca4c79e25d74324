"""From lines to claims: ask the ledger when each line was crossed, and keep the first crossing of each line's day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import pyarrow as pa

from nilometer.detection import words
from nilometer.detection.detector import WANTED_CROSSINGS, Answers, Detector, Line
from nilometer.detection.history import History
from nilometer.disclosures.actor import LEVELS
from nilometer.findings.reason import Reason

NEVER_ACCUSED = ("user_agent",)
"""Levels that are no actor at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One detector's line, crossed by one actor: the atom of a story."""

    level: str
    actor: int
    time: datetime
    detector: str
    line: Line
    count: int

    @property
    def day(self) -> date:
        """The UTC day of the crossing."""
        return self.time.date()

    def reasons(self, who: str) -> tuple[Reason, ...]:
        """The line's reasons with the actor's name, the moment and what was counted by then."""
        said = {"who": who, "count": words.number(self.count), "when": words.time(self.time), "day": words.day(self.time)}
        return tuple(
            replace(
                reason,
                says=_sentence(reason.says.format(**said)),
                measured=float(self.count) if reason.fact == self.line.measure else reason.measured,
            )
            for reason in self.line.reasons
        )


def claims(ledger: Answers, detectors: Sequence[Detector], until: datetime | None) -> list[Claim]:
    """Every claim up to `until`, in the order of their times; ties: wider levels first, then detector, then actor."""
    found: list[Claim] = []
    for level in ledger.levels():
        if level in NEVER_ACCUSED:
            continue
        history = History.of(level, ledger.actor_hours(level, until))
        lines = [(detector.id, line) for detector in detectors for line in detector.look(history)] if len(history) else []
        found.extend(_crossed(ledger, level, lines, until))
    return sorted(found, key=lambda claim: (claim.time, LEVELS.index(claim.level), claim.detector, claim.line.measure, claim.actor))


def _crossed(ledger: Answers, level: str, lines: Sequence[tuple[str, Line]], until: datetime | None) -> Iterable[Claim]:
    if not lines:
        return []
    answer = ledger.crossings(level, _wanted([line for _, line in lines]), until)
    first: dict[tuple[int, date, str, str], Claim] = {}
    times, counts = answer.column("time").to_pylist(), answer.column("count").to_pylist()
    for (detector, line), time, count in zip(lines, times, counts, strict=True):
        if time is None or count is None:
            continue
        claim = Claim(level=level, actor=line.actor, time=time, detector=detector, line=line, count=count)
        key = (line.actor, claim.day, detector, line.measure)
        if key not in first or claim.time < first[key].time:
            first[key] = claim
    return list(first.values())


def _wanted(lines: Sequence[Line]) -> pa.Table:
    columns = {name: [getattr(line, name) for line in lines] for name in WANTED_CROSSINGS.names}
    return pa.table([pa.array(columns[field.name], field.type) for field in WANTED_CROSSINGS], schema=WANTED_CROSSINGS)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
