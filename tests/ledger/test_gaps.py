"""Gaps: an outage is seen where traffic is steady, with its hours; nights, weekends, sparse and young surfaces are none."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nilometer.ledger import gaps
from nilometer.ledger.scope import Part, Scope
from tests.ledger.stored import BEGIN, Row, ledger

WEEK = 168
Ints = npt.NDArray[np.int64]


def traffic(weeks: int, hourly: float, seed: int = 0, office: bool = False) -> Ints:
    """Disclosures an hour; in an office only on weekdays from 8 to 18."""
    hours = np.arange(weeks * WEEK)
    open_ = (hours % 24 >= 8) & (hours % 24 < 18) & (hours // 24 % 7 < 5) if office else np.ones(len(hours), bool)
    return np.where(open_, np.random.default_rng(seed).poisson(hourly, len(hours)), 0)


def seen(n: Ints, first: int = 438_000) -> list[gaps.Gap]:
    at = np.flatnonzero(n)
    return gaps.silent(None, at + first, n[at] - n[at] // 2, n[at] // 2, n[at])


@given(seed=st.integers(0, 10**6), weeks=st.sampled_from([1, 3, 6, 12]), hourly=st.sampled_from([0.05, 1.0, 30.0]), office=st.booleans())
def test_traffic_without_an_outage_has_no_gap(seed: int, weeks: int, hourly: float, office: bool) -> None:
    if office and weeks < 5:
        return  # in less than five weeks only the hours of the day are compared: a weekend may look like a gap
    assert seen(traffic(weeks, hourly, seed, office)) == []


@given(seed=st.integers(0, 10**6), begin=st.integers(WEEK, 8 * WEEK), length=st.integers(2, 100))
def test_an_outage_is_a_gap_of_just_its_hours(seed: int, begin: int, length: int) -> None:
    n = traffic(10, 30.0, seed) + 1
    n[begin : begin + length] = 0
    [gap] = seen(n)
    assert (gap.begin // gaps.HOUR - 438_000, (gap.end - gap.begin) // gaps.HOUR) == (begin, length)
    near = -(-length // WEEK)
    shifts = [sign * s * WEEK for sign in (1, -1) for s in range(near, near + 4)]
    around = [n[begin + s : begin + length + s] for s in shifts if begin + s >= 0 and begin + length + s <= len(n)]
    assert gap.most == max(int((one // 2).sum()) for one in around)
    assert gap.usual == int(np.median([int((one - one // 2).sum()) for one in around]))


def test_whom_the_case_accuses_say_nothing_of_whether_the_logs_are_whole() -> None:
    n = traffic(10, 30.0)
    n[5 * WEEK : 5 * WEEK + 10] = 0
    few = np.minimum(n, (np.arange(len(n)) % 40 == 0).astype(np.int64))  # hardly anybody else reads there
    at = np.flatnonzero(n)
    assert gaps.silent(None, at, few[at], n[at] - few[at], n[at]) == []


def test_a_surface_that_becomes_busy_had_no_gaps_before() -> None:
    n = traffic(10, 30.0)
    n[: 5 * WEEK] = traffic(5, 0.02, 3)
    assert seen(n) == []


def test_an_outage_in_office_hours_is_seen_and_one_at_night_cannot_be() -> None:
    n = traffic(10, 30.0, office=True)
    n[3 * WEEK + 9 : 3 * WEEK + 12] = 0
    assert [(gap.end - gap.begin) // gaps.HOUR for gap in seen(n)] == [3]
    n = traffic(10, 30.0, office=True)
    n[3 * WEEK : 3 * WEEK + 6] = 0
    assert seen(n) == []


def _rows(hours: range, surface: int, app: int, without: range) -> list[Row]:
    nothing = dict.fromkeys(("org", "account", "session", "ip", "user_agent", "fields", "reference", "request", "block"))
    from datetime import timedelta

    return [
        {**nothing, "time": BEGIN + timedelta(hours=hour, minutes=n), "subject": hour * 50 + n, "app": app, "surface": surface, "status": 200, "shown": True, "step": 0}
        for hour in hours
        if hour not in without
        for n in range(12)
    ]  # fmt: skip


@pytest.mark.parametrize("both", [True, False])
def test_a_gap_of_one_surface_is_told_from_one_of_all(both: bool) -> None:
    outage = range(100, 104)
    hours = range(10 * 24)
    calm = outage if both else range(0)
    given = [(21, 7, outage), (-22, 7, calm), (99, 5, calm)]
    made = [row for surface, app, without in given for who in (app, 5) for row in _rows(hours, surface, who, without)]
    whole = Scope(parts=(Part(nodes=(("app", 7),)),))
    begin = int(BEGIN.timestamp()) * 1_000_000
    with ledger([made]) as held:
        [gap] = gaps.gaps(held, whole, begin, begin + len(hours) * gaps.HOUR)
    assert gap.surface == (None if both else 21)
    assert ((gap.begin - begin) // gaps.HOUR, (gap.end - begin) // gaps.HOUR) == (100, 104)
    assert gap.most == (96 if both else 48)


def test_nothing_shown_has_no_gaps() -> None:
    with ledger([]) as held:
        assert gaps.gaps(held, Scope(parts=(Part(nodes=(("app", 7),)),)), 0, 10**15) == []
