"""One detector's day: who reaches the bar, at which event, on which rows, and what is carried on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nilometer.detection.claims import LITTLE, Judged, judge
from nilometer.detection.context import absorbed
from nilometer.detection.count import Counted, count, first_ever
from nilometer.detection.detector import Before, Detector
from nilometer.detection.known import Known
from nilometer.detection.memory import Memory
from nilometer.detection.rows import Rows, by_day
from tests.detection.befores import before
from tests.detection.plain import Once, Plain
from tests.detection.table_answers import Row, table_of

PLAIN, ONCE = Plain(least=3), Once(least=3, least_surface=3)
rows = st.lists(
    st.fixed_dictionaries(
        {
            "t": st.integers(0, 60).map(lambda n: n // 2),
            "subject": st.integers(1, 25),
            "app": st.sampled_from([1, 2]),
            "shown": st.booleans(),
        }
    ),
    min_size=1,
    max_size=60,
)


def counted_of(drawn: list[Row], level: str = "app") -> tuple[Rows, Counted | None]:
    """A day of a ledger that knew nothing before, counted."""
    [day] = by_day(table_of(drawn))
    none = np.zeros(len(day), np.bool_)
    return day, count(level, day, first_ever(day, Known())[0], none, Known(), Known(), ~none)


def asked(detector: Detector, day: Rows, counted: Counted, *, bar: float, held: float = 0.0, allowed: int = 0, norm: float = 1.0) -> Judged:
    """The judgement on actors nobody knew, but for the evidence `held` against each."""
    past: Before = before(0, counted.level, 1)
    memory = Memory.empty((detector.id,)).of(counted.actors)
    memory = replace(memory, evidence={detector.id: np.full(len(counted.actors), held)})
    size = len(counted.actors)
    past = replace(past, memory=memory, pace=1.0, siblings={name: np.full(size, np.nan) for name in past.siblings})
    marks = counted.marks[detector.measures[0]]
    spared = absorbed(
        day, counted.level, counted.row, counted.code, marks, {(counted.level, key): allowed for key in counted.actors.tolist()}
    )
    return judge(detector, detector.measures[0], day, counted, past, spared, norm, bar, past)


@given(rows, st.integers(0, 3), st.sampled_from([0.0, 1.0, 9.0]), st.sampled_from([1.0, 2.0]))
def test_the_bar_is_reached_at_the_first_event_at_which_it_is(drawn: list[Row], allowed: int, held: float, norm: float) -> None:
    bar = 4.0
    day, counted = counted_of(drawn)
    if counted is None:
        return
    found = asked(PLAIN, day, counted, bar=bar, held=held, allowed=allowed, norm=norm)
    claims = {one.claim.actor: one for one in found.found}
    for at, actor in enumerate(counted.actors.tolist()):
        expected: int | None = None
        for now in sorted({row["t"] for row in drawn}):
            people = len({row["subject"] for row in drawn if row["app"] == actor and row["shown"] and row["t"] <= now})
            people -= min(people, allowed)
            factor = people / 10.0 / norm
            if people >= PLAIN.least and factor >= 1.0 and (held + 1.0) * factor >= bar:
                expected = now
                break
        assert (claims[actor].claim.time if actor in claims else None) == expected
        people = len({row["subject"] for row in drawn if row["app"] == actor and row["shown"]})
        people -= min(people, allowed)
        factor = people / 10.0 / norm if people >= PLAIN.least else LITTLE
        assert found.evidence[at] == pytest.approx((held + 1.0) * factor)


@given(rows)
def test_a_claim_rests_on_the_rows_that_counted_by_then(drawn: list[Row]) -> None:
    day, counted = counted_of(drawn)
    if counted is None:
        return
    for one in asked(PLAIN, day, counted, bar=1.0).found:
        assert one.claim.count == len(one.at) == len(set(day.subject[one.at].tolist()))
        assert (day.t[one.at] <= one.claim.time).all()
        assert (day.keys["app"][one.all] == one.claim.actor).all()
        assert set(one.at.tolist()) <= set(one.all.tolist())
        assert one.claim.evidence == pytest.approx(one.claim.count / 10)
        assert one.claim.reasons[0].measured == one.claim.count
        assert "{who}" in one.claim.reasons[0].says


@given(rows)
def test_a_condition_on_shares_must_hold_at_that_very_event(drawn: list[Row]) -> None:
    day, counted = counted_of(drawn)
    if counted is None:
        return
    claims = {one.claim.actor: one.claim.time for one in asked(ONCE, day, counted, bar=1.0).found}
    for actor in counted.actors.tolist():
        times = []
        for now in sorted({row["t"] for row in drawn}):
            own = [row for row in drawn if row["app"] == actor and row["t"] <= now]
            people, missed = (len({row["subject"] for row in own if row["shown"] == shown}) for shown in (True, False))
            if missed >= 10 and missed >= 2 * people:
                times.append(now)
        assert claims.get(actor) == (times[0] if times else None)
