"""CASE/UCO JSON-LD (CASE 1.x, Cyber-investigation Analysis Standard Expression): the case as an investigation with its steps.

Leaves out people and disclosures: these are counted in words, never listed. What was stored with which hash stands in a
bundle's `custody.json`.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

from nilometer.exchange import plain, reading
from nilometer.exchange.form import Form, Json, Said, checked

_CONTEXT: Final = {
    "kb": "http://nilometer.invalid/kb/",
    "case-investigation": "https://ontology.caseontology.org/case/investigation/",
    "uco-action": "https://ontology.unifiedcyberontology.org/uco/action/",
    "uco-core": "https://ontology.unifiedcyberontology.org/uco/core/",
    "uco-identity": "https://ontology.unifiedcyberontology.org/uco/identity/",
    "uco-tool": "https://ontology.unifiedcyberontology.org/uco/tool/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


class Uco(Form):
    """CASE/UCO as JSON-LD: one investigation, the tool, who took each step and when, and what each finding said.

    Names are the home's own; every identifier is derived from them, so that the same case gives the same document.
    """

    id = "uco"
    title = "CASE/UCO JSON-LD (CASE 1.5)"
    suffix = ".jsonld"
    shared = False

    def findings(self, found: Sequence[Mapping[str, Any]], said: Said) -> str:
        """Each finding as an action of the tool, with its result as a provenance record."""
        tool = _tool(said)
        return _written([tool, *(node for finding in found for node in _finding(finding, tool, said))])

    def case(self, facts: Mapping[str, Any], said: Said) -> str:
        """The investigation, the tool, the findings, and one action for each step that was taken."""
        checked(facts)
        tool = _tool(said)
        findings = [node for finding in facts["findings"] for node in _finding(finding, tool, said)]
        people = sorted({step["by"] for step in facts.get("history", [])})
        identities = [
            {"@id": _id("identity", name, said), "@type": "uco-identity:Identity", "uco-core:name": plain.clean(name)} for name in people
        ]
        steps = [_step(facts["id"], step, said) for step in facts.get("history", [])]
        investigation = {
            "@id": _id("investigation", facts["id"], said),
            "@type": "case-investigation:Investigation",
            "uco-core:name": plain.clean(facts["id"]),
            "uco-core:description": plain.clean(f"{facts['title']}. {facts['people']:,} people, counted exactly; state {facts['state']}."),
            "case-investigation:focus": "Personal data shown to somebody who should not have been shown it",
            "uco-core:object": [{"@id": node["@id"]} for node in (*findings, *steps)],
        }
        return _written([investigation, tool, *identities, *findings, *steps])


def _finding(finding: Mapping[str, Any], tool: Json, said: Said) -> list[Json]:
    accused = [plain.clean(reading.named(actor), plain.LONGEST) for actor in reading.members(finding["actors"])]
    record = {
        "@id": _id("provenance-record", finding["id"], said),
        "@type": "case-investigation:ProvenanceRecord",
        "case-investigation:exhibitNumber": plain.clean(finding["id"]),
        "uco-core:description": plain.clean(f"{finding['title']}. {finding['people']:,} people in {finding['disclosures']:,} disclosures."),
        "uco-core:tag": accused,
    }
    action = {
        "@id": _id("investigative-action", finding["id"], said),
        "@type": "case-investigation:InvestigativeAction",
        "uco-core:name": "detected",
        "uco-core:description": plain.clean("; ".join(reason["says"] for reason in finding["reasons"])),
        "uco-action:startTime": _moment(finding["detected_at"]),
        "uco-action:instrument": {"@id": tool["@id"]},
        "uco-action:result": [{"@id": record["@id"]}],
    }
    return [action, record]


def _step(ident: str, step: Mapping[str, Any], said: Said) -> Json:
    return {
        "@id": _id("investigative-action", f"{ident}/{step['index']}", said),
        "@type": "case-investigation:InvestigativeAction",
        "uco-core:name": plain.clean(step["did"]),
        "uco-core:description": plain.clean(f"{step['why'] or 'no reason given'} (entry {step['index']} of the journal)"),
        "uco-action:startTime": _moment(step["at"]),
        "uco-action:performer": {"@id": _id("identity", step["by"], said)},
    }


def _tool(said: Said) -> Json:
    return {
        "@id": _id("tool", said.version, said),
        "@type": "uco-tool:Tool",
        "uco-core:name": "Nilometer",
        "uco-tool:version": said.version,
    }


def _moment(text: str) -> Json:
    return {"@type": "xsd:dateTime", "@value": text}


def _id(kind: str, name: str, said: Said) -> str:
    return f"kb:{kind}-{uuid.uuid5(said.namespace, f'uco/{kind}/' + name.encode('utf-8', 'surrogatepass').hex())}"


def _written(nodes: Sequence[Json]) -> str:
    return plain.dumped({"@context": _CONTEXT, "@graph": list(nodes)}, indent=1) + "\n"


FORM: Final = Uco()
