"""The shelf of baselines: each says why it cannot run, and rings in order of time."""

from __future__ import annotations

import numpy as np
import pytest

from nilometer.app.evaluate.baseline import SHELF, alarms_of, shelf
from nilometer.shelves import modules
from tests.app.evaluate.made import cols, row

ALL = shelf()


def test_every_baseline_of_the_brief_is_there() -> None:
    assert set(ALL) == {
        "akto", "crowdsec", "elastic", "isolation_forest", "people_a_day", "purview", "salesforce", "zscore_people", "zscore_requests",
    }  # fmt: skip


@pytest.mark.parametrize("ident", ALL)
def test_each_cites_where_its_rule_is_from_and_sweeps_its_usual_setting(ident: str) -> None:
    one = ALL[ident]
    said = modules(SHELF)[ident].__doc__ or ""
    assert "peers.md" in said
    assert set(one.usual) <= set(one.sweep)
    assert len(one.sweep) > 3


def test_what_a_table_lacks_is_said() -> None:
    bare = cols([row(1, "a", org=None, app=None, account=None, session=None, ip="10.0.0.1")])
    assert ALL["people_a_day"].why_not(bare) == "the table has no org and no app and no account"
    assert ALL["salesforce"].why_not(bare) == "the table has no request"
    assert ALL["akto"].why_not(bare) is None


@pytest.mark.parametrize("ident", ALL)
def test_nothing_and_nobody_rings(ident: str) -> None:
    empty = cols([row(n, n, request="r", status=404) for n in range(3)])
    for level in ALL[ident].levels:
        found = ALL[ident].rule(empty, level, ALL[ident].sweep)
        assert set(found) == set(ALL[ident].sweep)
        assert all(len(alarms) == 0 for alarms in found.values())


def test_alarms_are_in_order_of_time() -> None:
    alarms = alarms_of("app", np.array([3, 1, 2]), np.array([9, 9, 4]))
    assert (alarms.actor.tolist(), alarms.time.tolist()) == ([2, 1, 3], [4, 9, 9])
