"""A shop window is not accused of what its visitors read; whoever reads many through few accounts is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from nilometer.detection.claims import Claim
from nilometer.detection.crowds import without_crowds
from nilometer.detection.detector import CROWDS, Line
from nilometer.findings.reason import Reason

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def claim(level: str, actor: int) -> Claim:
    reason = Reason(detector="novelty", fact="new", says="so", measured=1.0, usual=0.0)
    line = Line(
        actor=actor,
        measure="new",
        limit=10,
        since=NOON - timedelta(hours=1),
        before=NOON + timedelta(hours=1),
        odds=10.0,
        reasons=(reason,),
    )
    return Claim(level=level, actor=actor, time=NOON, detector="novelty", line=line, count=10)


class Window:
    """Answers how many people went through how many accounts."""

    def __init__(self, people: int, accounts: int) -> None:
        self.people, self.accounts = people, accounts

    def crowds(self, level: str, wanted: pa.Table) -> pa.Table:
        rows = [{"actor": a, "time": NOON, "people": self.people, "accounts": self.accounts} for a in wanted["actor"].to_pylist()]
        return pa.Table.from_pylist(rows, schema=CROWDS)


@pytest.mark.parametrize(
    ("people", "accounts", "stays"),
    [
        (3000, 2500, False),
        (3000, 1000, False),
        (3000, 999, True),
        (3000, 3, True),
        (3000, 1, True),
        (2, 1, True),
        (3000, 0, True),
        (24, 24, True),
        (25, 25, False),
    ],
)
def test_as_many_accounts_as_people_are_a_crowd(people: int, accounts: int, stays: bool) -> None:
    for level in ("org", "app"):
        assert bool(without_crowds(Window(people, accounts), [claim(level, 7)])) is stays  # type: ignore[arg-type]


def test_an_account_is_never_a_crowd() -> None:
    kept = [claim("account", 7), claim("ip", 8), claim("session", 9)]
    assert without_crowds(Window(3000, 2500), kept) == kept  # type: ignore[arg-type]
