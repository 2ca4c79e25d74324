"""New accounts beyond the usual newcomers: told by how many like them sign up on other days, not by being new."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nilometer.detection import campaigns, newcomers
from nilometer.detection.coding import Ints
from nilometer.detection.memory import Memory
from nilometer.detection.rows import Rows, by_day
from tests.detection.befores import TODAY, memory
from tests.detection.table_answers import Row, table_of

DAY_US = 86_400_000_000
END = (TODAY + 1) * DAY_US


def signed_up(each: int, people: tuple[int, int], share: float, seed: int = 1, slope: float = 0.0) -> Memory:
    """`each` new accounts on each of 40 days, shown so many people, of whom a share (that fell by `slope` a day) was cold."""
    rng = np.random.default_rng(seed)
    first = np.repeat(np.arange(TODAY - 40, TODAY), each)
    held = memory(0, len(first))
    shown = rng.integers(*people, len(first))
    cold = rng.binomial(shown, np.clip(share + slope * (TODAY - first), 0, 1))
    counts = {name: np.zeros(values.shape, np.float32) for name, values in held.counts.items()}
    counts["people"][:, 0], counts["cold"][:, 0] = shown, cold
    place = np.zeros_like(held.place)
    place[:, 0] = first
    order = rng.permutation(len(first))  # keys say nothing about dates
    held = replace(
        held, actors=np.arange(10**6, 10**6 + len(first)), first=first[order], last=first[order], days=np.ones(len(first), np.int64)
    )
    return replace(held, place=place[order], counts={name: values[order] for name, values in counts.items()})


def today(groups: dict[int, tuple[int, int, float]], seed: int = 2) -> tuple[Rows, Ints]:
    """The rows of a day on which `many` new accounts from a key on are shown `people`, of whom a share is cold; and the cold ones."""
    rng = np.random.default_rng(seed)
    rows: list[Row] = []
    cold: list[bool] = []
    for key, (many, people, share) in groups.items():
        for account in range(key, key + many):
            for _ in range(people):
                rows.append({"t": TODAY * DAY_US + len(rows), "account": account, "surface": 5, "subject": len(rows)})
                cold.append(bool(rng.random() < share))
    return next(by_day(table_of(rows))), np.flatnonzero(cold)


USUAL = signed_up(20, (20, 40), 0.5)


def test_usual_newcomers_are_not_named() -> None:
    rows, at = today({100: (20, 30, 0.5)})
    keys, cold, sure = newcomers.unusual(rows, at, END, USUAL, TODAY - 4)
    assert len(keys) == 20
    assert cold.sum() == len(at)
    assert sure.max() < campaigns.SURE
    assert campaigns.newcomers_of(rows, at, END, USUAL, TODAY - 4) == ()


def test_of_many_more_than_usual_most_are_named() -> None:
    rows, at = today({100: (20, 30, 0.5), 500: (300, 30, 0.5)})
    named = campaigns.newcomers_of(rows, at, END, USUAL, TODAY - 4)
    assert len(named) == campaigns.MEMBERS
    assert sum(key >= 500 for _, key in named) > 0.9 * len(named)


def test_those_that_read_whom_nobody_reads_are_told_from_those_that_do_not() -> None:
    rows, at = today({100: (20, 30, 0.5), 500: (30, 30, 0.85)})
    named = {key for _, key in campaigns.newcomers_of(rows, at, END, USUAL, TODAY - 4)}
    assert len(named & set(range(500, 530))) > 20
    assert len(named & set(range(100, 120))) <= 3


def test_a_share_that_falls_with_the_ledger_is_followed() -> None:
    ageing = signed_up(20, (20, 40), 0.5, slope=0.01)  # 0.9 forty days ago
    rows, at = today({100: (20, 30, 0.5), 500: (30, 30, 0.85)})
    named = {key for _, key in campaigns.newcomers_of(rows, at, END, ageing, TODAY - 4)}
    assert len(named & set(range(500, 530))) > 20
    assert len(named & set(range(100, 120))) <= 3


def test_who_was_new_since_suspicion_began_is_no_yardstick() -> None:
    mill = signed_up(300, (20, 40), 0.5)
    late = replace(mill, first=np.where(mill.first < TODAY - 10, 0, mill.first))
    rows, at = today({500: (300, 30, 0.5)})
    assert newcomers.unusual(rows, at, END, late, TODAY - 10)[2].max() == 0.0, "nobody to compare with: nobody is sure"
    assert campaigns.newcomers_of(rows, at, END, mill, TODAY - 4) == (), "three hundred a day are usual here"


def test_what_an_account_does_later_that_day_says_nothing_yet() -> None:
    rows, at = today({100: (20, 30, 0.5), 500: (30, 30, 0.85)})
    cut = int(rows.t[len(rows) // 2])
    early = at[rows.t[at] <= cut]
    [part] = by_day(
        table_of(
            [
                {"t": int(t), "account": int(a), "surface": 5, "subject": int(s)}
                for t, a, s in zip(rows.t, rows.keys["account"], rows.subject, strict=True)
                if t <= cut
            ]
        )
    )
    then = np.flatnonzero(np.isin(part.subject, rows.subject[early]))
    for one, other in zip(
        newcomers.unusual(rows, early, cut, USUAL, TODAY - 4), newcomers.unusual(part, then, END, USUAL, TODAY - 4), strict=True
    ):
        assert one.tolist() == other.tolist()


def test_who_signed_up_days_ago_and_begins_today_is_new() -> None:
    rows, at = today({500: (30, 30, 0.85)})
    known = newcomers.unusual(rows, at, END, yesterdays(USUAL, np.arange(500, 530)), TODAY - 4)
    assert len(known[0]) == 30
    assert (known[2] >= campaigns.SURE).mean() > 0.5


def yesterdays(held: Memory, keys: Ints) -> Memory:
    """A memory that also knows accounts which were shown three people yesterday."""
    more = replace(memory(0, len(keys)), actors=keys, first=np.full(len(keys), TODAY - 1), days=np.ones(len(keys), np.int64))
    counts = {name: np.zeros(values.shape, np.float32) for name, values in more.counts.items()}
    counts["people"][:, 0] = 3
    more = replace(more, counts=counts)
    return held._with(more)


def test_old_accounts_are_no_newcomers() -> None:
    rows, at = today({100: (50, 30, 0.9)})
    known = replace(memory(0, 50), actors=np.arange(100, 150), first=np.full(50, TODAY - 300))
    assert len(newcomers.unusual(rows, at, END, known, TODAY - 4)[0]) == 0
    assert newcomers.unusual(rows, at, END, None, TODAY - 4)[2].tolist() == [0.0] * 50


@given(seed=st.integers(0, 2**32), many=st.integers(1, 30), people=st.integers(1, 30), share=st.floats(0, 1))
def test_sureness_is_a_share_whoever_comes(seed: int, many: int, people: int, share: float) -> None:
    rows, at = today({100: (many, people, share)}, seed)
    keys, cold, sure = newcomers.unusual(rows, at, END, memory(seed, 40), TODAY)
    assert len(keys) == len(cold) == len(sure)
    assert ((sure >= 0) & (sure <= 1)).all()


def test_more_than_can_be_compared_are_a_sample() -> None:
    busy = signed_up(200, (20, 40), 0.5)
    assert 200 * newcomers.WEEKS > newcomers.MOST
    rows, at = today({100: (200, 30, 0.5)})
    assert campaigns.newcomers_of(rows, at, END, busy, TODAY - 4) == ()
    rows, at = today({100: (200, 30, 0.5), 1_000: (100, 30, 0.85)})
    named = [key for _, key in campaigns.newcomers_of(rows, at, END, busy, TODAY - 4)]
    assert len(named) > 50
    assert sum(key >= 1_000 for key in named) > 0.8 * len(named)
