"""A case in words for a person who opens a ticket or a mail: what is known, in a few lines, without whose data it is."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Final

from nilometer.disclosures.actor import Actor
from nilometer.response.action import listed

_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def line(text: object, longest: int = 200) -> str:
    """Text from a log as part of one line: what is invisible is spelt out, what is long is cut."""
    made = "".join(c if unicodedata.category(c) not in _HIDDEN else f"\u27e8U+{ord(c):04X}\u27e9" for c in str(text)[: longest * 2])
    return made if len(made) <= longest else made[: longest - 1] + "…"


def title(facts: Mapping[str, Any]) -> str:
    """One line: the case and how many people."""
    return f"[{line(facts['id'], 40)}] {int(facts['people']):,} people's data shown: {line(facts['title'], 120)}"


def page(facts: Mapping[str, Any], actors: Sequence[Actor], order: str) -> str:
    """A dozen lines: who, since when, how many, what, where it stands, how to look closer."""
    asked = facts.get("asked_not_shown") or {}
    rows = [
        ("Case", f"{facts['id']}, {facts['state']}" + (f", {facts['verdict']}" if facts.get("verdict") else "")),
        ("Accused", listed(actors) or "nobody named"),
        ("Answerable", ", ".join(facts.get("companies") or []) or "not known"),
        ("People shown", f"{int(facts['people']):,} distinct people ({'exact' if facts.get('exact') else 'counted'})"),
        ("People asked for, not shown", f"{int(asked.get('people') or 0):,}"),
        ("From", f"{facts.get('since') or 'not known'} until {facts.get('until') or 'not known'}"),
        ("Detected", facts.get("detected_at") or "not known"),
        ("Fields", ", ".join(facts.get("fields") or {}) or "not known"),
        ("Surfaces", ", ".join(facts.get("surfaces") or {}) or "not known"),
        ("Findings", ", ".join(f["id"] for f in facts["findings"][:10]) or "none"),
    ]
    said = [f"{name}: {line(value, 500)}" for name, value in rows]
    said += [f"Not known: {line(gap.get('what'))}, {line(gap.get('bound'))}" for gap in (facts.get("unknown") or [])[:5]]
    look = f"nilometer case show {line(facts['id'], 40)}"
    return "\n".join([*said, "", f"Look closer: {look}", f"Sent by Nilometer after approval, proposal {order}.", ""])
