"""Findings and cases written for other systems; each export is an entry of the journal, with the hash of what left."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from nilometer import __version__
from nilometer import exchange as forms
from nilometer.app import cases, detect, journal
from nilometer.app.assembly import Home
from nilometer.clock import Clock, system_clock
from nilometer.errors import InputError
from nilometer.exchange.form import Form, Said
from nilometer.exchange.forms.ocsf import FORM as OCSF
from nilometer.ledger import files

Json = dict[str, Any]
KIND: Final = "export"


def described() -> list[Json]:
    """Every form: its id, its title and what can be chosen, the default first."""
    return [{"id": i, "title": f.title, "switches": {n: list(v) for n, v in f.switches.items()}} for i, f in forms.shelf().items()]


def keep(path: Path, data: bytes) -> None:
    """Writes an export so that a crash leaves the old file or the new one, readable by its owner only. Raises InputError."""
    try:
        files.replace(path, data)
    except OSError as cause:
        raise InputError(f"{path} cannot be written: {cause.strerror or cause}.") from None


def findings(
    home: Home, form: str, switches: Mapping[str, str] | None = None, *, by: str | None = None, clock: Clock = system_clock
) -> str:
    """The findings of the last `detect` in a form. Recorded. Raises InputError for a form or switch that there is not."""
    chosen, said = _said(home, form, switches or {})
    found = detect.kept(home)
    text = chosen.findings(found, said)
    _record(home, form, said, text, {"what": "findings", "findings": [f["id"] for f in found]}, by, clock)
    return text


def case(
    home: Home, ident: str, form: str, switches: Mapping[str, str] | None = None, *, by: str | None = None, clock: Clock = system_clock
) -> str:
    """A case with its findings in a form. Recorded. Raises InputError for a case, form or switch that there is not."""
    chosen, said = _said(home, form, switches or {})
    return case_about(home, facts(home, ident), chosen, said, by=by, clock=clock)


def case_about(home: Home, page: Mapping[str, Any], chosen: Form, said: Said, *, by: str | None = None, clock: Clock = system_clock) -> str:
    """The same, from a case's page of facts."""
    text = chosen.case(page, said)
    _record(home, chosen.id, said, text, {"what": "case", "case": page["id"]}, by, clock)
    return text


def written(home: Home, page: Mapping[str, Any], form: str) -> tuple[str, str]:
    """A case's page of facts in a form, for a bundle, whose own export is recorded: a file's name and its text."""
    chosen, said = _said(home, form, {})
    return f"{form}{chosen.suffix}", chosen.case(page, said)


def incident(home: Home, page: Mapping[str, Any]) -> Json:
    """A case as one OCSF document, for a message that carries it."""
    return OCSF.incident(page, _said(home, "ocsf", {})[1])


def facts(home: Home, ident: str) -> Json:
    """A case's page of facts. Raises InputError when there is no such case."""
    return dict(cases.facts(home, ident))


def namespace(home: Home) -> uuid.UUID:
    """The home's own name space for identifiers: from its key, so that no other home has it and nobody learns the key from it."""
    return uuid.UUID(bytes=home.key.derived("namespace", 16), version=4)


def _said(home: Home, form: str, switches: Mapping[str, str]) -> tuple[Form, Said]:
    shelf = forms.shelf()
    if form not in shelf:
        raise InputError(f"No form {form!r}. Forms: {', '.join(f'{i} ({f.title})' for i, f in shelf.items())}.")
    return shelf[form], Said(version=__version__, namespace=namespace(home), switches=shelf[form].chosen(switches))


def _record(home: Home, form: str, said: Said, text: str, about: Json, by: str | None, clock: Clock) -> None:
    data = text.encode()
    body = {
        **about,
        "did": f"exported as {form}",
        "as": form,
        "switches": dict(said.switches),
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    journal.record(home, KIND, body, by=by, clock=clock)
