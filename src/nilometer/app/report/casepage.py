"""Sets a case's page of facts as one HTML page that needs nothing else: what the person who opens a bundle reads first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nilometer.app.report import page
from nilometer.app.report.figures import FindingFigure


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """The head of the log that a bundle was made from: `root` in base64, `stamps` in words, empty when there are none."""

    origin: str
    key: str
    size: int
    root: str
    stamps: str = ""


def render(facts: Mapping[str, Any], figures: Sequence[FindingFigure], seal: Seal, made_at: datetime, made_by: str, version: str) -> str:
    """The page. `facts` as `nilometer case show --json` gives them; the same arguments give the same page, byte for byte."""
    return (
        page.environment()
        .get_template("case.html.j2")
        .render(
            case=facts,
            accused=[actor["id"] for actor in facts["actors"]],
            sections=[page.section(number, figure) for number, figure in enumerate(figures[: page.DETAILED], start=1)],
            seal=seal,
            made_at=made_at,
            made_by=made_by,
            version=version,
            when=datetime.fromisoformat,
        )
    )
