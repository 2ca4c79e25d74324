"""The context an operator would have written down: declared needs and plans, as the text of a `context.toml`."""

from __future__ import annotations

import json
from datetime import datetime

from nilometer.clock import rfc3339


def need(*, level: str, ident: str, people_a_day: int, why: str, until: datetime | None = None) -> str:
    """A `[[need]]`: the actor may be shown at most so many people a UTC day, until then or for good."""
    lines = ["[[need]]", f"level = {_text(level)}", f"id = {_text(ident)}", f"people_a_day = {people_a_day}"]
    if until is not None:
        lines.append(f"until = {rfc3339(until)}")
    return _table(lines, why)


def planned(*, level: str, ident: str, start: datetime, until: datetime, people: int, kind: str, why: str) -> str:
    """A `[[planned]]` onboarding, backfill or migration: at most `people` distinct people in the whole period."""
    lines = ["[[planned]]", f"level = {_text(level)}", f"id = {_text(ident)}", f"from = {rfc3339(start)}", f"until = {rfc3339(until)}"]
    return _table([*lines, f"people = {people}", f"kind = {_text(kind)}"], why)


def busy(*, start: datetime, until: datetime, factor: float, name: str) -> str:
    """A `[[busy]]` stretch of the calendar: everybody is `factor` times as busy."""
    lines = ["[[busy]]", f"from = {rfc3339(start)}", f"until = {rfc3339(until)}", f"factor = {float(factor)}", f"name = {_text(name)}"]
    return "\n".join(lines) + "\n"


def _table(lines: list[str], why: str) -> str:
    return "\n".join([*lines, f"why = {_text(why)}"]) + "\n"


def _text(text: str) -> str:
    """A TOML basic string. JSON's escapes are TOML's, but for DEL, which JSON leaves as it is."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
