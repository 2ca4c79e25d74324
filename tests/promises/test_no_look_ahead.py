"""Promise 2: at any moment exactly the findings of what was there by then, the same ones, whatever the order, the batches and the restarts."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nilometer.detection import words
from nilometer.detection.evidence import Rate
from nilometer.detection.examples import START
from nilometer.detection.rows import DAY, HOUR
from nilometer.detection.run import detect, findings, shelf, states
from nilometer.detection.watch import State, Watch
from nilometer.disclosures.actor import Actor
from nilometer.findings.finding import Finding
from tests.detection.lives import life
from tests.detection.table_answers import TableAnswers, table_of

NERVOUS = Watch(detectors=list(shelf().values()), rate=Rate(false_alarms=10_000))
"""With a bar so low that lives of 32 days reach it."""
SEEDS = 8
seeds = st.integers(0, SEEDS - 1)
shares = st.floats(0, 1)


@lru_cache(SEEDS)
def answers(seed: int) -> TableAnswers:
    """One life, made once."""
    return TableAnswers(life(seed))


@lru_cache(SEEDS)
def known(seed: int) -> tuple[State, ...]:
    """The state after each day of a life, from nothing."""
    return (State(), *states(answers(seed), NERVOUS, State()))


@lru_cache(SEEDS)
def whole(seed: int) -> list[Finding]:
    """The findings at the end of a life."""
    return findings(answers(seed), NERVOUS, known(seed)[-1])


def fixed(found: list[Finding], until: int) -> list[tuple[object, ...]]:
    """What never changes of the findings that were detected by a moment (microseconds)."""
    return [
        (
            one.id,
            one.title,
            named(one),
            one.detected_at,
            *(() if named(one).level == "surface" else (one.first_seen, one.people_at_detection)),
        )
        for one in found
        if words.microseconds(one.detected_at) <= until
    ]


def named(one: Finding) -> Actor:
    """The first actor of a finding; of a campaign the one it began with."""
    return next(actor for actor in one.actors if actor.level != "campaign")


def by_then(seed: int, until: int) -> list[Finding]:
    """The findings of the part of a life up to a moment, from what is kept of the days before."""
    before = [state for state in known(seed) if state.day < until // DAY][-1]
    held = answers(seed)
    later = [before, *states(held, NERVOUS, before, until)]
    return findings(held, NERVOUS, later[-1], until)


def moments(seed: int) -> list[int]:
    """Every moment of a life, ascending."""
    return sorted(set(answers(seed).table.column("t").to_pylist()))


def test_the_lives_do_set_every_detector_off() -> None:
    found = [one for seed in range(SEEDS) for one in whole(seed)]
    assert {reason.detector for one in found for reason in one.reasons} == set(shelf())
    assert {actor.level for one in found for actor in one.actors} >= {"campaign", "account", "ip"}


@settings(max_examples=50)
@given(seed=seeds, share=shares)
def test_a_prefix_gives_exactly_the_findings_detected_in_it(seed: int, share: float) -> None:
    every = moments(seed)
    late = every[len(every) // 2 :]  # nothing is known yet in the first half
    until = late[int(share * (len(late) - 1))]
    assert fixed(by_then(seed, until), until) == fixed(whole(seed), until)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_finding_is_there_at_its_very_moment_and_not_before(seed: int) -> None:
    for one in whole(seed):
        until = words.microseconds(one.detected_at)
        assert fixed(by_then(seed, until), until) == fixed(whole(seed), until)
        assert one.id not in {early.id for early in by_then(seed, until - 1)}


@pytest.mark.parametrize("seed", range(3))
def test_what_is_not_read_is_not_known(seed: int) -> None:
    """A ledger cut off by `as_of`, one without the later rows, and one continued from a day that is kept: three times the same."""
    held, every = answers(seed), moments(seed)
    until = every[len(every) * 4 // 5]
    cut = TableAnswers(held.table.filter(pc.less_equal(held.table.column("t"), until)))
    assert detect(held, NERVOUS, as_of=words.moment(until)) == detect(cut, NERVOUS) == by_then(seed, until)


@settings(max_examples=10)
@given(seed=seeds, share=shares)
def test_what_is_kept_after_any_day_says_the_same_as_starting_from_nothing(seed: int, share: float) -> None:
    kept = known(seed)
    state = kept[int(share * (len(kept) - 1))]
    later = [state, *states(answers(seed), NERVOUS, state)]
    assert findings(answers(seed), NERVOUS, later[-1]) == whole(seed)


@settings(max_examples=6)
@given(seed=seeds, order=st.integers(0, 2**32))
def test_the_order_of_rows_changes_nothing(seed: int, order: int) -> None:
    table = answers(seed).table
    shuffled = table.take(np.random.default_rng(order).permutation(table.num_rows))
    assert detect(TableAnswers(shuffled), NERVOUS) == whole(seed)


@settings(max_examples=3)
@given(seed=seeds)
def test_the_order_of_detectors_changes_nothing(seed: int) -> None:
    turned = Watch(detectors=NERVOUS.detectors[::-1], rate=NERVOUS.rate)
    assert detect(answers(seed), turned) == whole(seed)


def test_nothing_is_no_finding() -> None:
    assert detect(TableAnswers(pa.Table.from_pylist([], schema=answers(0).table.schema)), NERVOUS) == []


def migrating(moves: int) -> pa.Table:
    """Seven partners at even work, and one that comes with a new program every day from day 22 on; on day `moves`, at three, all the others do."""
    rows: list[dict[str, int]] = []
    fresh = iter(range(10**6, 10**8, 7))
    for day in range(32):
        start = (START + day) * DAY
        for app in range(8):
            odd = app == 7 and day >= 22
            rows += [
                {"t": start + 8 * HOUR + n * 60_000_000 + app, "subject": next(fresh), "app": app, "user_agent": 100 + day if odd else 1}
                for n in range(60 if odd else 40)
            ]
            if day == moves and app != 7:
                rows += [
                    {"t": start + 15 * HOUR + n * 60_000_000 + app, "subject": next(fresh), "app": app, "user_agent": 200 + day}
                    for n in range(3)
                ]
    return table_of([{**row, "surface": 1} for row in rows])


def test_what_everybody_does_in_the_afternoon_takes_nothing_back_that_was_said_at_noon() -> None:
    quiet = TableAnswers(migrating(-1))
    first, *_ = detect(quiet, NERVOUS)
    day = words.microseconds(first.detected_at) // DAY - START
    held, noon = TableAnswers(migrating(day)), words.moment((START + day) * DAY + DAY // 2)
    at_noon = detect(held, NERVOUS, as_of=noon)
    assert at_noon == detect(quiet, NERVOUS, as_of=noon)
    assert at_noon
    assert fixed(detect(held, NERVOUS), words.microseconds(noon)) == fixed(at_noon, words.microseconds(noon))


def test_a_stray_row_of_long_ago_makes_nobody_a_newcomer() -> None:
    usual = [
        {"t": (START + day) * DAY + n % 24 * HOUR + n * 1_000, "subject": 10_000 * app + n, "app": app, "surface": 1}
        for day in range(2)
        for app in range(10)
        for n in range(7_000 if app == 9 else 900 + 50 * app)
    ]
    stray = [{"t": day * DAY, "subject": 5, "app": 3, "surface": 1} for day in (0, 200, START - 30)]
    watch = Watch(detectors=NERVOUS.detectors)
    assert detect(TableAnswers(table_of(usual)), watch) == []
    assert detect(TableAnswers(table_of([*stray, *usual])), watch) == []
