"""Which of the open findings belong together, and into which case: a suggestion with its reason, never done by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

import numpy as np

from nilometer.app import casebook, detect, scope
from nilometer.app.assembly import Home
from nilometer.cases import history
from nilometer.cases.joining import Actor, Overlap, Tied, joins
from nilometer.disclosures import pseudonym
from nilometer.disclosures.actor import HIERARCHY
from nilometer.ledger import scope as scopes
from nilometer.ledger.scope import Scope

_MOST: Final = 40
"""Findings whose people are compared at most: each pair costs a comparison."""
_PEOPLE: Final = 5_000_000
"""People of one finding up to which they are compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggested:
    """`finding` belongs with `other` because; `case` is the one that holds `other`, None when none does yet."""

    finding: str
    other: str
    because: str
    case: str | None


def related(home: Home, *, people: bool = False) -> list[Suggested]:
    """What belongs together of the findings of the last `detect` and is not in one case yet; a finding of no case comes first in a pair.

    With `people`, those that share people are compared, too, which reads all that they were shown.
    """
    found = detect.kept(home)
    if len(found) < 2:
        return []
    cases = casebook.read(home)
    holder = {finding["id"]: history.holding(cases, finding["id"]) for finding in found}
    tied = [_tied(home, finding) for finding in found]
    said = []
    for one in joins(tied, _overlaps(home, found) if people else ()):
        mine, theirs = holder[one.one], holder[one.other]
        if mine is not None and theirs is not None:
            continue  # somebody put them where they are
        finding, other = (one.other, one.one) if theirs is None and mine is not None else (one.one, one.other)
        case = mine or theirs
        said.append(Suggested(finding=finding, other=other, because=one.because, case=None if case is None else case.id))
    return said


def _tied(home: Home, finding: dict[str, Any]) -> Tied:
    actors = frozenset((actor["level"], actor["id"]) for actor in finding["actors"])
    parents: set[Actor] = set()
    for level in HIERARCHY[1:]:
        keys = [pseudonym.one(home.key, level, ident) for of, ident in actors if of == level]
        above = [wider for wider in HIERARCHY[: HIERARCHY.index(level)] if wider in home.ledger.engine.levels()]
        if keys and above:
            whole = Scope(parts=(scopes.Part(nodes=tuple((level, key) for key in keys)),))
            rows = home.ledger.engine.query(f"SELECT DISTINCT {', '.join(above)} FROM {scopes.source(home.ledger, whole)}")
            for wider in above:
                parents |= {(wider, name) for name in home.ledger.names(wider, rows.column(wider).drop_null().to_pylist()).values()}
    return Tied(id=finding["id"], actors=actors, parents=frozenset(parents))


def _overlaps(home: Home, found: Sequence[dict[str, Any]]) -> Iterator[Overlap]:
    chosen = [finding for finding in found if finding["people"] <= _PEOPLE][:_MOST]
    everybody = home.ledger.subjects()
    sets = {}
    for finding in chosen:
        whole = Scope(parts=scope.parts(home, [finding]))
        held = [one.subject for one in scopes.people(home.ledger, whole)]
        sets[finding["id"]] = np.concatenate(held) if held else np.zeros(0, np.uint64)
    for (one, mine), (other, theirs) in combinations(sets.items(), 2):
        both = len(np.intersect1d(mine, theirs, assume_unique=True))
        yield Overlap(one=one, other=other, both=both, of_one=len(mine), of_other=len(theirs), everybody=everybody)
