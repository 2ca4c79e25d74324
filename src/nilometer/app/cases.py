"""What people do with cases: open, join, split, decide, undo. `facts` is the page that evidence, exchange and response read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from nilometer.app import casebook, detect, scope
from nilometer.app.assembly import Home
from nilometer.app.casefacts import facts as facts
from nilometer.app.casefacts import head
from nilometer.cases.case import VERDICTS, Case, case_id
from nilometer.cases.history import Cases, Step
from nilometer.clock import Clock, rfc3339, system_clock
from nilometer.detection.rows import DAY
from nilometer.detection.words import microseconds, moment
from nilometer.disclosures import pseudonym
from nilometer.disclosures.actor import HIERARCHY
from nilometer.errors import InputError
from nilometer.ledger import scope as scopes

_JUDGED: Final = (*HIERARCHY, "ip")
"""Levels for which a verdict can teach something."""
_LOOK_BACK: Final = 28
_ACTIVE: Final = 3
"""Days with new people that there must be among the last _LOOK_BACK, for a verdict to teach a number a day."""


def opened(
    home: Home, findings: Sequence[str], *, title: str = "", why: str = "", by: str | None = None, clock: Clock = system_clock
) -> Case:
    """Opens a case with findings of the last `detect`. Raises InputError for one that is not there, or is in a case already."""
    given = [detect.kept_one(home, ident) for ident in dict.fromkeys(findings)]
    if not given:
        raise InputError("Name at least one finding; `nilometer findings` lists them.")

    def step(cases: Cases) -> Step:
        taken = [ident for ident, case in cases.items() if case.into is None]
        more = {"findings": given, "title": title or given[0]["title"]}
        return _step(case_id(given[0]["id"], taken), "open", why or "opened by hand", more)

    return casebook.take(home, step, by=by, clock=clock)


def joined(
    home: Home,
    ident: str,
    findings: Sequence[str],
    *,
    move: bool = False,
    why: str = "",
    by: str | None = None,
    clock: Clock = system_clock,
) -> Case:
    """Adds findings to a case; with `move` also those that are in another one."""

    def step(cases: Cases) -> Step:
        wanted = list(dict.fromkeys(findings))
        elsewhere = [one for one in wanted if any(one in case.findings for case in cases.values() if case.id != ident)] if move else []
        given = [detect.kept_one(home, one) for one in wanted if one not in elsewhere]
        held = list(dict.fromkeys(case.id for one in elsewhere for case in cases.values() if case.hold and one in case.findings))
        return _step(ident, "join", why or "they belong together", {"findings": given, "moved": elsewhere, "held": held})

    return casebook.take(home, step, by=by, clock=clock)


def split(
    home: Home, ident: str, findings: Sequence[str], *, why: str = "", by: str | None = None, clock: Clock = system_clock
) -> tuple[Case, Case]:
    """Takes findings out of a case into a new one: what is left, and the new case."""
    wanted = list(dict.fromkeys(findings))
    made = []

    def step(cases: Cases) -> Step:
        into = case_id(wanted[0] if wanted else "", [one for one, case in cases.items() if case.into is None])
        made.append(into)
        held = [ident] if ident in cases and cases[ident].hold else []
        return _step(ident, "split", why or "they do not belong together", {"findings": wanted, "into": into, "held": held})

    left = casebook.take(home, step, by=by, clock=clock)
    return left, casebook.one(home, made[-1])


def told(home: Home, ident: str, did: str, why: str, *, by: str | None = None, clock: Clock = system_clock, **more: Any) -> Case:
    """One of the plain steps: `state` (state=...), `hold`, `release`, `assign` (to=...), `note`, `reopen`."""
    return casebook.take(home, lambda cases: _step(ident, did, why, more), by=by, clock=clock)


def closed(
    home: Home,
    ident: str,
    verdict: str,
    why: str,
    *,
    people_a_day: int | None = None,
    by: str | None = None,
    clock: Clock = system_clock,
) -> Case:
    """Closes a case with a verdict that teaches detection, from the end of the ledger on; see docs/guide/cases.md.

    Benign teaches each accused actor the number of new people a day it lately was shown (or `people_a_day`).
    """
    case = casebook.one(home, ident)
    if verdict not in VERDICTS:
        raise InputError(f"No verdict {verdict!r}; expected confirmed or benign.")
    held = home.ledger.manifest.segments
    at = moment(max(segment.last for segment in held)) if held else None
    actors = [one for one in scope.accused(scope.current(home, case)) if one[0] in _JUDGED]
    rates = {one: people_a_day or 0 for one in actors}
    if people_a_day is None and at is not None:
        rates = _rates(home, actors, microseconds(at) // DAY) if verdict == "benign" else dict.fromkeys(actors, 0)
    taught = [{"level": level, "id": one, "at": rfc3339(at), "people_a_day": rates[level, one]} for level, one in actors if at]
    more = {"verdict": verdict, "taught": taught, "cleared_at": None if at is None else rfc3339(at)}
    return casebook.take(home, lambda cases: _step(ident, "close", why, more), by=by, clock=clock)


def _rates(home: Home, actors: Sequence[tuple[str, str]], today: int) -> dict[tuple[str, str], int]:
    """New people a day that each actor is shown on the days when it is shown any, over the last four weeks of the ledger.

    Who was shown new people on one or two of these days only did one thing once: nothing is usual about it, so it is 0.
    """
    found = {}
    for level in dict.fromkeys(level for level, _ in actors):
        keys = {pseudonym.one(home.key, level, ident): ident for of, ident in actors if of == level}
        by_day = scopes.new_by_day(home.ledger, level, list(keys))
        for key, ident in keys.items():
            lately = [number for day, number in by_day.get(key, {}).items() if today - _LOOK_BACK < day <= today]
            found[level, ident] = -(-sum(lately) // len(lately)) if len(lately) >= _ACTIVE else 0
    return found


def _step(ident: str, did: str, why: str, more: dict[str, Any]) -> Step:
    return Step(case=ident, at=datetime.min.replace(tzinfo=UTC), by="", did=did, why=why, more=more)


# ---- what is said of cases


def listed(home: Home) -> list[dict[str, Any]]:
    """All cases, newest first, without what takes long to count; `people` is the largest number that one finding says."""
    found = []
    for case in reversed(casebook.read(home).values()):
        findings = scope.current(home, case)
        found.append(
            {
                **head(case, findings),
                "findings": [finding["id"] for finding in findings],
                "people": max((finding["people"] for finding in findings), default=0),
                "into": case.into,
            }
        )
    return found
