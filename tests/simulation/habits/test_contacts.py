"""Address books: the same person sends the same book again; made-up books count through the numbers."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nilometer.simulation.habits.contacts import FIRST_PHONE, HITS, AddressBooks, PhoneWalk, made_up, owners
from nilometer.simulation.people import People
from nilometer.simulation.rows import Rows
from tests.simulation.habits.stage import Stage

STAGE = Stage()
BOOKS = AddressBooks(name="books", platform=STAGE.platform, way=0, surface=STAGE.surface, agents=np.array([0, 1]), uploads=60.0)
WALK = PhoneWalk(
    name="walk",
    platform=STAGE.platform,
    way=0,
    surface=STAGE.surface,
    agents=np.array([0, 1]),
    accounts=5,
    first_day=4,
    asked=np.array([0, 2_000, 4_500]),
    proxies=200,
)


def days_of(habit: AddressBooks | PhoneWalk, numbers: range) -> Rows:
    batches = []
    for number in numbers:
        rows = habit.day(STAGE.days[number], STAGE.platform.rng(habit.name, number))
        batches.append(rows.renumbered(sessions=1_000 * number, requests=1_000 * number))
    return Rows.joined(batches)


@given(total=st.integers(10, 3_000), seed=st.integers(0, 2**40))
def test_everybody_has_one_number(total: int, seed: int) -> None:
    owner = owners(People(total=total, seed=seed), np.arange(round(total / HITS)))
    assert sorted(owner[owner < total].tolist()) == list(range(total))


def test_honest_books_are_of_the_size_and_mixture_asked_for() -> None:
    rows = days_of(BOOKS, range(20))
    _, sizes = np.unique(rows.request, return_counts=True)
    assert 40 <= sizes.min() < 60
    assert 230 < sizes.max() <= 250
    assert 0.42 < np.mean(~rows.shown()) < 0.48
    assert not np.isin(rows.subject[~rows.shown()], STAGE.platform.people.ids(np.arange(STAGE.platform.people.total))).any()


def test_who_sends_the_book_again_sends_the_same_book() -> None:
    rows = days_of(BOOKS, range(40))
    first: dict[int, list[int]] = {}
    again = 0
    for request in np.unique(rows.request):
        holder, book = int(rows.holder[rows.request == request][0]), rows.subject[rows.request == request].tolist()
        again += holder in first
        assert first.setdefault(holder, book) == book
    assert again > 100


def test_made_up_books_count_upwards_through_other_proxies() -> None:
    rows = days_of(WALK, range(10))
    assert len(rows) == 4_500
    people = STAGE.platform.people
    number = np.where(rows.shown(), 0, rows.subject - FIRST_PHONE)
    missing = np.flatnonzero(~rows.shown())
    assert np.array_equal(number[missing], missing), "every number in turn, those of members shown as the member"
    assert np.isin(rows.subject[rows.shown()], people.ids(np.arange(people.total))).all()
    assert 0.27 < rows.shown().mean() < 0.33
    _, sizes = np.unique(rows.request, return_counts=True)
    assert sizes.max() <= 120
    assert len(np.unique(rows.ip)) > 20
    assert set(rows.holder.tolist()) == set(WALK.names(np.arange(5)).tolist())


def test_made_up_accounts_are_nobodys_and_all_different() -> None:
    names = made_up(STAGE.platform, "m", np.arange(5_000))
    assert len(np.unique(names)) == 5_000
    assert not np.isin(names, STAGE.platform.people.ids(np.arange(STAGE.platform.people.total))).any()
