"""The history of cases as a pure fold: steps, in the order of the journal, give the cases as they stand.

Nothing is ever taken back; a mistaken step is answered by another one. A step that is not known, or that could not have
been taken, is refused: then the journal was not written by this Nilometer.

A legal hold goes with findings: the case they come into is held, too, until it is itself released.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from nilometer.cases.case import STATES, VERDICTS, Case, Past, Taught
from nilometer.errors import EvidenceError, InputError

STEPS: Final = ("open", "join", "split", "state", "close", "reopen", "hold", "release", "assign", "note")
"""Every step there is."""

Cases = dict[str, Case]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: of which case, when, by whom, what (`did`), why, what else it says (`more`), and its entry in the journal."""

    case: str
    at: datetime
    by: str
    did: str
    why: str
    more: Mapping[str, Any]
    index: int = -1

    def body(self) -> dict[str, Any]:
        """What the journal's entry holds."""
        return {"case": self.case, "did": self.did, "why": self.why, **self.more}


def read(at: datetime, by: str, body: Mapping[str, Any], index: int) -> Step:
    """The step of a journal's entry. Raises EvidenceError when it is none."""
    more = {name: value for name, value in body.items() if name not in ("case", "did", "why")}
    try:
        case, did, why = body["case"], body["did"], body["why"]
    except KeyError as missing:
        raise EvidenceError(f"Entry {index} of the journal is no step of a case: it has no {missing}.") from None
    if not all(isinstance(text, str) for text in (case, did, why)):
        raise EvidenceError(f"Entry {index} of the journal is no step of a case: expected text for case, did and why.")
    return Step(case=case, at=at, by=by, did=did, why=why, more=more, index=index)


def fold(steps: Iterable[Step]) -> Cases:
    """The cases after all steps, by id, in the order in which they were opened. Raises EvidenceError for a step that cannot be."""
    cases: Cases = {}
    for step in steps:
        try:
            cases = after(cases, step)
        except (InputError, KeyError, TypeError, ValueError, AttributeError) as cause:
            said = str(cause) if isinstance(cause, InputError) else f"it does not say what is needed ({type(cause).__name__})"
            raise EvidenceError(
                f"Entry {step.index} of the journal, {step.did!r} of case {step.case}, cannot be: {said} "
                "`nilometer evidence verify` says what still holds; a newer Nilometer may know more steps."
            ) from None
    return cases


def after(cases: Cases, step: Step) -> Cases:
    """The cases after one more step; the given ones are not changed. Raises InputError that says why it cannot be taken."""
    if step.did not in STEPS:
        raise InputError(f"No step {step.did!r}; there are {', '.join(STEPS)}.")
    if not step.why.strip() and step.did not in ("assign",):
        raise InputError(f"Say why with --why: {step.did!r} without a reason tells those who come later nothing.")
    if step.did == "open":
        return _opened(cases, step)
    if step.case not in cases:
        raise InputError(f"No case {step.case!r}. `nilometer case list` lists them.")
    case = cases[step.case]
    if case.into is not None:
        raise InputError(f"The findings of {case.id} are in {case.into} now; go on there.")
    if step.did in ("join", "split"):
        return _moved(cases, case, step)
    return {**cases, case.id: _decided(case, step)}


def _decided(case: Case, step: Step) -> Case:
    """The steps that touch one case and none of its findings."""
    more = step.more
    match step.did:
        case "state":
            state = more["state"]
            if state not in STATES or state == "closed":
                raise InputError(
                    f"No state {state!r}; expected one of {', '.join(STATES[:3])}. `nilometer case close` closes, with a verdict."
                )
            if case.state == "closed":
                raise InputError(f"{case.id} is closed; `nilometer case reopen {case.id} --why ...` opens it again.")
            if state == case.state:
                raise InputError(f"{case.id} is {state} already.")
            return _told(case, step, f"{case.state} -> {state}", state=state)
        case "close":
            verdict = more["verdict"]
            if verdict not in VERDICTS:
                raise InputError(f"No verdict {verdict!r}; expected confirmed or benign.")
            if case.state == "closed":
                raise InputError(f"{case.id} is closed already, as {case.verdict}; reopen it first.")
            taught = tuple(
                Taught(level=one["level"], id=one["id"], at=datetime.fromisoformat(one["at"]), people_a_day=int(one["people_a_day"]))
                for one in more["taught"]
            )
            at = None if more["cleared_at"] is None else datetime.fromisoformat(more["cleared_at"])
            return _told(case, step, f"closed as {verdict}", state="closed", verdict=verdict, taught=taught, cleared_at=at, why=step.why)
        case "reopen":
            if case.state != "closed":
                raise InputError(f"{case.id} is not closed; it is {case.state}.")
            return _told(case, step, "reopened; the verdict is taken back", state="open", verdict=None, taught=(), cleared_at=None, why="")
        case "hold":
            if case.hold and not case.inherited:
                raise InputError(f"{case.id} is under legal hold already.")
            own = " in its own right" if case.inherited else ""
            return _told(case, step, f"put under legal hold{own}", hold=True, inherited=False)
        case "release":
            if not case.hold:
                raise InputError(f"{case.id} is under no legal hold.")
            return _told(case, step, "released from legal hold", hold=False, inherited=False)
        case "assign":
            to = more["to"]
            if not isinstance(to, str) or not to.strip():
                raise InputError("Say to whom the case is assigned.")
            return _told(case, step, f"assigned to {to}", assigned=to)
        case _:
            return _told(case, step, "noted")


def _opened(cases: Cases, step: Step) -> Cases:
    findings = _fresh(cases, step, step.more["findings"])
    if step.case in cases and cases[step.case].into is None:
        raise InputError(f"There is a case {step.case} already.")
    title = step.more["title"]
    past = _past(step, f"opened with {_listed(findings)}")
    fresh = Case(id=step.case, title=title, opened=step.at, updated=step.at, findings=findings, history=(past,))
    return {**cases, step.case: fresh}


def _fresh(cases: Cases, step: Step, given: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Findings that come into a case and must be in no other one."""
    findings = {finding["id"]: finding for finding in given}
    if not findings:
        raise InputError("A case needs at least one finding.")
    for ident in findings:
        holder = holding(cases, ident)
        if holder is not None:
            more = "" if holder.id == step.case else f" `nilometer case join {step.case} {ident} --move` takes it from there."
            raise InputError(f"{ident} is in case {holder.id} already.{more}")
    return findings


def _moved(cases: Cases, case: Case, step: Step) -> Cases:
    """Findings that come in, from nowhere or from other cases (`moved`), or go into another case."""
    if step.did == "join":
        moved = step.more["moved"]
        coming: dict[str, dict[str, Any]] = {}
        made, holders = dict(cases), list[str]()
        for ident in moved:
            other = holding(made, ident)
            if other is None or other.id == case.id:
                raise InputError(f"{ident} is in no other case.")
            coming[ident] = other.findings[ident]
            holders += [other.id] if other.hold and other.id not in holders else []
            made[other.id] = _without(other, [ident], case.id, step)
        given = step.more["findings"]
        if given or not moved:
            coming |= _fresh(cases, step, given)
        _same(step, holders)
        under = {"hold": True, "inherited": True} if holders and not case.hold else {}
        did = f"joined {_listed(coming)}" + (f", which the legal hold of {_listed(holders)} came with" if holders else "")
        joined = _told(case, step, did, findings={**case.findings, **coming}, **under)
        return {**made, case.id: joined}
    idents, into = step.more["findings"], step.more["into"]
    missing = [ident for ident in idents if ident not in case.findings]
    if missing or not idents:
        raise InputError(f"{case.id} does not hold {missing[0] if missing else 'nothing; name findings'}.")
    if len(set(idents)) == len(case.findings):
        raise InputError(f"All findings of {case.id} would go; a case keeps at least one.")
    if into in cases and cases[into].into is None:
        raise InputError(f"There is a case {into} already; `nilometer case join {into} FINDING --move` moves findings there.")
    _same(step, [case.id] if case.hold else [])
    going = {ident: case.findings[ident] for ident in idents}
    past = _past(step, f"opened with {_listed(going)}, split from {case.id}" + (", whose legal hold came with them" if case.hold else ""))
    fresh = Case(
        id=into,
        title=next(iter(going.values()))["title"],
        opened=step.at,
        updated=step.at,
        findings=going,
        history=(past,),
        hold=case.hold,
        inherited=case.hold,
    )
    return {**cases, case.id: _without(case, idents, into, step), into: fresh}


def _same(step: Step, holders: list[str]) -> None:
    """A step says which holds came with findings, for those who see one case only (`evidence/casecheck.py`); older steps do not."""
    if "held" in step.more and step.more["held"] != holders:
        raise InputError(f"It says that the legal holds of {_listed(step.more['held']) or 'no case'} came with findings.")


def _without(case: Case, idents: list[str], into: str, step: Step) -> Case:
    kept = {ident: finding for ident, finding in case.findings.items() if ident not in idents}
    did = f"{', '.join(idents)} moved to {into}"
    if kept:
        return _told(case, step, did, findings=kept)
    if case.hold and not case.inherited:
        raise InputError(f"{case.id} is under legal hold and would be left empty; leave a finding in it: the hold is in its name.")
    return _told(
        case, step, did, findings={}, into=into, state="closed", verdict=None, taught=(), cleared_at=None, hold=False, inherited=False
    )


def _told(case: Case, step: Step, did: str, **changes: Any) -> Case:
    return replace(case, updated=step.at, history=(*case.history, _past(step, did)), **changes)


def _past(step: Step, did: str) -> Past:
    return Past(at=step.at, by=step.by, did=did, why=step.why, index=step.index)


def _listed(findings: Iterable[str]) -> str:
    return ", ".join(findings)


def holding(cases: Cases, finding: str) -> Case | None:
    """The case that holds a finding."""
    return next((case for case in cases.values() if finding in case.findings), None)
