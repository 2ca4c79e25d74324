"""What is done about a case: proposed in words, approved by a person, performed once; `response/actions/` is a shelf."""

from __future__ import annotations

from typing import Final

from nilometer import shelves
from nilometer.response.action import Action

ACTIONS: Final = "nilometer.response.actions"


def shelf() -> dict[str, Action]:
    """Every action with its default settings, by id. Raises ExtensionBroken for a file that is none."""
    return shelves.things(ACTIONS, "ACTION", Action)
