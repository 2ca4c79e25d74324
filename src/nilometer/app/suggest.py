"""Proposes a mapping for a file, and lists what can be read."""

from __future__ import annotations

from dataclasses import replace

import pyarrow.parquet as pq

from nilometer.app.ingest import Told
from nilometer.errors import InputError
from nilometer.sources import mapping as mappings
from nilometer.sources import reader, suggest
from nilometer.sources.files import find, opened
from nilometer.sources.format import Format
from nilometer.sources.format import formats as shelf
from nilometer.sources.peek import peek


def formats() -> dict[str, Format]:
    """Every log format, by id."""
    return shelf()


def propose(name: str, form: str | None, tell: Told) -> str:
    """The text of a mapping for the source `name`, for the user to edit; of a folder, its first file is looked at.

    Raises InputError when nothing can be read there, or when the source needs no mapping at all.
    """
    if name == "-":
        raise InputError("A mapping is proposed from a file, not from standard input; save a sample first.")
    origin = find([name])[0]
    with opened(origin) as stream:
        head = stream.read(reader.HEAD)
    if not head:
        raise InputError(f"{origin.label} is empty; a mapping is proposed from what is in a file.")
    recognised = reader.look(origin, head, mappings.EMPTY, form)
    tell(f"{origin.label}: {recognised.title}")
    if recognised.form.id == "disclosures":
        raise InputError(f"{origin.label} holds disclosures in the canonical shape already; it needs no mapping.")
    if recognised.form.framing == "table":
        recognised = replace(recognised, header=tuple(pq.read_schema(origin.path).names))
    wanted = suggest.looked_at(recognised.form, recognised.header, recognised.sample.lines)
    return suggest.suggest(recognised.form, recognised.header, peek(origin, recognised, wanted))
