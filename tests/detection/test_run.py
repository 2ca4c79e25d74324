"""From days to findings: what a finding says, and that days are read together without changing anything."""

from __future__ import annotations

import pytest

from nilometer.detection import run, words
from nilometer.detection.evidence import Rate
from nilometer.detection.examples import START, table, work
from nilometer.detection.rows import DAY
from nilometer.detection.watch import State, Watch
from tests.detection.table_answers import TableAnswers

QUIET = {app: work(22, people=30 + app, new=5) for app in range(1, 11)}
BULK = {50: [*work(20, people=30, new=5), *work(2, people=1500, new=1490, first=20)]}


@pytest.fixture(scope="module")
def answers() -> TableAnswers:
    return TableAnswers(table({**QUIET, **BULK}))


@pytest.fixture(scope="module")
def watch() -> Watch:
    return Watch(detectors=list(run.shelf().values()))


def test_a_finding_says_who_when_why_and_how_many(answers: TableAnswers, watch: Watch) -> None:
    [found] = run.detect(answers, watch)
    assert [(actor.level, actor.id) for actor in found.actors] == [("app", "app-50")]
    assert found.title.startswith("App app-50 ")
    assert found.detected_at.date() == words.moment((START + 20) * DAY).date()
    assert found.people_at_detection < 1000 < found.people
    assert found.odds >= Rate().bar(11, 0)
    first = found.reasons[0]
    assert first.detector == "reach"
    assert "app app-50" in first.says.lower()
    assert "{" not in "".join(reason.says for reason in found.reasons)
    assert first.measured > first.usual


def test_nothing_is_found_in_nothing(watch: Watch) -> None:
    nothing = TableAnswers(table({1: work(1, people=1, new=1)}).slice(0, 0))
    assert run.detect(nothing, watch) == []


def test_days_are_told_as_they_are_done(answers: TableAnswers, watch: Watch) -> None:
    told: list[tuple[int, int]] = []
    days = [state.day for state in run.states(answers, watch, State(), tell=lambda done, total: told.append((done, total)))]
    assert days == list(range(START, START + 22))
    assert told[-1] == (answers.table.num_rows, answers.table.num_rows)


def test_as_of_looks_no_further(answers: TableAnswers, watch: Watch) -> None:
    [whole] = run.detect(answers, watch)
    [then] = run.detect(answers, watch, as_of=whole.detected_at)
    assert (then.id, then.detected_at, then.people) == (whole.id, whole.detected_at, whole.people_at_detection)


def test_a_stricter_rate_is_later_or_silent(answers: TableAnswers) -> None:
    shelf = list(run.shelf().values())
    [usual] = run.detect(answers, Watch(detectors=shelf))
    strict = run.detect(answers, Watch(detectors=shelf, rate=Rate(false_alarms=1e-3)))
    assert all(one.detected_at > usual.detected_at for one in strict)
