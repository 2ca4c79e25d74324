"""Runs detectors over the ledger and keeps what they found."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
import pyarrow as pa

from nilometer.app.assembly import Home
from nilometer.detection import run
from nilometer.detection.detector import Detector
from nilometer.detection.run import Facts
from nilometer.detection.watch import Watch
from nilometer.errors import ConfigError, EngineError, InputError
from nilometer.findings.finding import Finding
from nilometer.ledger import files, vault
from nilometer.ledger.answers import Answers

_FILE: Final = "findings.sealed"


class _LedgerAnswers(Answers):
    """The ledger's answers in detection's own types."""

    def facts(self, nodes: Sequence[tuple[str, int]], since: int | None, until: int | None) -> Facts:  # type: ignore[override]
        found = super().facts(nodes, since, until)
        return Facts(**{name: getattr(found, name) for name in found.__slots__})


def detectors(home: Home) -> list[Detector]:
    """The detectors on the shelf with the home's settings. Raises ConfigError for a detector or setting that does not exist."""
    shelf = run.shelf()
    chosen: list[Detector] = []
    for ident in home.settings.detectors:
        if ident not in shelf:
            raise ConfigError(f"nilometer.toml: [detectors.{ident}]: no such detector; there are {', '.join(shelf)}.")
    for ident, detector in shelf.items():
        given = home.settings.detectors.get(ident, {})
        known = {f.name for f in dataclasses.fields(detector)}
        for name in given:
            if name not in known:
                raise ConfigError(
                    f"nilometer.toml: [detectors.{ident}] has {name!r}; its settings are {', '.join(sorted(known)) or 'none'}."
                )
        chosen.append(dataclasses.replace(detector, **given) if given else detector)
    return chosen


def detect(home: Home, as_of: datetime | None = None) -> list[Finding]:
    """All open findings, oldest first. Without `as_of` they are kept for `findings`; a look into the past is not."""
    found = run.detect(_LedgerAnswers(home.ledger), Watch(detectors=detectors(home)), as_of=as_of)
    if as_of is None:
        _keep(home, [f.to_json() for f in found])
    return found


def kept(home: Home) -> list[dict[str, Any]]:
    """The findings of the last `detect`, as JSON; empty when it never ran."""
    path = home.folder / _FILE
    if not path.exists():
        return []
    table = vault.unsealed(path, home.key.derived("vault", 32))
    return [msgspec.json.decode(text) for text in table.column("finding").to_pylist()]


def kept_one(home: Home, ident: str) -> dict[str, Any]:
    """One kept finding by its id. Raises InputError that lists some ids when there is no such."""
    found = kept(home)
    for finding in found:
        if finding["id"] == ident:
            return finding
    known = ", ".join(f["id"] for f in found[:8]) or "none yet; run `nilometer detect`"
    raise InputError(f"No finding {ident!r}. Findings: {known}.")


def _keep(home: Home, found: list[dict[str, Any]]) -> None:
    table = pa.table({"finding": pa.array([msgspec.json.encode(f).decode() for f in found], pa.string())})
    try:
        files.replace(home.folder / _FILE, vault.sealed(table, home.key.derived("vault", 32), _FILE))
    except OSError as cause:
        raise EngineError(
            f"The findings could not be kept: {cause.strerror or cause}. Those kept before are unchanged; free space, then run it again."
        ) from None
