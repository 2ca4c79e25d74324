"""The home's cases, folded from its journal; a step is checked against them, written, and only then true."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

from nilometer.app import journal
from nilometer.app.assembly import Home
from nilometer.app.declarations import Level, Place, VerdictTable
from nilometer.cases import history
from nilometer.cases.case import Case
from nilometer.cases.history import Cases, Step
from nilometer.clock import Clock, system_clock
from nilometer.errors import InputError
from nilometer.ledger import files

KIND: Final = "case"


def read(home: Home) -> Cases:
    """All cases as they stand, by id. Raises EvidenceError when the journal was changed."""
    return history.fold(history.read(entry.at, entry.by, entry.body, entry.index) for entry in journal.entries(home, KIND))


def one(home: Home, ident: str) -> Case:
    """One case. Raises InputError that lists some when there is none of this id."""
    cases = read(home)
    if ident not in cases:
        known = ", ".join(list(cases)[-8:]) or "none yet; `nilometer case open FINDING` opens one"
        raise InputError(f"No case {ident!r}. Cases: {known}.")
    return cases[ident]


def take(home: Home, step: Callable[[Cases], Step], *, by: str | None = None, clock: Clock = system_clock) -> Case:
    """Takes a step that is made from the cases as they stand; one at a time, whoever else works on them.

    Returns the case it was taken in. Raises InputError, before anything is written, for a step that cannot be taken.
    """
    with standing(home, "nilometer case"):
        wanted = step(read(home))
        history.after(read(home), wanted)
        entry = journal.record(home, KIND, wanted.body(), by=by, clock=clock)
        return read(home)[history.read(entry.at, entry.by, entry.body, entry.index).case]


@contextmanager
def standing(home: Home, what: str) -> Iterator[None]:
    """No case changes meanwhile, whoever wants it to: steps wait. Who also writes the ledger takes the ledger's lock before this one,
    and nobody takes it after; the journal's lock comes last."""
    folder = home.folder / journal.FOLDER
    folder.mkdir(exist_ok=True, mode=0o700)
    with files.locked(folder / "cases.lock", what, wait=True):
        yield


def verdicts(home: Home) -> list[tuple[Place, VerdictTable]]:
    """What the verdicts of closed cases teach, as `context.toml` would say it; a case that was reopened teaches nothing."""
    found = []
    for case in read(home).values():
        if case.state == "closed" and case.verdict is not None:
            for taught in case.taught:
                level: Level = taught.level  # type: ignore[assignment]  # checked when the case was closed
                table = VerdictTable(
                    level=level, id=taught.id, verdict=case.verdict, at=taught.at, people_a_day=taught.people_a_day, why=case.why
                )
                found.append((Place(f"case {case.id}"), table))
    return found


def cleared(home: Home) -> dict[str, datetime]:
    """The findings of cases closed as benign, and how far the ledger went when somebody looked at each."""
    never = datetime.min.replace(tzinfo=UTC)
    return {
        ident: case.cleared_at or never
        for case in read(home).values()
        if case.state == "closed" and case.verdict == "benign"
        for ident in case.findings
    }
