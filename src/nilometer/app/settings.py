"""The home's settings: one commented TOML file; an unknown key is an error, never ignored."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final

import msgspec

from nilometer.errors import ConfigError

FILE: Final = "nilometer.toml"


class Engine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """[engine]: how much of the machine questions to the ledger may use."""

    memory: str = "3GB"
    threads: int = 2


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file. `detectors` holds, per detector id, values for the settings that detector names."""

    engine: Engine = Engine()
    detectors: dict[str, dict[str, float | int | bool | str]] = {}


TEMPLATE: Final = """\
# Nilometer settings. Everything has a default; unknown keys are an error.

[engine]
# memory = "3GB"      # what questions to the ledger may use before they spill to disk
# threads = 2

# Detectors: one table each, with the settings that `nilometer doctor --detectors` lists, for example
# [detectors.reach]
# floor = 200
"""


def load(home: Path) -> Settings:
    """Reads the settings of a home; defaults when there is no file. Raises ConfigError naming the key."""
    path = home / FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Settings()
    try:
        return msgspec.convert(tomllib.loads(text), Settings)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as cause:
        raise ConfigError(f"{path}: not a TOML file: {cause}.") from None
    except msgspec.ValidationError as cause:
        raise ConfigError(f"{path}: {cause}.") from None
