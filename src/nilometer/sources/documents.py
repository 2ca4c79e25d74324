"""Whole JSON documents that hold many entries, such as CloudTrail's `{"Records": [...]}`."""

from __future__ import annotations

import json

from nilometer.errors import InputError


def entries(text: bytes) -> list[str]:
    """The entries of a document, each as JSON text. Replaced by the formats helper."""
    raise InputError(f"not yet {len(text)}")
