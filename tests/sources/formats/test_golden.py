"""Golden logs: what each format makes of whole files, most of them written by the real servers."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Final

import pytest

from nilometer.sources import framing
from nilometer.sources.format import by_id, recognise
from tests.sources.formats.reading import TEXT_FORMATS, rows, sample, written

GOLDEN: Final = Path(__file__).parents[2] / "golden" / "formats"
LOGS: Final = sorted(path.name for path in GOLDEN.glob("*.log"))


def text_of(name: str) -> str:
    """A golden log as the reader would hand it on: valid UTF-8, line ends as they are."""
    return framing.valid_text((GOLDEN / name).read_bytes()).decode()


def found_in(name: str) -> list[dict[str, Any]]:
    """What the format makes of the log, as the expectation writes it."""
    form = by_id(name.split(".")[0])
    found = []
    for row in rows(form, text_of(name), form.columns):
        read = {column: written(value) for column, value in row.items() if column not in ("number", "unreadable") and value is not None}
        found.append({"number": row["number"], **({"unreadable": row["unreadable"]} if row["unreadable"] is not None else read)})
    return found


@pytest.mark.parametrize("name", LOGS)
def test_a_golden_log_is_read_as_expected(name: str) -> None:
    expectation = GOLDEN / name.replace(".log", ".json")
    found = found_in(name)
    if os.environ.get("NILOMETER_RENEW") == "1":
        expectation.write_text("[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in found) + "\n]\n", encoding="utf-8")
    assert found == json.loads(expectation.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", LOGS)
def test_a_golden_log_is_recognised(name: str) -> None:
    claim = recognise(sample(text_of(name)))
    assert claim is not None
    form, confidence = claim
    if name == "apache.common.log":  # nothing but a missing byte count and an empty request tell the two apart
        assert form.id in ("apache", "nginx")
    else:
        assert form.id == name.split(".")[0]
    assert confidence > 0.6


@pytest.mark.parametrize("ident", sorted(set(TEXT_FORMATS) - {"csv", "ndjson"}))
def test_every_format_has_a_golden_log(ident: str) -> None:
    assert f"{ident}.log" in LOGS


def test_every_expectation_has_its_log() -> None:
    assert sorted(path.stem + ".log" for path in GOLDEN.glob("*.json")) == LOGS
