"""OCSF's own schemas as validators: `ocsf-json-schema` makes them, `jsonschema` applies them."""

from __future__ import annotations

from functools import cache
from typing import Any

import jsonschema
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

NAMES = {2004: "detection_finding", 2005: "incident_finding", 2006: "data_security_finding"}


@cache
def _version(version: str) -> OcsfJsonSchemaEmbedded:
    return OcsfJsonSchemaEmbedded(get_ocsf_schema(version))


@cache
def _validator(version: str, uid: int) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(_version(version).get_class_schema(NAMES[uid], []))


def errors(document: dict[str, Any]) -> list[str]:
    """What the schema of the version that the document states has against it."""
    found = _validator(document["metadata"]["version"], document["class_uid"]).iter_errors(document)
    return [f"{'/'.join(str(p) for p in e.absolute_path)}: {e.message[:300]}" for e in found]
