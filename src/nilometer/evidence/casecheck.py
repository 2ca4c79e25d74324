"""Derives from sealed entries what a case's page of facts says of decisions: its steps, its state, what it holds. Part of `verify.py`.

Standard library only, Python 3.8 or newer. The same meaning as `cases/history.py`, which folds the steps in a home, written once more
so that a stranger needs nothing else; tests hold one against the other.
"""

from __future__ import annotations

from typing import Any, Sequence  # noqa: UP035 (typing.Sequence: this file runs on old Pythons too)

from nilometer.evidence.standalone import (  # joined: left out where all stand in one file
    Wrong,
)  # joined

NAMING = ("reveal", "response", "export", "match", "erasure")
SEVERITIES = ("low", "medium", "high", "critical")
PLAIN = {
    "reopen": "reopened; the verdict is taken back",
    "hold": "put under legal hold",
    "release": "released from legal hold",
    "note": "noted",
}
WITH = ", whose legal hold came with them"


def derived(entries: Sequence[dict[str, Any]], ident: str) -> dict[str, Any]:
    """The case as its sealed entries tell it: `state`, `verdict`, `hold`, `assigned`, `opened`, `updated`, `history`, and `held`, the ids of its findings.

    Raises Wrong when no entry opens it.
    """
    case: dict[str, Any] = {}
    others: list[dict[str, Any]] = []
    for entry in entries:
        body = entry["body"]
        if entry["kind"] == "case":
            case = _after(case, entry, body, ident)
        elif entry["kind"] in NAMING and body.get("case") == ident:
            others.append(_past(entry, str(body.get("did") or entry["kind"])))
    if not case:
        raise Wrong(f"no sealed entry opens the case {ident}")
    return {**case, "history": sorted([*case["history"], *others], key=lambda one: int(one["index"]))}


def _past(entry: dict[str, Any], did: str) -> dict[str, Any]:
    return {"at": entry["at"], "by": entry["by"], "did": did, "why": str(entry["body"].get("why", "")), "index": entry["index"]}


def _after(case: dict[str, Any], entry: dict[str, Any], body: dict[str, Any], ident: str) -> dict[str, Any]:
    """The case after one more step, of it or of another one."""
    did, mine = body["did"], body["case"] == ident
    if did == "open" and mine:
        held = list(dict.fromkeys(one["id"] for one in body["findings"]))
        return _opened(entry, held, "opened with " + ", ".join(held))
    if did == "split" and body["into"] == ident:
        held = list(dict.fromkeys(body["findings"]))
        case = _opened(
            entry, held, "opened with {}, split from {}{}".format(", ".join(held), body["case"], WITH if body.get("held") else "")
        )
        return {**case, "hold": bool(body.get("held")), "inherited": bool(body.get("held"))}
    if not case:
        return case
    if did == "join" and not mine:
        gone = [one for one in body["moved"] if one in case["held"]]
        for one in gone:
            case = _told(case, entry, "{} moved to {}".format(one, body["case"]), held=[kept for kept in case["held"] if kept != one])
        return case
    if not mine:
        return case
    if did == "join":
        coming = list(dict.fromkeys([*body["moved"], *(one["id"] for one in body["findings"])]))
        held = [*case["held"], *(one for one in coming if one not in case["held"])]
        holders = ", ".join(body.get("held", []))
        under = {"hold": True, "inherited": True} if holders and not case["hold"] else {}
        came = f", which the legal hold of {holders} came with" if holders else ""
        return _told(case, entry, "joined " + ", ".join(coming) + came, held=held, **under)
    if did == "split":
        kept = [one for one in case["held"] if one not in body["findings"]]
        return _told(case, entry, "{} moved to {}".format(", ".join(body["findings"]), body["into"]), held=kept)
    if did == "state":
        return _told(case, entry, "{} -> {}".format(case["state"], body["state"]), state=body["state"])
    if did == "close":
        return _told(case, entry, "closed as {}".format(body["verdict"]), state="closed", verdict=body["verdict"])
    if did == "assign":
        return _told(case, entry, "assigned to {}".format(body["to"]), assigned=body["to"])
    changes: dict[str, dict[str, Any]] = {
        "reopen": {"state": "open", "verdict": None},
        "hold": {"hold": True, "inherited": False},
        "release": {"hold": False, "inherited": False},
    }
    if did not in PLAIN:
        raise Wrong("entry {}: {!r} is no step of a case that is known here".format(entry["index"], did))
    own = " in its own right" if did == "hold" and case["inherited"] else ""
    return _told(case, entry, PLAIN[did] + own, **changes.get(did, {}))


def _opened(entry: dict[str, Any], held: list[str], did: str) -> dict[str, Any]:
    fresh = {"state": "open", "verdict": None, "hold": False, "inherited": False, "assigned": None, "opened": entry["at"], "history": []}
    return _told(fresh, entry, did, held=held)


def _told(case: dict[str, Any], entry: dict[str, Any], did: str, **changes: Any) -> dict[str, Any]:
    return {**case, **changes, "updated": entry["at"], "history": [*case["history"], _past(entry, did)]}


def check_case(facts: dict[str, Any], entries: Sequence[dict[str, Any]]) -> None:
    """What the page of facts says of decisions and findings is what the sealed entries say, all of it and no more. Raises Wrong."""
    told = derived(entries, facts["id"])
    for place, step in enumerate(told["history"]):
        said = facts["history"][place] if place < len(facts["history"]) else None
        if said is None:
            raise Wrong("case.json leaves out the step {!r} of {}, which was sealed".format(step["did"], step["at"]))
        if said != step:
            raise Wrong("case.json: the step {!r} of {} is not as it was sealed".format(said["did"], said["at"]))
    if len(facts["history"]) != len(told["history"]):
        raise Wrong("case.json has steps of the case that were never sealed")
    for name in ("state", "verdict", "hold", "assigned", "opened", "updated"):
        if facts[name] != told[name]:
            raise Wrong(f"case.json says {name} {facts[name]!r}, the sealed steps give {told[name]!r}")
    if [finding["id"] for finding in facts["findings"]] != told["held"]:
        raise Wrong("case.json holds other findings than the sealed steps give")
    for finding in facts["findings"]:
        sealed = [entry["body"] for entry in entries if entry["kind"] == "finding" and entry["body"].get("id") == finding["id"]]
        if not any(_grown(finding, one, sealed) for one in sealed):
            raise Wrong("case.json: the finding {} is not as it was sealed".format(finding["id"]))
    _check_summary(facts, facts["findings"], entries)


def _grown(finding: dict[str, Any], one: dict[str, Any], sealed: Sequence[dict[str, Any]]) -> bool:
    """Whether a finding is a sealed one, with nobody added but whom it was sealed with at another time."""
    own = len(one["actors"])
    before = [actor for other in sealed for actor in other["actors"]]
    same = {**finding, "actors": []} == {**one, "actors": []} and finding["actors"][:own] == one["actors"]
    return same and all(actor in before for actor in finding["actors"][own:])


def _check_summary(facts: dict[str, Any], findings: Sequence[dict[str, Any]], entries: Sequence[dict[str, Any]]) -> None:
    """Title, severity, accused, alarm: what follows from the findings."""
    titles = [entry["body"].get("title") for entry in entries if entry["kind"] == "case" and entry["body"].get("case") == facts["id"]]
    titles += [entry["body"]["title"] for entry in entries if entry["kind"] == "finding"]
    accused: dict[tuple[str, str], None] = {}
    for finding in findings:
        actors = [(actor["level"], actor["id"]) for actor in finding["actors"] if actor["level"] != "campaign"]
        accused.update(dict.fromkeys([actor for actor in actors if actor[0] != "surface"] or actors))
    follows = {
        "severity": max((one["severity"] for one in findings), key=SEVERITIES.index, default="low"),
        "confidence": max((one["confidence"] for one in findings), default=0.0),
        "detected_at": min(one["detected_at"] for one in findings),
        "actors": [{"level": level, "id": one} for level, one in accused],
    }
    for name, value in follows.items():
        if facts[name] != value:
            raise Wrong(f"case.json says another {name} than its findings")
    if facts["title"] not in titles:
        raise Wrong("case.json has a title that neither a step nor a finding was sealed with")


def custody(entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Who had it in hand, when and with which digests, as sealed entries say: from storing to exporting (ISO/IEC 27037)."""
    steps: list[dict[str, Any]] = []
    for entry in entries:
        body = entry["body"]
        step = {"at": entry["at"], "by": entry["by"], "entry": entry["index"]}
        if entry["kind"] == "ledger" and body.get("segments"):
            segments = [{"file": one["file"], "sha256": one["sha256"], "rows": one["rows"]} for one in body["segments"]]
            steps.append({**step, "did": "stored disclosures", "files": segments})
        elif entry["kind"] == "export":
            digests = {name: body[name] for name in ("sha256", "bag", "sealed_files", "sealed_entries") if name in body}
            steps.append({**step, "did": body.get("did", "export"), "why": body.get("why", ""), **digests})
    return steps
