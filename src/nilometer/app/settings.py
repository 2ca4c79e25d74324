"""The home's settings: one commented TOML file; an unknown key is an error, never ignored."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Final

import msgspec

from nilometer.errors import ConfigError

FILE: Final = "nilometer.toml"


class Engine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """[engine]: how much of the machine questions to the ledger may use."""

    memory: Annotated[str, msgspec.Meta(pattern=r"^[0-9]+(\.[0-9]+)? ?([KMGT]i?B|%)$")] = "3GB"
    threads: Annotated[int, msgspec.Meta(ge=1, le=1024)] = 2


class Detection(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """[detection]: how many false findings per 1,000 actor-months are worth it; fewer means that leaks are found later."""

    false_alarms: Annotated[float, msgspec.Meta(gt=0, le=1000)] = 1.0


class Evidence(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """[evidence]: where what was signed last is kept a second time, and what the log is called."""

    second_place: str = ""
    origin: Annotated[str, msgspec.Meta(pattern=r"^[^\s+]*$", max_length=200)] = ""


class Reveal(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """[reveal]: whether the platform's own ids are kept, sealed to a key that this home does not have."""

    keep: bool = False


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file. `detectors` holds, per detector id, values for the settings that detector names; `response` the same per action."""

    engine: Engine = Engine()
    detection: Detection = Detection()
    evidence: Evidence = Evidence()
    reveal: Reveal = Reveal()
    detectors: dict[str, dict[str, float | int | bool | str]] = {}
    response: dict[str, bool | dict[str, bool | int | float | str | list[str]]] = {}


TEMPLATE: Final = """\
# Nilometer settings. Everything has a default; unknown keys are an error.

[engine]
# memory = "3GB"      # what questions to the ledger may use before they spill to disk
# threads = 2

[detection]
# false_alarms = 1.0  # at most so many false findings per 1,000 actor-months; fewer means that leaks are found later

[evidence]
# second_place = "/other/disk/nilometer.checkpoint"  # the last signed checkpoint once more, best on another disk or machine's share
# origin = "example.com/privacy-log"                 # the log's name, for good, chosen before the first entry

[reveal]
# keep = false        # true: keep the platform's own ids, sealed so that only the key of `nilometer reveal-key` opens them

# What you know and logs do not say (planned migrations, sale days, known needs, who serves whom) goes into context.toml
# beside this file: see docs/guide/context.md.

# Detectors: one table each, with the settings that `nilometer doctor --detectors` lists, for example
# [detectors.reach]
# floor = 200

# Responses (webhook, revoke, ticket, email): one table each, [response.webhook] and so on: see docs/guide/response.md.
"""


def load(home: Path) -> Settings:
    """Reads the settings of a home; defaults when there is no file. Raises ConfigError naming the key."""
    path = home / FILE
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return Settings()
    except OSError as cause:
        raise ConfigError(f"{path} cannot be read: {cause.strerror or cause}.") from None
    try:
        return msgspec.convert(tomllib.loads(content.decode()), Settings)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as cause:
        raise ConfigError(f"{path}: not a TOML file: {cause}.") from None
    except msgspec.ValidationError as cause:
        raise ConfigError(f"{path}: {cause}.") from None
