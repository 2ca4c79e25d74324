"""A day's rows in one order, whatever order they came in; references that fit; hours and midnights."""

from __future__ import annotations

import random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nilometer.detection.coding import NONE
from nilometer.detection.rows import DAY, DAY_ROWS, HOUR, KEYS, Rows, by_day
from tests.detection.table_answers import Row, table_of

key = st.sampled_from([None, None, 1, -2, 2**62])
rows = st.lists(
    st.fixed_dictionaries(
        {
            "t": st.sampled_from([0, 1, HOUR - 1, HOUR, DAY - 1, DAY, DAY + 1, 9 * DAY]),
            **dict.fromkeys(KEYS, key),
            "subject": st.integers(1, 4),
            "shown": st.booleans(),
            "step": st.sampled_from([0, 1, -1, 2]),
        }
    ),
    min_size=1,
    max_size=30,
)


def plain(day: Rows) -> list[Row]:
    """The rows of a day as dictionaries."""
    return [
        {
            "t": int(day.t[n]),
            **{name: None if day.keys[name][n] == NONE else int(day.keys[name][n]) for name in KEYS},
            "shown": bool(day.shown[n]),
            "step": int(day.step[n]),
        }
        for n in range(len(day))
    ]


@given(rows, st.randoms(use_true_random=False))
def test_every_row_is_in_its_day_once_and_in_the_same_order_whatever_order_they_came_in(drawn: list[Row], rng: random.Random) -> None:
    days = list(by_day(table_of(drawn)))
    assert [day.day for day in days] == sorted({row["t"] // DAY for row in drawn})
    found = [row for day in days for row in plain(day)]
    assert [row["t"] for row in found] == sorted(row["t"] for row in drawn)
    assert sorted(map(repr, found)) == sorted(repr({name: row[name] for name in DAY_ROWS.names}) for row in drawn)
    assert all(row["t"] // DAY == day.day for day in days for row in plain(day))
    turned = list(drawn)
    rng.shuffle(turned)
    assert [row for day in by_day(table_of(turned)) for row in plain(day)] == found


@given(rows)
def test_a_reference_fits_the_first_person_it_was_given_for_that_day(drawn: list[Row]) -> None:
    for day in by_day(table_of(drawn)):
        owner: dict[int, int] = {}
        expected = []
        for row in plain(day):
            if row["reference"] is not None:
                owner.setdefault(row["reference"], row["subject"])
            expected.append(row["reference"] is not None and owner[row["reference"]] == row["subject"])
        assert day.cited.tolist() == expected
        assert day.hour.tolist() == [row["t"] % DAY // HOUR for row in plain(day)]
        assert day.subject.tolist() == [row["subject"] for row in plain(day)]


def test_within_one_instant_references_come_first() -> None:
    both = table_of([{"t": 5, "subject": 1}, {"t": 5, "subject": 2, "reference": 9}])
    [day] = by_day(both)
    assert [row["reference"] for row in plain(day)] == [9, None]


def test_a_column_that_nobody_has_is_nowhere() -> None:
    [day] = by_day(table_of([{"t": 5, "subject": 1}, {"t": 6, "subject": 1}]))
    assert (day.keys["app"] == NONE).all()
    assert day.keys["app"].dtype == np.int64


def test_a_table_without_rows_has_no_days() -> None:
    assert list(by_day(table_of([]))) == []
