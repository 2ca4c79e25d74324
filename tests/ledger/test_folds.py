"""Folded exposures: the same answer unfolded, folded in pieces, merged, and after a fold was lost."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import Any

from hypothesis import given

from nilometer.disclosures.actor import HIERARCHY
from nilometer.ledger import folds
from nilometer.ledger.ledger import Ledger
from tests.ledger.stored import BEGIN, Row, few, fill, ledger, parts

KEYS = (*HIERARCHY, "ip", "user_agent", "surface", "fields", "shown")

Exposures = dict[tuple[Any, ...], tuple[Any, ...]]


def expected(rows: list[Row], subject: int) -> Exposures:
    found: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        if row["subject"] == subject:
            nobody = all(row[level] is None for level in HIERARCHY)
            found[tuple(row[k] if nobody or k not in ("ip", "user_agent") else None for k in KEYS)].append(row)
    return {key: (min(r["time"] for r in own), max(r["time"] for r in own), len(own)) for key, own in found.items()}


def asked(held: Ledger, subject: int) -> Exposures:
    """Exposures summed over files, as those who ask sum them."""
    found: Exposures = {}
    for row in folds.exposures(held, subject).to_pylist():
        assert row["subject"] == subject
        key = tuple(row[k] for k in KEYS)
        first, last, count = found.get(key, (row["first"], row["last"], 0))
        found[key] = (min(first, row["first"]), max(last, row["last"]), count + row["count"])
    return found


@few(15)
@given(commits=parts)
def test_folded_or_not_the_answer_is_the_same(commits: list[list[Row]]) -> None:
    rows = [r for commit in commits for r in commit]
    people = {r["subject"] for r in rows} | {424242}
    with ledger(commits) as held:
        assert {p: asked(held, p) for p in people} == {p: expected(rows, p) for p in people}
        folds.fold(held)
        assert folds.unfolded(held) == []
        assert {p: asked(held, p) for p in people} == {p: expected(rows, p) for p in people}
        generation = held.manifest.generation
        folds.fold(held)
        assert held.manifest.generation == generation


def one_row(number: int) -> Row:
    with_time = {"time": BEGIN + timedelta(seconds=number), "subject": number % 3, "app": 7, "status": 200, "shown": True, "step": 0}
    return {**dict.fromkeys((*KEYS, "reference", "request", "block")), **with_time}


def test_many_small_folds_are_merged_and_a_lost_one_is_made_anew() -> None:
    with ledger([]) as held:
        rows = []
        for number in range(20):
            rows.append(one_row(number))
            fill(held, [[rows[-1]]])
            folds.fold(held)
            assert len(held.manifest.folds) <= 17
        assert len(held.manifest.folds) < 20
        assert sorted(c for f in held.manifest.folds for c in f.covers) == sorted(s.file for s in held.manifest.segments)
        assert {p: asked(held, p) for p in range(3)} == {p: expected(rows, p) for p in range(3)}
        lost = max(held.manifest.folds, key=lambda f: f.rows)
        (held.folder / lost.file).unlink()
        assert [(fault.file, fault.derived) for fault in held.check()] == [(lost.file, True)]
        assert {p: asked(held, p) for p in range(3)} == {p: expected(rows, p) for p in range(3)}
        folds.fold(held)
        assert held.check() == []
        assert {p: asked(held, p) for p in range(3)} == {p: expected(rows, p) for p in range(3)}
