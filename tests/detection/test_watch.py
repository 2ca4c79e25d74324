"""The watch: what a day changes, what it does not, what nobody can teach it."""

from __future__ import annotations

import numpy as np
import pytest

from nilometer.detection import run
from nilometer.detection.context import Context, Need, Planned
from nilometer.detection.evidence import Rate
from nilometer.detection.examples import START, Workday, table, work
from nilometer.detection.rows import DAY, by_day
from nilometer.detection.watch import FORGOTTEN, State, Watch

PARTNERS = {app: work(50, people=60 + 10 * app, new=6) for app in range(1, 9)}


def states(actors: dict[int, list[Workday]], watch: Watch | None = None, level: str = "app") -> list[State]:
    watch = watch or Watch(detectors=list(run.shelf().values()))
    state, found = State(), []
    for rows in by_day(table(actors, level)):
        state = watch.after(state, rows)
        found.append(state)
    return found


def accused(state: State) -> set[int]:
    return {key for story in state.stories for level, key in story.nodes if level in ("app", "account")}


@pytest.fixture(scope="module")
def crawled() -> list[State]:
    crawler = [*work(30, people=30, new=3), *work(20, people=150, new=140, first=30)]
    return states({**PARTNERS, 50: crawler})


def test_a_day_leaves_the_state_before_it_as_it_was(crawled: list[State]) -> None:
    first = crawled[10]
    copy = {measure: values.copy() for measure, values in first.levels["app"].memory.counts.items()}
    Watch(detectors=list(run.shelf().values())).after(first, next(by_day(table({1: work(1, people=500, new=400, first=11)}))))
    assert all(np.array_equal(first.levels["app"].memory.counts[measure], values) for measure, values in copy.items())
    assert first.stories == ()


def test_the_crawler_alone_is_found_within_a_week(crawled: list[State]) -> None:
    assert accused(crawled[-1]) == {50}
    [story] = crawled[-1].stories
    assert START + 30 < story.first.day < START + 37


def test_days_under_suspicion_are_not_remembered_as_usual(crawled: list[State]) -> None:
    memory = crawled[-1].levels["app"].memory
    mine = memory.of(np.array([50]))
    assert mine.usual("fresh")[0] < 60
    assert mine.days[0] < 40


def test_a_declared_need_is_not_judged_below_its_ceiling_only() -> None:
    crawler = [*work(30, people=30, new=3), *work(20, people=150, new=140, first=30)]
    shelf = list(run.shelf().values())
    enough = Context(needs=[Need(level="app", actor=50, people_a_day=200)])
    little = Context(needs=[Need(level="app", actor=50, people_a_day=20)])
    assert accused(states({**PARTNERS, 50: crawler}, Watch(detectors=shelf, context=enough))[-1]) == set()
    assert accused(states({**PARTNERS, 50: crawler}, Watch(detectors=shelf, context=little))[-1]) == {50}


def test_a_planned_day_teaches_nothing() -> None:
    moved = [*work(30, people=30, new=3), *work(1, people=3000, new=2900, first=30), *work(10, people=30, new=3, first=31)]
    begin = (START + 30) * DAY
    plan = Context(planned=[Planned(level="app", actor=50, since=begin, until=begin + DAY, people=4000)])
    last = states({**PARTNERS, 50: moved}, Watch(detectors=list(run.shelf().values()), context=plan))[-1]
    assert accused(last) == set()
    assert last.levels["app"].memory.of(np.array([50])).record("fresh", 0)[0] < 100
    assert 2500 < last.spent[0] <= 4000


def test_sessions_are_forgotten_and_accounts_are_not() -> None:
    seen = states({1: work(1, people=30, new=30), 2: work(1, people=30, new=30, first=5)}, level="session")
    assert seen[-1].levels["session"].memory.actors.tolist() == [2]
    assert FORGOTTEN["session"] < 5
    kept = states({1: work(1, people=30, new=30), 2: work(1, people=30, new=30, first=5)}, level="account")
    assert kept[-1].levels["account"].memory.actors.tolist() == [1, 2]


def test_an_honest_platform_is_left_alone_at_a_strict_and_at_a_nervous_rate() -> None:
    for rate in (0.1, 1.0, 10.0):
        assert states(PARTNERS, Watch(detectors=list(run.shelf().values()), rate=Rate(false_alarms=rate)))[-1].stories == ()
