"""The flow, on one page: logs become disclosures, disclosures a ledger, the ledger findings, findings a report.

Read this first. Each step is one use case in this room; what a step does is in the room it names.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from nilometer.app import assembly, detect, people, tables
from nilometer.app import ingest as ingesting
from nilometer.app import match as matching
from nilometer.app.assembly import Home
from nilometer.app.ingest import Counted, Summary, Told
from nilometer.app.report import gather, page
from nilometer.errors import InputError
from nilometer.findings.finding import Finding
from nilometer.sources import mapping as mappings
from nilometer.sources.mapping import Mapping


def _nothing(*_: object) -> None:
    pass


@dataclass(slots=True)
class Nilometer:
    """An open home, and everything one can do with it. Use as a context manager, or `close` it."""

    home: Home

    # sources -> disclosures -> ledger
    def ingest(
        self,
        what: object,
        *,
        mapping: Mapping | str | os.PathLike[str] | None = None,
        form: str | None = None,
        tell: Told = _nothing,
        progress: Counted = _nothing,
    ) -> Summary:
        """Reads paths, globs, folders, or tables (Arrow, Polars, pandas, DuckDB relations) into the ledger, each once.

        Raises InputError or ConfigError with one clear message; what was acknowledged before stays.
        """
        chosen = mapping if isinstance(mapping, Mapping) else mappings.load(Path(mapping)) if mapping is not None else mappings.EMPTY
        if isinstance(what, str | os.PathLike):
            names: Sequence[str] = [os.fspath(what)]
        elif isinstance(what, Sequence) and all(isinstance(w, str | os.PathLike) for w in what):
            names = [os.fspath(w) for w in what]
        else:
            with tables.as_file(what, self.home.ledger.scratch()) as path, ingesting.through(mapping):
                return ingesting.ingest(self.home, [path], mapping=chosen, form=form, tell=tell, progress=progress)
        if not names:
            raise InputError("Nothing to ingest: name files, folders, globs or - for standard input.")
        with ingesting.through(mapping):
            return ingesting.ingest(self.home, names, mapping=chosen, form=form, tell=tell, progress=progress)

    # ledger -> detection -> findings
    def detect(
        self,
        as_of: datetime | None = None,
        progress: Counted = _nothing,
        tell: Callable[[str], None] = _nothing,
        seen: Callable[[list[Finding]], None] = _nothing,
    ) -> list[Finding]:
        """All open findings as they stood at `as_of` (None: now), oldest first; looks only at days it has not looked at yet.

        They are sealed and kept, and given to `seen` before that: so they are known even when EvidenceError or EngineError is raised.
        """
        return detect.detect(self.home, as_of, progress, tell, seen)

    def findings(self) -> list[dict[str, Any]]:
        """The findings of the last `detect`, as JSON."""
        return detect.kept(self.home)

    def finding(self, ident: str) -> dict[str, Any]:
        """One finding of the last `detect`. Raises InputError when there is none of this id."""
        return detect.kept_one(self.home, ident)

    # ledger -> pages
    def levels(self) -> list[str]:
        """The actor levels that the ledger knows anything of, widest first."""
        return self.home.ledger.engine.levels()

    def actor(self, level: str, ident: str) -> dict[str, Any]:
        """One actor: whom it was shown, when, on which surfaces."""
        return people.actor(self.home, level, ident)

    def who(self, subject: str | int, progress: Counted = _nothing, *, by: str | None = None) -> dict[str, Any]:
        """One person: every actor that was shown their data. The look-up is recorded; the first one after an ingest folds.

        `by` names a kind of identity (`phone`, `email`) that `subject` is a value of.
        """
        return people.who(self.home, str(subject), by=by, progress=progress)

    # dumps -> who made them
    def match(self, *names: str | os.PathLike[str], **more: Any) -> dict[str, Any]:
        """Which actors could have made a dump: `app.match.match` says what may be given. The verdict is recorded."""
        return matching.match(self.home, [os.fspath(name) for name in names], **more)

    def reach(self, level: str = "app") -> tables.View:
        """Distinct people each actor of a level was ever shown."""
        return tables.view(self.home, "reach", level)

    def view(self, name: str, level: str = "app") -> tables.View:
        """Any view of the ledger (`ledger.views.VIEWS`) with names for pseudonyms."""
        return tables.view(self.home, name, level)

    # findings -> report
    def report(self, headline: Sequence[str] = (), found: list[Finding] | None = None) -> str:
        """One self-contained HTML page over everything the home holds; detection runs unless its findings are given."""
        return page.render(gather.gather(self.home, self.detect() if found is None else found, headline=headline))

    def close(self) -> None:
        """Lets go of the engine; an in-memory home is gone."""
        self.home.close()

    def __enter__(self) -> Nilometer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open(home: str | os.PathLike[str] | None = None) -> Nilometer:
    """Opens a home (made with defaults when there is none), or with `":memory:"` one that is gone when closed."""
    if home == ":memory:":
        return Nilometer(assembly.temporary_home())
    return Nilometer(assembly.open_home(assembly.chosen(home)))
