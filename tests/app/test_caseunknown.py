"""What is not known is said, with bounds: silent hours, unreadable lines, broken ends, rows that name nobody, where people live."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import nilometer as nm
from nilometer.app import cases, detect
from tests.app.test_reveal import found
from tests.cli.running import lines, row

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def unknown(folder: Path, content: bytes, finding: dict[str, Any]) -> list[dict[str, Any]]:
    (folder / "rows.ndjson").write_bytes(content)
    with nm.open(folder / "home") as home:
        home.ingest(folder / "rows.ndjson")
        detect._keep(home.home, [finding])
        return cases.facts(home.home, cases.opened(home.home, [finding["id"]]).id)["unknown"]  # type: ignore[no-any-return]


def at(hour: int, minute: int) -> str:
    return (BEGIN + timedelta(hours=hour, minutes=minute)).isoformat().replace("+00:00", "Z")


def test_an_outage_of_the_logs_is_said_with_its_hours_and_a_bound(tmp_path: Path) -> None:
    hours = [hour for hour in range(14 * 24) if hour not in range(150, 153)]
    rows = [row(h * 60 + m, time=at(h, m), subject=f"p{h}-{m}", app="leak" if m < 6 else "shop") for h in hours for m in range(0, 30, 2)]
    told = unknown(tmp_path, lines(rows), found("leak"))
    [gap] = [one for one in told if one["from"]]
    assert (gap["from"], gap["until"]) == (at(150, 0), at(153, 0))
    assert "any surface in 3 hours" in gap["what"]
    assert "Estimate: at most about 9 people" in gap["bound"]  # three an hour at any other time


def test_lines_that_cannot_be_read_are_said(tmp_path: Path) -> None:
    rows = lines([row(n, app="leak") for n in range(20)])
    told = unknown(tmp_path, rows + b'{"time": "yesterday", "subject": "x", "app": "leak"}\n' * 5 + b'{"time": "2026-01-', found("leak"))
    [lines_] = [one for one in told if "could not be read" in one["what"]]
    assert "6 log lines" in lines_["what"] or "5 log lines" in lines_["what"]
    assert "Estimate" in lines_["bound"]
    [torn] = [one for one in told if "breaks off" in one["what"]]
    assert torn["from"] is None


def test_rows_that_do_not_name_the_accused_level_bound_who_else_it_may_have_been(tmp_path: Path) -> None:
    named = [row(n, org="o", app="a", account="acc", subject=f"p{n}") for n in range(10)]
    maybe = [row(n, org="o", app="a", subject=f"q{n % 3}") for n in range(6)]
    others = [row(n, org="x", app="y", subject=f"z{n}") for n in range(8)]
    late = [row(n, org="o", app="a", account="acc", subject=f"p{n}") for n in range(10, 12)]
    told = unknown(tmp_path, lines([*named, *maybe, *others, *late]), found(actors=[{"level": "account", "id": "acc"}]))
    [one] = [one for one in told if "name no account" in one["what"]]
    assert "6 disclosures" in one["what"]
    assert "At most 3 people more" in one["bound"]


def test_a_clean_log_leaves_only_what_logs_never_say(tmp_path: Path) -> None:
    told = unknown(tmp_path, lines([row(n, app="leak") for n in range(20)]), found("leak"))
    assert [one["what"].split(" (")[0] for one in told] == ["Where these people live"]
    assert "At most 20" in told[0]["bound"]
