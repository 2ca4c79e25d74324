"""Findings and cases in the forms that other systems read; `exchange/forms/` is a shelf, and nothing here talks to a network."""

from __future__ import annotations

from typing import Final

from nilometer import shelves
from nilometer.exchange.form import Form

FORMS: Final = "nilometer.exchange.forms"


def shelf() -> dict[str, Form]:
    """Every form, by id. Raises ExtensionBroken for a file that is none."""
    return shelves.things(FORMS, "FORM", Form)
