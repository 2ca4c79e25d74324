"""Counting by the day agrees with a slow recount."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nilometer.app.evaluate import daily
from nilometer.app.evaluate.columns import DAY
from tests.app.evaluate.made import cols, row

HOUR = 3600
ROWS = st.lists(
    st.tuples(st.integers(0, 90), st.integers(0, 4), st.sampled_from(["a1", "a2", None]), st.sampled_from([200, 404])), max_size=40
)


@given(ROWS)
def test_people_of_a_day_are_those_of_a_recount(given_rows: list[tuple[int, int, str | None, int]]) -> None:
    found = cols([row(0, "x", account="other"), *(row(h * HOUR, s, account=a, status=status) for h, s, a, status in given_rows)])
    shown = daily.people(found, "account")
    names = found.named["account"].texts(shown.actor)
    counted = {(name, int(day) - int(shown.day.min())): int(total) for name, day, total in zip(names, shown.day, shown.total, strict=True)}
    slow: dict[tuple[str, int], set[object]] = {("other", 0): {"x"}}
    for hour, subject, account, status in given_rows:
        if account is not None and status == 200:
            slow.setdefault((account, hour // 24), set()).add(subject)
    assert counted == {key: len(people) for key, people in slow.items()}


@given(ROWS, st.integers(0, 4))
def test_a_line_is_crossed_at_the_person_that_is_one_too_many(given_rows: list[tuple[int, int, str | None, int]], limit: int) -> None:
    found = cols([row(0, "x", account="a1"), *(row(h * HOUR, s, account=a, status=status) for h, s, a, status in given_rows)])
    shown = daily.people(found, "account")
    alarms = shown.crossing("account", np.full(len(shown.total), limit))
    assert len(alarms) == np.count_nonzero(shown.total > limit)
    for actor, time in zip(alarms.actor, alarms.time, strict=True):
        theirs = (found.actors("account") == actor) & found.shown & (found.time // DAY == time // DAY)
        assert len(set(found.subject[theirs & (found.time <= time)].tolist())) > limit
        assert len(set(found.subject[theirs & (found.time < time)].tolist())) <= limit


def test_requests_count_everything_that_was_asked() -> None:
    found = cols([row(1, "a"), row(2, "a", status=404), row(3, "a", account=None), row(24 * HOUR, "b")])
    assert daily.requests(found, "account").total.tolist() == [2, 1]


def test_the_line_is_the_own_past_and_never_the_day_itself() -> None:
    days = [*[10, 12] * 5, 500, 11]
    rows = [row(day * 24 * HOUR + n, f"{day}-{n}") for day, count in enumerate(days) for n in range(count)]
    lines = daily.of_past(daily.people(cols(rows), "account"), days=30, least=7, z=3.0)
    assert (lines[:7] > 1_000_000).all(), "seven days are learnt before anything is said"
    assert lines[10] == 14, "mean 11, deviation 1, three of them"
    assert lines[11] > 400, "and then the burst is part of the past"
    assert daily.of_past(daily.people(cols(rows), "account"), days=3, least=3, z=3.0)[3] == 13, "of three days: 10, 12, 10"


def test_days_of_another_actor_and_older_ones_are_not_the_past() -> None:
    rows = [row(day * 24 * HOUR + n, f"{day}-{n}", account=who) for who in ("a1", "a2") for day in (0, 1, 31, 62) for n in range(5)]
    lines = daily.of_past(daily.people(cols(rows), "account"), days=30, least=1, z=0.0)
    none = lines.max()
    assert lines.tolist() == [none, 5, 5, none] * 2
