"""Scoring, on claims whose verdict is clear."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nilometer.app.evaluate import score
from nilometer.app.evaluate.baseline import alarms_of
from nilometer.app.evaluate.columns import DAY, SECOND
from nilometer.app.evaluate.score import Claim
from nilometer.app.evaluate.truth import Innocent, Leak, Truth
from tests.app.evaluate.made import cols, row

LEAK = Leak(
    actors=frozenset({("account", "a1"), ("app", "p1")}),
    started=100,
    ended=190,
    first=np.arange(100, 200, 10),
    own=frozenset({("session", "s1")}),
)
OTHER = Leak(actors=frozenset({("surface", "list"), ("account", "b1")}), started=50, ended=60, first=np.array([50, 60]))
KIND = Innocent(actors=frozenset({("org", "o7"), ("account", "a7")}), why="honest")


def truth(*leaks: Leak) -> Truth:
    kind = "leak" if leaks else "lookalike"
    return Truth(folder=Path(), scenario="s", title="t", kind=kind, seed=0, scale=1.0, leaks=leaks, innocents=(KIND,))


def claim(level: str, ident: str, time: int, **more: Any) -> Claim:
    return Claim(actors=((level, ident),), time=time, by="F reach", **more)


@pytest.mark.parametrize(
    ("given_claim", "hit"),
    [
        (claim("account", "a1", 100), True),
        (claim("app", "p1", 500), True),
        (claim("session", "s1", 150), True),
        (claim("account", "a1", 99), False),
        (claim("account", "p1", 150), False),
        (claim("org", "o1", 150), False),
        (Claim(actors=(("campaign", "C-1"), ("account", "x"), ("account", "a1")), time=150, by="F"), True),
    ],
)
def test_a_hit_names_an_actor_of_the_leak_and_comes_not_before_it(given_claim: Claim, hit: bool) -> None:
    assert (score.hit_at(LEAK, given_claim) is not None) is hit


def test_a_campaign_that_is_named_after_the_surface_is_right_about_it() -> None:
    named = Claim(actors=(("campaign", "C-1"), ("surface", "list"), ("ip", "9")), time=55, by="F")
    assert score.hit_at(OTHER, named) == 55
    assert score.hit_at(LEAK, Claim(actors=named.actors, time=155, by="F")) is None


def test_a_campaign_of_innocents_on_the_leaks_surface_is_wrong() -> None:
    found = score.score(truth(OTHER), [Claim(actors=(("campaign", "C-1"), ("account", "a7"), ("account", "x")), time=55, by="F")])
    assert found.leaks[0].claim is None
    assert (len(found.false), found.accused, found.members) == (1, (True,), 0)


def test_bystanders_of_a_right_claim_are_counted_and_innocents_among_them_accused() -> None:
    right = Claim(actors=(("campaign", "C-1"), ("account", "a1"), ("session", "s1"), ("account", "x"), ("account", "a7")), time=150, by="F")
    found = score.score(truth(LEAK), [right])
    assert (found.false, found.members, found.beside, found.accused) == ((), 4, 2, (True,))


def test_a_member_counts_from_when_it_was_named() -> None:
    actors = (("campaign", "C-1"), ("account", "x"), ("account", "a1"), ("app", "p1"))
    late = Claim(actors=actors, time=110, by="F", named_at=(110, 110, 160, 140))
    assert score.hit_at(LEAK, late) == 140
    first, _ = score.score(truth(LEAK, OTHER), [late]).leaks
    assert (first.time, first.seconds) == (140, pytest.approx(40 / SECOND))
    sooner = score.score(truth(LEAK, OTHER), [late, claim("account", "a1", 130)]).leaks[0]
    assert sooner.time == 130


def test_the_first_hit_counts_and_people_are_counted_up_to_it() -> None:
    scored = score.score(truth(LEAK, OTHER), [claim("app", "p1", 170), claim("account", "a1", 125), claim("account", "a1", 20)])
    first, second = scored.leaks
    assert first.claim is not None
    assert (first.claim.time, first.before, first.people, first.share) == (125, 3, 10, 0.3)
    assert first.seconds == pytest.approx(25 / SECOND)
    assert (second.claim, second.before, second.share, second.seconds) == (None, 2, 1.0, None)
    assert [one.time for one in scored.false] == [20], "an alarm from before the leak is a false one"


def test_the_innocent_are_accused_by_name_only() -> None:
    assert score.score(truth(), [claim("account", "a8", 1)]).accused == (False,)
    accused = score.score(truth(), [claim("org", "o7", 1), claim("account", "a8", 1)])
    assert accused.accused == (True,)
    assert len(accused.false) == 2


def test_an_actor_that_has_rung_is_heard_again_after_a_month() -> None:
    rows = cols([row(n, n, account=account) for n, account in enumerate(("a1", "a2", "a1"))])
    place = {name: n for n, name in enumerate(rows.named["account"].texts(np.array([0, 1])))}
    month = 30 * DAY
    rings = [("a1", 30), ("a1", 40), ("a1", month + 29), ("a1", month + 30), ("a1", 2 * month + 29), ("a2", 10), ("a1", 9 * month)]
    alarms = alarms_of("account", np.array([place[a] for a, _ in rings]), np.array([t for _, t in rings]))
    claims = score.claims_of(alarms, rows, "rule")
    assert sorted((one.actors[0][1], one.time) for one in claims) == [("a1", 30), ("a1", month + 30), ("a1", 9 * month), ("a2", 10)]
    assert {one.by for one in claims} == {"rule"}
    assert score.claims_of(alarms_of("account", np.empty(0), np.empty(0)), rows, "rule") == []


@given(st.lists(st.integers(0, 200), min_size=1, max_size=30))
def test_no_two_claims_of_an_actor_are_in_one_month_and_none_is_lost(days: list[int]) -> None:
    rows = cols([row(0, "x")])
    claims = score.claims_of(alarms_of("account", np.zeros(len(days)), np.array(days) * DAY), rows, "rule")
    times = [one.time // DAY for one in claims]
    assert all(b - a >= 30 for a, b in pairwise(times))
    assert all(any(0 <= day - heard < 30 for heard in times) for day in days), "each alarm is a claim or belongs to one"


@given(st.lists(st.tuples(st.integers(0, 70), st.integers(0, 30), st.sampled_from(["a1", "a2", None]), st.booleans()), max_size=90))
def test_actor_months_are_those_of_a_recount(rows: list[tuple[int, int, str | None, bool]]) -> None:
    made = [row(d * 86_400, s, org=None, app=None, account=a, status=200 if ok else 404) for d, s, a, ok in rows]
    # enough people in one month that there is something to count
    made += [row(0, f"x{n}", account="a3", org="o", app=None) for n in range(10)] + [
        row(0, f"x{n}", account="a4", org="o") for n in range(9)
    ]
    found = cols(made)
    held: dict[tuple[str, str, int], set[str]] = {}
    for one in made:
        month = int((one["time"].timestamp() * SECOND - int(found.time[0])) // (30 * DAY))
        for level in ("org", "app", "account"):
            if one[level] is not None and one["status"] == 200:
                held.setdefault((level, one[level], month), set()).add(one["subject"])
    assert score.actor_months(found) == sum(len(people) >= 10 for people in held.values())
