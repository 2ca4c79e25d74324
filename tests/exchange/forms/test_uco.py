"""CASE/UCO documents, validated by NIST's `case_validate` against the ontology's own shapes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from nilometer.exchange.forms.uco import FORM
from tests.exchange import samples

VALIDATE = Path(sys.executable).with_name("case_validate")


@pytest.mark.parametrize("what", ["case", "findings"])
def test_it_conforms_to_the_ontology(tmp_path: Path, what: str, absent: object) -> None:
    if not VALIDATE.exists():
        absent("case_validate is not installed")  # type: ignore[operator]
    said = samples.said("uco")
    text = FORM.case(samples.FACTS, said) if what == "case" else FORM.findings([samples.FINDING], said)
    path = tmp_path / "case.jsonld"
    path.write_text(text)
    done = subprocess.run([VALIDATE, "--allow-info", path], capture_output=True, text=True, timeout=300, check=False)
    assert "Conforms: True" in done.stdout, done.stdout + done.stderr


def test_it_can_fail(tmp_path: Path, absent: object) -> None:
    if not VALIDATE.exists():
        absent("case_validate is not installed")  # type: ignore[operator]
    text = FORM.case(samples.FACTS, samples.said("uco")).replace('"uco-core:name": "Nilometer"', '"uco-core:name": {"@id": "kb:x"}')
    path = tmp_path / "case.jsonld"
    path.write_text(text)
    done = subprocess.run([VALIDATE, "--allow-info", path], capture_output=True, text=True, timeout=300, check=False)
    assert "Conforms: True" not in done.stdout


def test_every_step_and_finding_is_an_action() -> None:
    graph = json.loads(FORM.case(samples.FACTS, samples.said("uco")))["@graph"]
    kinds = [node["@type"] for node in graph]
    assert kinds.count("case-investigation:InvestigativeAction") == len(samples.FACTS["history"]) + len(samples.FACTS["findings"])
    assert len({node["@id"] for node in graph}) == len(graph)
