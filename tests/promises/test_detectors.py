"""Every detector on the shelf keeps the shelf's promises; a new file on the shelf is tested by being there."""

from __future__ import annotations

import dataclasses
import inspect
import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nilometer.detection.detector import ACTOR_HOURS, MEASURES, Detector, Example, Line
from nilometer.detection.detector import settings as settings_of
from nilometer.detection.history import History
from nilometer.detection.run import shelf
from nilometer.disclosures.actor import LEVELS
from tests.detection.population import addresses, crossed, platform
from tests.detection.reference_ledger import ReferenceLedger
from tests.detection.scenes import life, nervous

SHELF = shelf()
EXAMPLES = [
    pytest.param(detector, example, id=f"{name}: {example.name}") for name, detector in SHELF.items() for example in detector.examples()
]
each = pytest.mark.parametrize("detector", SHELF.values(), ids=SHELF)


def lines(detector: Detector, table: pa.Table, level: str = "app") -> list[Line]:
    return sorted(detector.look(History.of(level, table)), key=lambda line: (line.actor, line.measure, line.since))


@each
def test_it_says_what_it_catches_and_misses(detector: Detector) -> None:
    page = inspect.getdoc(type(detector)) or ""
    assert page.split("\n\n")[0].rstrip().endswith(".")
    for section in ("Catches:", "Misses:", "Looks alike:"):
        assert len(page.partition(section)[2].strip()) > 20, f"{detector.id} does not say {section}"
    assert detector.title
    assert detector.looks_like.endswith(".")
    assert detector.action.endswith(".")
    assert detector.view == "actor_hours"


@each
def test_every_setting_has_a_type_a_default_and_a_sentence(detector: Detector) -> None:
    assert settings_of(detector)
    for one in settings_of(detector):
        assert one.type in ("int", "float", "bool", "str"), one.name
        assert isinstance(one.default, {"int": int, "float": float, "bool": bool, "str": str}[one.type]), one.name
        assert len(one.doc.split()) > 4, one.name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(detector, settings_of(detector)[0].name, 1)


@each
def test_it_has_examples_of_both_kinds(detector: Detector) -> None:
    examples = detector.examples()
    assert sum(bool(example.fires) for example in examples) >= 1
    assert sum(not example.fires for example in examples) >= 2
    assert all(example.level in LEVELS and example.hours.schema == ACTOR_HOURS for example in examples)


@pytest.mark.parametrize(("detector", "example"), EXAMPLES)
def test_it_fires_exactly_where_its_examples_say(detector: Detector, example: Example) -> None:
    assert tuple(crossed(detector, History.of(example.level, example.hours))) == example.fires


@pytest.mark.parametrize(("detector", "example"), EXAMPLES)
def test_its_lines_are_well_formed(detector: Detector, example: Example) -> None:
    for line in lines(detector, example.hours, example.level):
        assert line.measure in MEASURES
        assert line.of in MEASURES
        assert line.limit >= 1
        assert line.since < line.before
        assert (line.before - line.since).total_seconds() in (3600, 86400)
        assert 1 < line.odds < math.inf
        for reason in line.reasons:
            assert reason.detector == detector.id
            assert reason.says.format(who="app x", count="7", when="09:00 UTC on 1 Jan 2020", day="1 Jan 2020").endswith(".")


@each
def test_an_empty_table_is_no_trouble(detector: Detector) -> None:
    assert lines(detector, ACTOR_HOURS.empty_table()) == []


@each
@settings(max_examples=25)
@given(
    rows=st.lists(st.tuples(st.integers(1, 4), st.integers(0, 200), st.lists(st.integers(0, 10**9), min_size=11, max_size=11)), max_size=40)
)
def test_no_table_makes_it_raise_or_say_nan(detector: Detector, rows: list[tuple[int, int, list[int]]]) -> None:
    unique = {(actor, hour): counts for actor, hour, counts in rows}
    found: list[dict[str, Any]] = [
        {"actor": actor, "hour": hour * 3_600_000_000, **dict(zip(ACTOR_HOURS.names[2:], counts, strict=True))}
        for (actor, hour), counts in unique.items()
    ]
    for line in lines(detector, pa.Table.from_pylist(found, schema=ACTOR_HOURS)):  # a reason that is not a number raises in Reason
        assert math.isfinite(line.odds)


@each
def test_the_same_table_in_any_order_gives_the_same_lines(detector: Detector) -> None:
    for example in detector.examples():
        before = example.hours.to_pydict()
        shuffled = example.hours.take(np.random.default_rng(1).permutation(example.hours.num_rows))
        assert lines(detector, shuffled, example.level) == lines(detector, example.hours, example.level)
        assert example.hours.to_pydict() == before


@pytest.mark.parametrize("detector", nervous(), ids=lambda detector: detector.id)
@settings(max_examples=40)
@given(seed=st.integers(0, 10_000), cut=st.integers(0, 5 * 24))
def test_a_line_never_depends_on_its_own_or_a_later_period(detector: Detector, seed: int, cut: int) -> None:
    """Lines of a table cut at some hour are those of the whole table that were set for hours before the cut and reached by it."""
    ledger = ReferenceLedger.of(life(seed))
    for level in ledger.levels():
        whole = History.of(level, ledger.actor_hours(level, None))
        first = int(whole.hour.min()) if len(whole) else 0
        known = crossed_hours(detector, whole)
        part = ledger.actor_hours(level, None)
        part = part.filter(pa.compute.less(part["hour"].cast(pa.int64()), (first + cut) * 3_600_000_000))
        assert crossed_hours(detector, History.of(level, part)) == {line: hour for line, hour in known.items() if hour < first + cut}


def crossed_hours(detector: Detector, history: History) -> dict[tuple[Any, ...], int]:
    """Each line that is crossed, with all it says, and in which hour."""
    found = {}
    for line in detector.look(history):
        since, before = (int(moment.timestamp()) // 3600 for moment in (line.since, line.before))
        rows = np.flatnonzero((history.actor == line.actor) & (history.hour >= since) & (history.hour < before))
        count, of = history.running(line.measure)[rows], history.running(line.of)[rows]
        reached = rows[(count >= line.limit) & (count >= line.share * of)]
        if len(reached):
            found[dataclasses.astuple(line)] = int(history.hour[reached[0]])
    return found


@each
@pytest.mark.parametrize("seed", range(3))
def test_honest_platforms_are_left_alone(detector: Detector, seed: int) -> None:
    """A spot check: before changing where a line is drawn, run hundreds of seeds that nobody has looked at."""
    assert crossed(detector, History.of("account", platform(seed).table())) == {}
    assert crossed(detector, History.of("ip", addresses(seed).table())) == {}
