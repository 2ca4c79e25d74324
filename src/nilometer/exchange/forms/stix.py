"""STIX 2.1 for strangers: one bundle of who was seen, how to see them again, and under which TLP marking it may be passed on."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final

from nilometer.canonical import json_bytes
from nilometer.exchange import plain, reading
from nilometer.exchange.form import Form, Json, Said, checked

_SCO: Final = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
"""STIX 2.1, section 2.9: the name space of deterministic identifiers of cyber-observable objects."""
_MOST: Final = 999_999_999
"""STIX 2.1, sections 4.14 and 5.2: the largest count of an observed-data or a sighting."""
_MADE: Final = "2020-01-01T00:00:00.000Z"
_TLP: Final = {
    "white": "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9",
    "green": "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da",
    "amber": "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82",
    "red": "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed",
}
"""STIX 2.1, section 7.2.1.4: the identifiers that everybody uses for them."""


class Stix(Form):
    """Structured Threat Information Expression: identity, indicator, observed-data, sighting, and a grouping or report over them.

    Holds nobody whose data it is, no surface, no reason, no word of an operator and no session's id (it may still let somebody in).
    Identifiers are made from the home's own name space and the finding's id: written twice, it is the same bundle.
    """

    id = "stix"
    title = "STIX 2.1"
    suffix = ".json"
    shared = True
    switches: ClassVar[Mapping[str, tuple[str, ...]]] = {"tlp": ("amber", "red", "green", "white")}

    def findings(self, found: Sequence[Mapping[str, Any]], said: Said) -> str:
        """One bundle; each finding is a grouping in it."""
        made: list[Json] = []
        for finding in found:
            objects = _finding(finding, said)
            grouping = _sdo(said, "grouping", finding["id"], finding["detected_at"], finding["last_seen"]) | {
                "name": plain.clean(_title(finding)),
                "context": "suspicious-activity",
                "object_refs": [o["id"] for o in objects],
            }
            made += [*objects, grouping]
        return _bundle(made, said)

    def case(self, facts: Mapping[str, Any], said: Said) -> str:
        """One bundle; the case is a report over its findings."""
        objects = [one for finding in checked(facts)["findings"] for one in _finding(finding, said)]
        companies = [_organisation(company, reading.opened(facts), said) for company in facts.get("companies") or []]
        refs = _once([*objects, *companies]) or [_reporter(said)]
        report = _sdo(said, "report", facts["id"], reading.opened(facts), reading.updated(facts)) | {
            "name": plain.clean(f"People's data carried out: case {facts['id']}"),
            "description": f"{int(facts['people']):,} distinct people were shown. Fields: {_fields(facts.get('fields') or {})}.",
            "report_types": ["threat-report"],
            "published": plain.stamp(reading.updated(facts)),
            "object_refs": [o["id"] for o in refs],
        }
        return _bundle([*objects, *companies, report], said)


def _finding(f: Mapping[str, Any], said: Said) -> list[Json]:
    """The objects of one finding. An actor of a kind that STIX cannot describe safely is counted, not named."""
    seen: list[Json] = []
    for actor in reading.members(f["actors"]):
        one = _observable(actor, said)
        if one is not None:
            seen.append(one)
    made = _once(seen)
    if not made:
        return [_organisation(reading.named(reading.narrowest(f["actors"])), f["detected_at"], said, hidden=True)]
    description = (
        f"{int(f['people']):,} distinct people were shown in {int(f['disclosures']):,} disclosures. Fields: {_fields(f['fields'])}."
    )
    indicator = _sdo(said, "indicator", f["id"], f["detected_at"], f["last_seen"]) | {
        "name": plain.clean(_title(f)),
        "description": description,
        "indicator_types": ["anomalous-activity"],
        "pattern": " OR ".join(_pattern(one) for one in made),
        "pattern_type": "stix",
        "valid_from": plain.stamp(f["first_seen"]),
        "confidence": reading.confidence(f["confidence"]),
    }
    observed = _sdo(said, "observed-data", f["id"], f["detected_at"], f["last_seen"]) | {
        "first_observed": plain.stamp(f["first_seen"]),
        "last_observed": plain.stamp(f["last_seen"]),
        "number_observed": min(_MOST, max(1, int(f["disclosures"]))),
        "object_refs": [one["id"] for one in made],
    }
    sighting = _sdo(said, "sighting", f["id"], f["detected_at"], f["last_seen"]) | {
        "first_seen": plain.stamp(f["first_seen"]),
        "last_seen": plain.stamp(f["last_seen"]),
        "count": min(_MOST, max(1, int(f["disclosures"]))),
        "sighting_of_ref": indicator["id"],
        "observed_data_refs": [observed["id"]],
        "where_sighted_refs": [_id(said, "identity", "reporter")],
    }
    return [*made, indicator, observed, sighting]


def _title(f: Mapping[str, Any]) -> str:
    first = reading.narrowest(f["actors"])
    many = len(reading.members(f["actors"]))
    who = f"{many} actors acting as one" if first["level"] == "campaign" else f"one {first['level']}"
    return f"People's data carried out by {who} ({f['id']})"


def _fields(names: Iterable[str]) -> str:
    return plain.clean(", ".join(names) or "not known", 1000)


def _observable(actor: Mapping[str, Any], said: Said) -> Json | None:
    """The cyber-observable object of an actor; None for one that is not named to strangers, or not in this way."""
    level, ident = actor["level"], plain.ident(actor["id"])
    if level == "ip":
        found = plain.address(actor["id"])
        kind = "ipv6-addr" if found and ":" in found else "ipv4-addr"
        return _sco(kind, {"value": found}, said) if found else None
    if level in ("account", "app", "org") and ident.strip():
        return _sco("user-account", {"account_type": f"nilometer-{level}", "user_id": ident}, said)
    return None


def _pattern(one: Json) -> str:
    """STIX patterning, section 9: a comparison in an observation; ' and \\ are escaped in its constants."""

    def said(text: str) -> str:
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"

    if one["type"] == "user-account":
        return f"[user-account:user_id = {said(one['user_id'])} AND user-account:account_type = {said(one['account_type'])}]"
    return f"[{one['type']}:value = {said(one['value'])}]"


def _organisation(name: str, when: str, said: Said, *, hidden: bool = False) -> Json:
    """A company that answers for an actor; `hidden`: somebody of whom only a kind may be told."""
    made = _sdo(said, "identity", f"hidden/{name}" if hidden else name, when, when)
    shown = "an actor that is not named to others" if hidden else plain.ident(name).strip() or "unnamed"
    return made | {"name": shown, "identity_class": "unknown" if hidden else "organization"}


def _reporter(said: Said) -> Json:
    made = _sdo(said, "identity", "reporter", _MADE, _MADE)
    del made["created_by_ref"]
    return made | {"name": "Nilometer", "identity_class": "system"}


def _sco(kind: str, properties: Json, said: Said) -> Json:
    name = f"{kind}--{uuid.uuid5(_SCO, json_bytes(properties).decode())}"
    return {"type": kind, "spec_version": "2.1", "id": name, **properties, "object_marking_refs": _marked(said)}


def _sdo(said: Said, kind: str, name: str, created: str, modified: str) -> Json:
    first, last = plain.stamp(created), plain.stamp(modified)
    return {
        "type": kind,
        "spec_version": "2.1",
        "id": _id(said, kind, name),
        "created_by_ref": _id(said, "identity", "reporter"),
        "created": first,
        "modified": max(first, last),
        "object_marking_refs": _marked(said),
    }


def _id(said: Said, kind: str, name: str) -> str:
    return f"{kind}--{uuid.uuid5(said.namespace, f'{kind}/{plain.ident(name)}')}"


def _marked(said: Said) -> list[str]:
    return [_TLP[said.switches.get("tlp", "amber")]]


def _once(objects: Sequence[Json]) -> list[Json]:
    """The objects, each identifier once, the newest version of it."""
    made: dict[str, Json] = {}
    for one in objects:
        if one["id"] not in made or one.get("modified", "") > made[one["id"]].get("modified", ""):
            made[one["id"]] = one
    return list(made.values())


def _bundle(objects: Sequence[Json], said: Said) -> str:
    tlp = said.switches.get("tlp", "amber")
    marking: Json = {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": _TLP[tlp],
        "created": "2017-01-20T00:00:00.000Z",
        "definition_type": "tlp",
        "name": f"TLP:{tlp.upper()}",
        "definition": {"tlp": tlp},
    }
    everything = [marking, *_once([_reporter(said), *objects])]
    name = uuid.uuid5(said.namespace, json_bytes(everything).decode())
    return plain.dumped({"type": "bundle", "id": f"bundle--{name}", "objects": everything}, indent=2) + "\n"


FORM: Final = Stix()
