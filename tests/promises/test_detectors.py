"""Every detector on the shelf keeps the shelf's promises; a new file on the shelf is tested by being there."""

from __future__ import annotations

import dataclasses
import inspect
import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples_of
from hypothesis import strategies as st

from nilometer.detection import count
from nilometer.detection.coding import Floats
from nilometer.detection.detector import Before, Detector, Example, settings
from nilometer.detection.evidence import ACTOR_DAYS, Rate
from nilometer.detection.memory import KEPT
from nilometer.detection.rows import DAY_ROWS, by_day
from nilometer.detection.run import shelf
from nilometer.detection.watch import State, Watch
from tests.detection.befores import before
from tests.detection.plain import Plain
from tests.detection.table_answers import table_of

pytestmark = pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")  # evidence.tail beyond a line at infinity

SHELF = shelf()
EXAMPLES = [
    pytest.param(detector, example, id=f"{name}: {example.name}") for name, detector in SHELF.items() for example in detector.examples()
]
each = pytest.mark.parametrize("detector", SHELF.values(), ids=SHELF)


def seeds() -> st.SearchStrategy[int]:
    """Of random pasts."""
    return st.integers(0, 10_000)


def pasts(detector: Detector, seed: int) -> list[Before]:
    """One random past at every level that the detector looks at."""
    return [before(seed, level) for level in detector.levels]


def test_its_id_is_the_name_of_its_file() -> None:
    assert SHELF
    for name, detector in SHELF.items():
        assert detector.id == name == Path(inspect.getfile(type(detector))).stem


def test_the_shares_of_the_allowed_false_alarms_add_up() -> None:
    assert all(detector.weight > 0 for detector in SHELF.values())
    assert sum(detector.weight for detector in SHELF.values()) <= 1.0


@each
def test_it_says_what_it_catches_and_misses(detector: Detector) -> None:
    page = inspect.getdoc(type(detector)) or ""
    assert page.split("\n\n")[0].rstrip().endswith(".")
    for section in ("Catches:", "Misses:", "Looks alike:"):
        assert len(page.partition(section)[2].strip()) > 20, f"{detector.id} does not say {section}"
    assert detector.title
    assert detector.looks_like.endswith(".")
    assert detector.action.endswith(".")


@each
def test_it_counts_what_is_counted_where_it_is_counted(detector: Detector) -> None:
    assert detector.measures
    assert set(detector.measures) <= set(KEPT), "a measure must be remembered to have a usual"
    assert set(detector.levels) <= set(count.LEVELS)
    for measure, (other, share) in detector.of.items():
        assert measure in detector.measures
        assert other in count.MEASURES
        assert share > 0


@each
def test_every_setting_has_a_type_a_default_and_a_sentence(detector: Detector) -> None:
    assert settings(detector)
    for one in settings(detector):
        assert one.type in ("int", "float"), one.name
        assert one.wrong(one.default) == "", one.name
        for value in (True, "1", None, float("nan"), one.low - 1, one.high * 2, *([1.5] if one.type == "int" else [])):
            assert one.wrong(value), (one.name, value)
        assert len(one.doc.split()) >= 3, one.name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(detector, settings(detector)[0].name, 1)


@each
@examples_of(max_examples=40)
@given(seed=seeds(), counts=st.lists(st.integers(0, 10**7), min_size=2, max_size=8))
def test_more_is_never_less_evidence(detector: Detector, seed: int, counts: list[int]) -> None:
    for past in pasts(detector, seed):
        for measure in detector.measures:
            factors = [detector.factor(past, measure, np.full(len(past.memory), float(count))) for count in sorted({*counts, 0, 30, 300})]
            for one in factors:
                assert one.shape == (len(past.memory),)
                assert np.isfinite(one).all()
                assert (one >= 0.0).all()
            for less, more in pairwise(factors):
                assert (more >= less * (1 - 1e-12)).all()


@each
@examples_of(max_examples=40)
@given(seed=seeds(), count=st.integers(0, 10**9))
def test_one_day_says_no_more_than_its_most(detector: Detector, seed: int, count: int) -> None:
    if not detector.lasting:
        return
    for past in pasts(detector, seed):
        most = bound(detector, past.level)
        for measure in detector.measures:
            assert (detector.factor(past, measure, np.full(len(past.memory), float(count))) <= most * (1 + 1e-12)).all()


def bound(detector: Detector, level: str) -> float:
    """The setting that bounds a lasting detector's day."""
    wide = getattr(detector, "most_surface", None) if level == "surface" else None
    most = wide if wide is not None else getattr(detector, "most")  # noqa: B009
    assert most < 100, "one day alone must not reach any bar"
    return float(most)


@each
@examples_of(max_examples=40)
@given(seed=seeds(), count=st.integers(1, 10**6), at=st.integers(0, 5))
def test_actors_are_judged_one_by_one(detector: Detector, seed: int, count: int, at: int) -> None:
    """Alone or among others, an actor's factor is the same, and its reasons can be told."""
    for past in pasts(detector, seed):
        alone = past.part(np.array([at]))
        for measure in detector.measures:
            together: Floats = detector.factor(past, measure, np.full(len(past.memory), float(count)))
            assert detector.factor(alone, measure, np.array([float(count)]))[0] == pytest.approx(together[at], rel=1e-12)
            if together[at] <= 1.0:
                continue  # nobody asks why
            reasons = detector.reasons(alone, measure, "{who}", count, "09:00 UTC on 1 Jan 2020")
            assert reasons[0].fact == measure
            for reason in reasons:  # a reason that is not a number raises in Reason
                assert reason.detector == detector.id
                assert reason.says.replace("{who}", "App x").endswith(".")
                assert math.isfinite(reason.usual)
                assert "nan" not in reason.says
                assert "inf " not in reason.says


@each
def test_it_has_examples_of_both_kinds(detector: Detector) -> None:
    examples = detector.examples()
    assert any(example.fires for example in examples)
    assert any(not example.fires for example in examples)
    assert len({example.name for example in examples}) == len(examples)
    for example in examples:
        assert example.level in detector.levels
        assert example.rows.schema == DAY_ROWS
        assert set(example.fires) <= set(example.rows.column(example.level).to_pylist())


@pytest.mark.parametrize(("detector", "example"), EXAMPLES)
def test_it_fires_exactly_where_its_examples_say(detector: Detector, example: Example) -> None:
    watch, state = Watch(detectors=[detector], rate=Rate()), State()
    for rows in by_day(example.rows):
        state = watch.after(state, rows)
    claims = [claim for story in state.stories for claim in (*story.opening, *story.latest)]
    assert {claim.actor for claim in claims if claim.level == example.level} == set(example.fires)
    assert {claim.detector for claim in claims} <= {detector.id}


@each
def test_evidence_that_lasts_is_about_one_measure(detector: Detector) -> None:
    """What is carried from day to day is kept under the detector's name: a second measure would overwrite the first."""
    assert not detector.lasting or len(detector.measures) == 1


@dataclasses.dataclass(frozen=True, kw_only=True)
class Double(Plain):
    """Judges each day twice, by two measures, with all of the weight between them."""

    id = "double"
    measures = ("fresh", "people")
    levels = ("app",)
    lasting = False
    least: int = 1


@pytest.mark.parametrize(("people", "fires"), [(199, False), (200, True)])
def test_several_measures_share_one_weight(people: int, fires: bool) -> None:
    """Two chances of a false alarm cost what one does: with a bar of 10, and evidence of people / 10, each must reach 20."""
    afternoon = 13 * 3_600_000_000  # on a ledger's first morning nothing is found yet
    [rows] = by_day(table_of([{"t": afternoon + n, "subject": n, "app": 1} for n in range(people)]))
    state = Watch(detectors=[Double()], rate=Rate(false_alarms=ACTOR_DAYS / 10.0)).after(State(), rows)
    assert bool(state.stories) == fires
