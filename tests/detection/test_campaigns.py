"""Who belongs to a campaign: new accounts, those far above their usual, and siblings that share out the people."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nilometer.detection.campaigns import HELD, LEAST, MEMBERS, campaign_id, members, one_operator
from nilometer.detection.memory import Memory
from nilometer.detection.rows import Rows, by_day
from tests.detection.befores import memory
from tests.detection.table_answers import Row, table_of
from tests.detection.test_narrowing import day_of


def everybody(day: Rows) -> np.ndarray:  # type: ignore[type-arg]
    """All rows of a day."""
    return np.arange(len(day))


def old(accounts: list[int], people: float) -> Memory:
    """Accounts that have been there for long and were shown so many new people a day."""
    held = memory(0, len(accounts))
    counts = {name: np.full(values.shape, people, np.float32) for name, values in held.counts.items()}
    return replace(held, actors=np.array(accounts), first=np.full(len(accounts), 700), days=np.full(len(accounts), 60), counts=counts)


def test_new_accounts_that_hold_most_are_members_the_busiest_first() -> None:
    day = day_of(*((10 + n, {"app": 1, "account": 100 + n}) for n in range(3)), (3, {"app": 1, "account": 200}))
    assert members(day, everybody(day), ("app", 1), None) == (("account", 102), ("account", 101), ("account", 100))


def test_an_old_account_is_a_member_only_far_above_its_usual() -> None:
    day = day_of((30, {"app": 1, "account": 100}), (10, {"app": 1, "account": 101}))
    assert members(day, everybody(day), ("app", 1), old([100, 101], 5.0)) == (("account", 100),)
    assert members(day, everybody(day), ("app", 1), old([100, 101], 50.0)) == ()


def test_with_less_than_half_of_the_people_nobody_is_named() -> None:
    crowd = [(LEAST - 1, {"app": 1, "account": 200 + n}) for n in range(20)]
    few = day_of((LEAST + 5, {"app": 1, "account": 100}), *crowd)
    assert members(few, everybody(few), ("app", 1), None) == ()
    share = round(80 * HELD / (1 - HELD)) + 1
    enough = day_of((share, {"app": 1, "account": 100}), *crowd)
    assert members(enough, everybody(enough), ("app", 1), None) == (("account", 100),)


def test_accounts_are_named_rather_than_the_app_they_come_through_and_addresses_where_there_are_none() -> None:
    day = day_of((9, {"app": 1, "account": 100, "ip": 7}), (9, {"app": 1, "account": 101, "ip": 7}))
    assert set(members(day, everybody(day), ("surface", 5), None)) == {("account", 100), ("account", 101)}
    bare = day_of((9, {"ip": 7}), (8, {"ip": 8}))
    assert members(bare, everybody(bare), ("surface", 5), None) == (("ip", 7), ("ip", 8))


def test_only_so_many_are_named() -> None:
    day = day_of(*((LEAST, {"app": 1, "account": n}) for n in range(MEMBERS + 9)))
    assert len(members(day, everybody(day), ("app", 1), None)) == MEMBERS


def shown(*who: tuple[Row, range]) -> Rows:
    """A day at which each actor is shown these subjects."""
    [day] = by_day(
        table_of([{"subject": subject, **row, "t": n + int(row.get("t") or 0)} for row, own in who for n, subject in enumerate(own)])
    )
    return day


@pytest.mark.parametrize(("other", "expected"), [(range(100, 200), True), (range(95, 195), True), (range(50, 150), False)])
def test_siblings_act_as_one_when_they_share_out_the_people(other: range, expected: bool) -> None:
    day = shown(({"account": 1}, range(100)), ({"account": 2}, other))
    assert one_operator(day, ("account", 1), ("account", 2), siblings=True, until=2**62) == expected


@pytest.mark.parametrize(("address", "expected"), [(7, True), (8, False), (None, False)])
def test_strangers_act_as_one_when_they_come_from_the_same_addresses(address: int | None, expected: bool) -> None:
    day = shown(({"account": 1, "ip": 7}, range(10)), ({"account": 2, "ip": address}, range(10)))
    assert one_operator(day, ("account", 1), ("account", 2), siblings=False, until=2**62) == expected


@pytest.mark.parametrize("siblings", [True, False])
def test_what_two_do_later_that_day_says_nothing_yet(siblings: bool) -> None:
    day = shown(({"account": 1, "ip": 7}, range(10)), ({"account": 2, "ip": 7 if siblings else 8}, range(20, 30)))
    later = shown(
        ({"account": 1, "ip": 7}, range(10)),
        ({"account": 2, "ip": 7 if siblings else 8}, range(20, 30)),
        ({"account": 2, "ip": 7, "t": 50}, range(10)),
    )
    for moment in (9, 49, 2**62):
        expected = one_operator(later, ("account", 1), ("account", 2), siblings, moment)
        assert expected == (siblings if moment < 50 else not siblings)
        if moment < 50:
            assert expected == one_operator(day, ("account", 1), ("account", 2), siblings, moment)


def test_a_campaign_has_one_id_in_every_run() -> None:
    assert campaign_id("account\x1fa", 0) == campaign_id("account\x1fa", 0)
    assert len({campaign_id(name, number) for name in ("a", "b", "\ud800") for number in range(3)}) == 9
    assert campaign_id("a", 0).startswith("C-")
