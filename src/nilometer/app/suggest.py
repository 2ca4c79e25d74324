"""Proposes a mapping for a file, and lists what can be read."""

from __future__ import annotations

from nilometer.app.ingest import Told
from nilometer.sources.format import Format
from nilometer.sources.format import formats as shelf


def formats() -> dict[str, Format]:
    """Every log format, by id."""
    return shelf()


def propose(name: str, form: str | None, tell: Told) -> str:
    """The text of a mapping for the source `name`, for the user to edit."""
    return ""
