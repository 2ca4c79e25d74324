"""A shelf is a package whose every file adds one thing; the file's name is its id."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType
from typing import Any

from nilometer.errors import ExtensionBroken


def modules(package: str) -> dict[str, ModuleType]:
    """Every module on the shelf `package`, by id, sorted by id.

    Raises ExtensionBroken naming the file when one cannot be imported: a broken file is never skipped in silence.
    """
    shelf = importlib.import_module(package)
    found: dict[str, ModuleType] = {}
    for entry in sorted(pkgutil.iter_modules(shelf.__path__), key=lambda e: e.name):
        if entry.name.startswith("_"):
            continue
        name = f"{package}.{entry.name}"
        try:
            found[entry.name] = importlib.import_module(name)
        except Exception as cause:
            raise ExtensionBroken(f"{name} cannot be loaded: {type(cause).__name__}: {cause}. Mend or remove that file.") from cause
    return found


def things(package: str, attribute: str, kind: type[Any]) -> dict[str, Any]:
    """The object named `attribute` of every file on the shelf, checked to be a `kind` whose `id` is the file's name."""
    found: dict[str, Any] = {}
    for ident, module in modules(package).items():
        thing = getattr(module, attribute, None)
        if not isinstance(thing, kind):
            raise ExtensionBroken(f"{package}.{ident} must define {attribute}, a {kind.__name__}; found {type(thing).__name__}.")
        if thing.id != ident:
            raise ExtensionBroken(f"{package}.{ident}: {attribute}.id is {thing.id!r}; the file's name is its id, so it must be {ident!r}.")
        found[ident] = thing
    return found
