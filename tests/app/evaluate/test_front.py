"""Nilometer as a method: its findings as claims, columns left out for it too, and its own sweep where it has one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq

from nilometer.app.evaluate import front
from nilometer.disclosures.actor import Actor
from nilometer.findings.finding import Finding
from nilometer.findings.reason import Reason
from tests.app.evaluate.made import folder, row


def test_a_finding_becomes_a_claim() -> None:
    at = datetime(2026, 1, 1, 0, 0, 1, 250_000, tzinfo=UTC)
    reasons = tuple(Reason(detector=name, fact="people", says="so", measured=1.0, usual=0.0) for name in ("novelty", "reach"))
    finding = Finding(
        id="F-1", actors=(Actor(level="campaign", id="C-1"), Actor(level="app", id="p1")), title="t", severity="low", confidence=0.5,
        first_seen=at, detected_at=at, last_seen=at, people=1, people_at_detection=1, disclosures=1, fields=(), surfaces=("read",),
        odds=1.0, reasons=reasons, looks_like="x", action="y", named_at=(at, at + timedelta(seconds=1)),
    )  # fmt: skip
    claim = front.claim(finding)
    assert claim.actors == (("campaign", "C-1"), ("app", "p1"))
    assert claim.time == 1_767_225_601_250_000
    assert claim.named_at == (claim.time, claim.time + 1_000_000)
    assert claim.by == "F-1 novelty"


def test_columns_left_out_are_gone_and_the_rest_is_as_it_was(tmp_path: Path) -> None:
    table = folder(tmp_path / "x", [row(n, n) for n in range(5)]) / "disclosures.parquet"
    assert front.reduced(table, (), tmp_path) == table
    assert front.reduced(table, ("reference",), tmp_path) == table, "there is none"
    less = pq.read_table(front.reduced(table, ("account", "ip"), tmp_path))
    whole = pq.read_table(table)
    assert less.equals(whole.drop_columns(["account", "ip"]))


def test_it_runs_through_the_front_door_once_for_each_setting_it_has(tmp_path: Path) -> None:
    place = folder(tmp_path / "x", [row(n * 3600, n) for n in range(60)])
    told: list[tuple[int, int]] = []
    runs = front.run(place / "disclosures.parquet", context=None, sweep=(3.0, 1.0), counted=lambda *done: told.append(done))
    usual = front.default()
    assert [run.usual for run in runs] == [True] + [False] * (len(runs) - 1)
    assert [run.setting for run in runs] == ([None] if usual is None else [usual, *(s for s in (3.0, 1.0) if s != usual)])
    assert all(run.claims == () for run in runs), "sixty people, one an hour, are nobody's leak"
    assert told
