"""OCSF: each finding a Data Security Finding or a Detection Finding, a case an Incident Finding; one JSON document a line."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final

from nilometer.canonical import json_bytes
from nilometer.exchange import plain, reading
from nilometer.exchange.form import Form, Json, Said, checked

_DETECTION, _INCIDENT, _DATA_SECURITY = 2004, 2005, 2006
_CLASSES: Final = {_DETECTION: "Detection Finding", _INCIDENT: "Incident Finding", _DATA_SECURITY: "Data Security Finding"}
_ACTIVITIES: Final = {1: "Create", 2: "Update", 3: "Close"}
_SEVERITIES: Final = {"low": (2, "Low"), "medium": (3, "Medium"), "high": (4, "High"), "critical": (5, "Critical")}
_STATES: Final = {
    "open": (1, "New"),
    "investigating": (2, "In Progress"),
    "contained": (2, "In Progress"),
    "closed": (5, "Closed"),
}
_VERDICTS: Final = {"confirmed": (2, "True Positive"), "benign": (5, "Benign")}


class Ocsf(Form):
    """Open Cybersecurity Schema Framework, as plain dictionaries; valid for the schema of the version that each document states.

    Names nobody whose data it is. What OCSF has no place for is under `unmapped.nilometer`. The `record_integrity` profile of
    1.9 is not written: no schema of that version was at hand to validate it with.
    """

    id = "ocsf"
    title = "OCSF 1.8.0 (or 1.6.0, which AWS Security Hub reads)"
    suffix = ".ndjson"
    shared = False
    switches: ClassVar[Mapping[str, tuple[str, ...]]] = {"version": ("1.8.0", "1.7.0", "1.6.0"), "class": ("auto", "2006", "2004")}

    def findings(self, found: Sequence[Mapping[str, Any]], said: Said) -> str:
        """One line a finding."""
        return "".join(plain.dumped(self.finding(f, said)) + "\n" for f in found)

    def case(self, facts: Mapping[str, Any], said: Said) -> str:
        """The Incident Finding, then one line for each of its findings."""
        return plain.dumped(self.incident(facts, said)) + "\n" + self.findings(checked(facts)["findings"], said)

    def finding(self, finding: Mapping[str, Any], said: Said) -> Json:
        """One finding: class 2006 where people's data was shown, 2004 where nothing was (only asked for), or as the switch says."""
        wanted = said.switches.get("class", "auto")
        uid = int(wanted) if wanted != "auto" else _DATA_SECURITY if int(finding["people"]) > 0 else _DETECTION
        activity = 2 if reading.grown(finding) else 1
        made = _head(uid, activity, finding["last_seen"] if activity == 2 else finding["detected_at"], finding["severity"], said)
        made |= {
            "message": plain.clean(finding["title"]),
            "status_id": 1,
            "status": "New",
            "is_alert": True,
            "confidence_score": reading.confidence(finding["confidence"]),
            "count": min(int(finding["disclosures"]), 2**31 - 1),
            "start_time": plain.milliseconds(finding["first_seen"]),
            "end_time": plain.milliseconds(finding["last_seen"]),
            "finding_info": _info(finding),
            "observables": _observables(finding["actors"]),
            "resources": [{"name": plain.ident(s), "type": "surface", "role_id": 3, "role": "Affected"} for s in finding["surfaces"]],
            "unmapped": {"nilometer": _rest(finding)},
        }
        if uid == _DATA_SECURITY:
            made |= _who(finding["actors"])
            made["data_security"] = {
                "category_id": 1,
                "category": "Personal",
                "data_lifecycle_state_id": 3,
                "data_lifecycle_state": "Data in-Use",
                "detection_system_id": 99,
                "detection_system": "Nilometer",
                "detection_pattern": ", ".join(plain.ident(f) for f in finding["fields"]) or "not known",
                "total": min(int(finding["people"]), 2**31 - 1),
            }
        else:
            made["evidences"] = [_who(finding["actors"])]  # the class itself has an actor only on a host
            made["anomaly_analyses"] = [_anomalies(finding)] if finding["reasons"] else []
        return _named(made, finding["id"], said)

    def incident(self, facts: Mapping[str, Any], said: Said) -> Json:
        """One case: class 2005."""
        checked(facts)
        status_id, status = _STATES.get(facts["state"], (99, plain.ident(facts["state"])))
        history = facts.get("history") or []
        activity = 3 if facts["state"] == "closed" else 2 if len(history) > 1 else 1
        made = _head(_INCIDENT, activity, reading.updated(facts), reading.severity(facts), said)
        last = plain.ident(history[-1]["by"]) if history else ""
        made |= {
            "message": plain.clean(facts["title"]),
            "desc": plain.clean(" ".join(facts.get("how_found") or []) or facts["title"]),
            "status_id": status_id,
            "status": status,
            "status_detail": plain.clean(f"{facts['state']}; on legal hold" if facts.get("hold") else facts["state"]),
            "start_time": plain.milliseconds(reading.began(facts)),
            "end_time": plain.milliseconds(reading.ended(facts)),
            "confidence_score": reading.confidence(facts.get("confidence")),
            "is_suspected_breach": facts.get("verdict") != "benign" and int(facts["people"]) > 0,
            "finding_info_list": [_info(f) for f in facts["findings"]] or [{"uid": plain.ident(facts["id"])}],
            "unmapped": {"nilometer": plain.cleaned(_shortened(facts))},
        }
        made |= {"assignee": {"name": last}} if last else {"assignee_group": {"name": "not assigned"}}
        verdict = _VERDICTS.get(facts.get("verdict") or "")
        made |= {"verdict_id": verdict[0], "verdict": verdict[1]} if verdict else {"verdict_id": 0, "verdict": "Unknown"}
        if facts.get("actors"):
            made |= {"observables": _observables(facts["actors"])}
        return _named(made, facts["id"], said)


def _head(uid: int, activity: int, when: str, severity: str, said: Said) -> Json:
    severity_id, caption = _SEVERITIES.get(severity, (99, plain.ident(severity)))
    return {
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": uid,
        "class_name": _CLASSES[uid],
        "activity_id": activity,
        "activity_name": _ACTIVITIES[activity],
        "type_uid": uid * 100 + activity,
        "type_name": f"{_CLASSES[uid]}: {_ACTIVITIES[activity]}",
        "time": plain.milliseconds(when),
        "severity_id": severity_id,
        "severity": caption,
        "metadata": {
            "version": said.switches.get("version", "1.8.0"),
            "product": {"name": "Nilometer", "vendor_name": "Nilometer", "version": said.version},
        },
    }


def _named(made: Json, ident: str, said: Said) -> Json:
    """With `metadata.uid`: the same for the same document from the same home, another when anything in it is another."""
    made["metadata"] |= {"correlation_uid": plain.ident(ident), "uid": str(uuid.uuid5(said.namespace, json_bytes(made).decode()))}
    return made


def _info(finding: Mapping[str, Any]) -> Json:
    detectors = sorted({plain.ident(reason["detector"]) for reason in finding["reasons"]})
    return {
        "uid": plain.ident(finding["id"]),
        "title": plain.clean(finding["title"]),
        "desc": plain.clean(finding["looks_like"]),
        "created_time": plain.milliseconds(finding["detected_at"]),
        "modified_time": plain.milliseconds(max(finding["last_seen"], finding["detected_at"], key=datetime.fromisoformat)),
        "first_seen_time": plain.milliseconds(finding["first_seen"]),
        "last_seen_time": plain.milliseconds(finding["last_seen"]),
        "types": ["people's data carried out"],
        "analytic": {
            "uid": "+".join(detectors) or "nilometer",
            "name": ", ".join(detectors) or "nilometer",
            "type_id": 2,
            "type": "Behavioral",
        },
    }


def _who(actors: Sequence[Mapping[str, Any]]) -> Json:
    """The first actor in OCSF's own places: an address is an end point, an app an app, the rest a user of a stated kind."""
    first = reading.narrowest(actors)
    level, ident = first["level"], plain.ident(first["id"]) or "unknown"
    match level:
        case "ip":
            found = plain.address(first["id"])
            end: Json = {"ip": found} if found else {"name": ident}
            return {"src_endpoint": end} if found else {"actor": {"user": {"name": ident, "type_id": 99, "type": "ip"}}}
        case "app":
            return {"actor": {"app_uid": ident}}
        case "session":
            return {"actor": {"session": {"uid": ident}}}
        case "account":
            return {"actor": {"user": {"uid": ident, "type_id": 0, "type": "account"}}}
        case "org":
            return {"actor": {"user": {"uid": ident, "type_id": 99, "type": "org", "org": {"uid": ident}}}}
        case _:
            return {"actor": {"user": {"uid": ident, "type_id": 99, "type": plain.ident(level)}}}


def _observables(actors: Sequence[Mapping[str, Any]]) -> list[Json]:
    """Every actor named, so that a search finds it: 2 is an IP address, 31 a user's id, 16 an HTTP user agent, 99 anything else."""
    kinds = {"ip": 2, "account": 31, "user_agent": 16}
    made = []
    for actor in reading.members(actors) or actors[:1]:
        kind = kinds.get(actor["level"], 99)
        if kind == 2 and plain.address(actor["id"]) is None:
            kind = 99
        made.append({"name": f"nilometer.{plain.ident(actor['level'])}", "type_id": kind, "value": plain.ident(actor["id"])})
    return made


def _anomalies(finding: Mapping[str, Any]) -> Json:
    def seen(reason: Mapping[str, Any], key: str) -> Json:
        parameter = plain.ident(reason.get("fact") or reason["detector"])
        return {"observation_parameter": parameter, "observations": [{"value": str(reason[key])}]}

    return {
        "analysis_targets": [{"name": plain.clean(reading.named(reading.narrowest(finding["actors"]))), "type": "actor"}],
        "anomalies": [seen(reason, "measured") | {"observed_pattern": plain.clean(reason["says"])} for reason in finding["reasons"]],
        "baselines": [seen(reason, "usual") for reason in finding["reasons"]],
    }


def _rest(finding: Mapping[str, Any]) -> Json:
    """What OCSF has no place for; the figures count distinct people, exactly."""
    kept = ("people", "people_at_detection", "disclosures", "fields", "surfaces", "odds", "reasons", "action")
    made: Json = {name: plain.cleaned(finding[name]) for name in kept}
    made["actors"] = plain.cleaned(list(finding["actors"][: reading.MOST_ACTORS]))
    made["actors_in_all"] = len(finding["actors"])
    return made


def _shortened(facts: Mapping[str, Any]) -> Json:
    """The page of facts without its findings, which are documents of their own."""
    made = {name: value for name, value in facts.items() if name != "findings"}
    actors = list(facts.get("actors") or [])
    return made | {"actors": actors[: reading.MOST_ACTORS], "actors_in_all": len(actors), "findings": [f["id"] for f in facts["findings"]]}


FORM: Final = Ocsf()
