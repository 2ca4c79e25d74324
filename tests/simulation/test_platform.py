"""The stage."""

from __future__ import annotations

import numpy as np
import pytest

from nilometer.simulation.days import Calendar
from nilometer.simulation.platform import PEOPLE_AT_SCALE_1, Platform, missed


@pytest.mark.parametrize("scale", [1e-6, 0.1, 1.0, 100.0])
def test_people_grow_with_scale_and_never_run_out(scale: float) -> None:
    total = Platform.of(seed=0, scale=scale, calendar=Calendar()).people.total
    assert total == max(200, round(PEOPLE_AT_SCALE_1 * scale))


def test_shares_are_uneven_and_add_up(platform: Platform) -> None:
    shares = platform.shares(1_000, 12)
    assert shares.sum() == pytest.approx(1_000 * platform.scale)
    assert (np.diff(shares) < 0).all()
    assert shares[0] > 10 * shares[-1]


def test_each_habit_and_day_has_its_own_randomness(platform: Platform) -> None:
    drawn = {(name, day): float(platform.rng(name, day).random()) for name in "ab" for day in (0, 1)}
    assert len(set(drawn.values())) == 4
    assert float(platform.rng("a", 0).random()) == drawn["a", 0]


def test_a_session_is_one_account_in_one_hour_at_one_address(platform: Platform) -> None:
    company = platform.directory.company(accounts=(2,), agent="a/1", ips=5)
    day = next(platform.calendar.each(0))
    seconds = np.linspace(0, 86_399, 5_000)
    credential = company.everyone[np.arange(5_000) % 2]
    rows = platform.partner_rows(day, seconds=seconds, person=np.arange(5_000), credential=credential, surface=0)
    sessions: dict[int, set[tuple[int, int, int]]] = {}
    for session, account, hour, ip in zip(rows.session, credential, seconds // 3600, rows.ip, strict=True):
        sessions.setdefault(int(session), set()).add((int(account), int(hour), int(ip)))
    assert len(sessions) == 48
    assert {len(of) for of in sessions.values()} == {1}


def test_misses_come_about_as_often_as_asked() -> None:
    status = missed(np.random.default_rng(0), 100_000, 0.02)
    assert set(np.unique(status).tolist()) == {200, 404}
    assert np.mean(status == 404) == pytest.approx(0.02, abs=0.002)
