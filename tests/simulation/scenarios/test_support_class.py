"""A class of new agents: two days of samples, two weeks of learning."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation.played import Played
from tests.simulation.staged import by_day, staged


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    yield from staged("support_class", tmp_path_factory, scale=0.4)


FIRST, SIZE = 5, 3
"""The desk has six agents at this size (never fewer), the class three."""
CLASS = "account IN ('agent-0006', 'agent-0007', 'agent-0008')"
EACH = 8 * 0.4 / SIZE
"""An agent of the class has so much of an agent's work at scale 1."""


def test_the_class_starts_together_at_an_existing_desk(played: Played) -> None:
    starts = played.rows(f"SELECT account, min(day) - (SELECT min(day) FROM d) FROM d WHERE {CLASS} GROUP BY account ORDER BY account")
    assert starts == [(f"agent-{n:04}", 60) for n in (6, 7, 8)]
    assert played.one("SELECT count(DISTINCT account) FROM d WHERE app = 'support-desk' AND day < '2019-10-01'") == FIRST + 1


def test_on_two_days_each_sees_forty_people_without_a_ticket_and_never_again(played: Played) -> None:
    days = by_day(played, f"{CLASS} AND reference IS NULL")
    assert sorted(days) == [60, 61]
    assert all(people == pytest.approx(40 * EACH * SIZE, rel=0.25) for people, _ in days.values())
    assert played.one("SELECT count(*) FROM d WHERE app = 'support-desk' AND reference IS NULL AND NOT " + CLASS) == 0


def test_tickets_grow_from_three_to_twelve(played: Played) -> None:
    counted = f"SELECT day - (SELECT min(day) FROM d), count(DISTINCT (account, reference)) FROM d WHERE {CLASS} AND reference IS NOT NULL"
    tickets: dict[int, int] = dict(played.rows(f"{counted} GROUP BY day"))
    early = sum(tickets.get(number, 0) for number in range(60, 63)) / 3
    late = sum(tickets.get(number, 0) for number in range(80, 110)) / 30
    assert early < 6 * EACH * SIZE
    assert 12 * 5 / 7 * EACH * SIZE * 0.7 < late < 12 * EACH * SIZE * 1.2


def test_a_ticket_belongs_to_one_person_also_at_the_common_desk(played: Played) -> None:
    most = played.one(
        "SELECT max(n) FROM (SELECT count(DISTINCT subject) AS n FROM d WHERE app = 'support-desk' AND reference IS NOT NULL GROUP BY reference)"
    )
    assert most == 1


def test_in_the_end_they_look_like_their_colleagues(played: Played) -> None:
    both = played.rows(
        f"""SELECT {CLASS} AS learner, count(DISTINCT subject) / count(DISTINCT account) FROM shown
        WHERE app = 'support-desk' AND day >= '2019-12-10' GROUP BY 1 ORDER BY 1"""
    )
    others, learners = (people for _, people in both)
    assert 0.5 < learners / others < 2.0
