"""The mapping file: which columns and routes of a log say when, who, whose data and which fields."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from nilometer.disclosures.actor import LEVELS
from nilometer.errors import ConfigError, InputError

CANONICAL: Final = ("time", "subject", *LEVELS, "surface", "fields", "status", "reference", "request")
"""The columns of a disclosure, in the order of contract and documentation."""

TARGETS: Final = (*CANONICAL, "method", "target")
"""What a mapping's [columns] may define: the canonical columns, and what routes are matched against."""

_HOLE: Final = re.compile(r"\{([^{}]*)\}")


def is_canonical(columns: Sequence[str]) -> bool:
    """Whether these column names are a disclosure's: `time`, `subject` and at least one actor level."""
    return "time" in columns and "subject" in columns and any(level in columns for level in LEVELS)


class Surface(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One [[surface]]: a route template and what an answer of it shows."""

    name: str
    match: str
    fields: list[str] = []
    subject: str | None = None
    reference: str | None = None
    request: str | None = None
    split: str | None = None


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """[source]: which format the file has; left out, it is recognised."""

    format: str | None = None


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A whole mapping file. Empty means: the canonical columns under their own names."""

    source: Source = Source()
    surface: list[Surface] = []
    actor: dict[str, str] = {}
    columns: dict[str, str] = {}

    def fingerprint(self) -> str:
        """What tells two mappings apart, whatever their comments and spacing: their content as JSON."""
        return msgspec.json.encode(self, order="sorted").decode()


EMPTY: Final = Mapping()


def load(path: Path) -> Mapping:
    """Reads a mapping file. Raises InputError when it is not there, ConfigError (file, key, what was expected) when it is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"Mapping {path} does not exist. `nilometer mapping suggest FILE` proposes one.") from None
    except (OSError, UnicodeDecodeError) as cause:
        raise InputError(f"Mapping {path} cannot be read: {cause}.") from None
    return parse(text, str(path))


def parse(text: str, where: str = "mapping") -> Mapping:
    """Parses the text of a mapping file. Raises ConfigError that names `where`, the key and what was expected."""
    try:
        mapping = msgspec.convert(tomllib.loads(text), Mapping)
    except tomllib.TOMLDecodeError as cause:
        raise ConfigError(f"{where}: not a TOML file: {cause}.") from None
    except msgspec.ValidationError as cause:
        raise ConfigError(f"{where}: {cause}. A mapping has [source], [[surface]], [actor] and [columns].") from None
    for level in mapping.actor:
        if level not in LEVELS:
            raise ConfigError(f"{where}: [actor] has {level!r}; expected one of {', '.join(LEVELS)}.")
    for column in mapping.columns:
        if column not in TARGETS:
            raise ConfigError(f"{where}: [columns] has {column!r}; expected one of {', '.join(TARGETS)}.")
    for surface in mapping.surface:
        if surface.split is not None and not surface.split:
            raise ConfigError(f"{where}: [[surface]] {surface.name!r} has an empty split.")
    return mapping


def holes(template: str) -> list[str]:
    """The names in braces in a template, in order."""
    return _HOLE.findall(template)


def pieces(template: str) -> list[tuple[bool, str]]:
    """A template as its parts: (True, name) for a name in braces, (False, text) for text between them."""
    parts: list[tuple[bool, str]] = []
    last = 0
    for hole in _HOLE.finditer(template):
        if hole.start() > last:
            parts.append((False, template[last : hole.start()]))
        parts.append((True, hole.group(1)))
        last = hole.end()
    if last < len(template):
        parts.append((False, template[last:]))
    return parts


def quoted(value: str) -> str:
    """`value` as a TOML string."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
