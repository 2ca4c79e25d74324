"""What belongs together is suggested with its reason, from real rows: the same parent, or the same people."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nilometer as nm
from nilometer.app import cases, detect, related
from tests.app.test_reveal import found
from tests.cli.running import lines, row

ONE, TWO, THREE = "F-2026-00000001", "F-2026-00000002", "F-2026-00000003"


def finding(ident: str, account: str) -> dict[str, Any]:
    return found(id=ident, actors=[{"level": "account", "id": account}])


def test_siblings_and_those_with_the_same_people_are_suggested_until_they_are_in_a_case(tmp_path: Path) -> None:
    rows = [row(n, subject=f"p{n}", org="o", account=account) for n, account in enumerate(("a", "b") * 30)]
    rows += [row(n, subject=f"p{n}", org="far", account="c") for n in range(0, 60, 2)]
    rows += [row(n, subject=f"other{n}", org="crowd", account="d") for n in range(400)]
    (tmp_path / "rows.ndjson").write_bytes(lines([{**one, "app": None} for one in rows]))
    with nm.open(tmp_path / "home") as home:
        home.ingest(tmp_path / "rows.ndjson")
        detect._keep(home.home, [finding(ONE, "a"), finding(TWO, "b"), finding(THREE, "c")])
        [one] = related.related(home.home)
        assert (one.finding, one.other, one.case) == (ONE, TWO, None)
        assert one.because == "all are within org o"
        made = cases.opened(home.home, [ONE])
        both = related.related(home.home, people=True)
        assert {(one.finding, one.other, one.case) for one in both} == {(TWO, ONE, made.id), (THREE, ONE, made.id)}
        assert any("30 people in common" in one.because for one in both)
        cases.joined(home.home, made.id, [TWO, THREE])
        assert related.related(home.home, people=True) == []


def test_one_finding_belongs_with_nothing(tmp_path: Path) -> None:
    with nm.open(tmp_path / "home") as home:
        assert related.related(home.home) == []
        detect._keep(home.home, [finding(ONE, "a")])
        assert related.related(home.home, people=True) == []
