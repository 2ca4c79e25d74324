"""CSV for spreadsheets (RFC 4180): a finding a row; a case as one fact a row. No cell is ever a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from nilometer.exchange import plain, reading
from nilometer.exchange.form import Form, Said, checked

_FINDING: Final = (
    "finding", "severity", "confidence", "level", "actor", "members", "title", "first_seen", "detected_at", "last_seen", "people",
    "people_at_detection", "disclosures", "fields", "surfaces", "looks_like", "action",
)  # fmt: skip
_FACT: Final = ("case", "fact", "of", "value", "unit", "note")


class Csv(Form):
    """Comma-separated values, UTF-8, CR LF, every cell in quotes.

    Cells that a spreadsheet could take for a formula have an apostrophe before = + - @; what is invisible is spelt out as ⟨U+000A⟩.
    """

    id = "csv"
    title = "CSV (RFC 4180)"
    suffix = ".csv"
    shared = False

    def findings(self, found: Sequence[Mapping[str, Any]], said: Said) -> str:
        """The heading, then one row a finding; what is a list (members, fields, surfaces) is a JSON array in its cell."""
        return _written(_FINDING, (_finding(f) for f in found))

    def case(self, facts: Mapping[str, Any], said: Said) -> str:
        """The heading, then one row a fact: what it is, of what, how much, in which unit, and what it counts."""
        return _written(_FACT, ((facts["id"], *row) for row in _facts(checked(facts))))


def _written(heading: Sequence[str], rows: Iterator[Sequence[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(heading)
    for row in rows:
        writer.writerow([plain.cell("" if value is None else value) for value in row])
    return out.getvalue()


def _finding(f: Mapping[str, Any]) -> Sequence[object]:
    first = reading.narrowest(f["actors"])
    members = plain.listed(reading.named(actor) for actor in f["actors"][1 : reading.MOST_ACTORS + 1])
    return (
        f["id"], f["severity"], f["confidence"], first["level"], first["id"], members, f["title"],
        f["first_seen"], f["detected_at"], f["last_seen"], f["people"], f["people_at_detection"], f["disclosures"],
        plain.listed(f["fields"]), plain.listed(f["surfaces"]), f["looks_like"], f["action"],
    )  # fmt: skip


def _facts(facts: Mapping[str, Any]) -> Iterator[Sequence[object]]:
    """(fact, of, value, unit, note), in the order in which a person asks."""
    for name in ("title", "state", "verdict", "severity", "confidence", "hold", "opened", "updated", "since", "until", "detected_at"):
        yield name, "", facts.get(name), "", ""
    yield "people", "", facts["people"], "people", "distinct people shown, exact" if facts.get("exact") else "distinct people shown"
    yield "people_at_detection", "", facts.get("people_at_detection"), "people", ""
    for name, unit in (("people", "people"), ("disclosures", "disclosures")):
        yield "asked_not_shown", "", (facts.get("asked_not_shown") or {}).get(name), unit, "asked for and refused or masked"
    for unit, counted in (facts.get("items") or {}).items():
        yield "items", "", counted.get("count"), unit, f"{counted.get('deduplication', '')} ({counted.get('law', '')})"
    for name in ("fields", "surfaces"):
        for of, count in (facts.get(name) or {}).items():
            yield name, of, count, "people", ""
    for actor in facts.get("actors") or []:
        yield "accused", reading.named(actor), "", "", ""
    for actor in facts.get("hierarchy") or []:
        yield "hierarchy", reading.named(actor), actor.get("people"), "people", ""
    for company in facts.get("companies") or []:
        yield "company", company, "", "", ""
    for finding in facts["findings"]:
        yield "finding", finding["id"], finding["people"], "people", finding["title"]
    for sentence in facts.get("how_found") or []:
        yield "how_found", "", "", "", sentence
    for step in facts.get("history") or []:
        yield "history", step.get("at"), step.get("did"), step.get("by"), step.get("why")
    for gap in facts.get("unknown") or []:
        yield "unknown", f"{gap.get('from')} to {gap.get('until')}", gap.get("what"), "", gap.get("bound")


FORM: Final = Csv()
