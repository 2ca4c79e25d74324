"""Who begins to read one other company's clientele takes over work; who collects from everywhere does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nilometer.detection.claims import Claim, Found
from nilometer.detection.coding import pairs
from nilometer.detection.known import Known
from nilometer.detection.memory import Memory
from nilometer.detection.rows import by_day
from nilometer.detection.takeover import LARGEST, SHARE, Heir, floors, moderate, remembered, taken_over
from nilometer.findings.reason import Reason
from tests.detection.befores import memory
from tests.detection.table_answers import table_of

POPULATION = 10_000


def held_by(*totals: int) -> Memory:
    """Companies 1, 2, ... that were shown so many people in all."""
    held = memory(0, len(totals))
    return replace(held, actors=np.arange(1, len(totals) + 1), total=np.array(totals))


def read(
    people: range,
    clientele: dict[int, range],
    *,
    size: int = 100,
    measure: str = "fresh",
    level: str = "org",
    usual: float = 50.0,
    companies: int = 8,
) -> bool:
    """Whether company 9 takes over when it reads these people, given what other companies had been shown."""
    [day] = by_day(table_of([{"t": n, "subject": subject, "org": 9} for n, subject in enumerate(people)]))
    why = Reason(detector="reach", fact="fresh", says="{who}", measured=float(len(people)), usual=usual)
    claim = Claim(
        level=level,
        actor=9,
        time=0,
        day=0,
        detector="reach",
        measure=measure,  # type: ignore[arg-type]
        count=len(people),
        evidence=1.0,
        reasons=(why,),
    )
    keys = [pairs(np.full(len(own), company, np.int64), np.array(own)) for company, own in clientele.items()]
    seen = Known().having(np.unique(np.concatenate([np.zeros(0, np.int64), *keys])))
    everything = np.arange(len(day))
    return taken_over(day, Found(claim, everything, everything), held_by(*[size] * companies), seen, POPULATION) is not None


@pytest.mark.parametrize(("known", "expected"), [(100, True), (round(100 * SHARE), True), (round(100 * SHARE) - 2, False), (0, False)])
def test_most_of_the_people_were_one_others(known: int, expected: bool) -> None:
    assert read(range(100), {3: range(known)}) == expected


@pytest.mark.parametrize(("known", "usual", "expected"), [(60, 39.0, False), (60, 41.0, True), (79, 1.0, False), (81, 1.0, True)])
def test_more_strangers_than_usual_are_not_excused_by_those_that_came_with_them(known: int, usual: float, expected: bool) -> None:
    assert read(range(100), {3: range(known)}, usual=usual) == expected


def test_the_one_company_is_found_among_thousands() -> None:
    many = {company: range(9_000 + company, 9_001 + company) for company in range(10, 6_000)}
    assert read(range(100), {**many, 5_555: range(90)}, companies=6_000)


def test_people_of_many_others_are_collected() -> None:
    assert not read(range(100), {company: range(20 * company, 20 * company + 20) for company in range(5)})


def test_a_company_takes_nothing_over_from_itself_nor_from_the_platforms_own_staff() -> None:
    assert not read(range(100), {9: range(100)})
    assert not read(range(100), {3: range(100)}, size=round(POPULATION * LARGEST) + 1)


def test_only_new_people_of_an_identity_are_taken_over() -> None:
    assert not read(range(100), {3: range(100)}, measure="near")
    assert not read(range(100), {3: range(100)}, level="surface")
    assert not read(range(100), {3: range(100)}, level="ip")


def test_moderate_is_said_by_a_share_of_everybody() -> None:
    assert moderate(held_by(10, 500, 501, 0), POPULATION).tolist() == [1, 2, 4]
    assert moderate(held_by(10, 500, 501, 0), 0).tolist() == [4]


def test_an_heir_may_meet_as_many_as_both_did_while_the_other_is_silent() -> None:
    held = memory(3, 2)
    counts = {name: np.full((2, 32), 30.0 if name == "fresh" else 0.0, np.float32) for name in held.counts}
    orgs = replace(held, actors=np.array([1, 2]), days=np.array([20, 20]), last=np.array([90, 99]), counts=counts)
    heir = Heir(level="account", actor=7, org=1, day=88, usual={"fresh": 16.0, "cold": 0.0})
    found = floors([heir], "account", np.array([5, 7]), orgs, 100)
    assert found["fresh"].tolist() == [0.0, 46.0]
    assert floors([replace(heir, org=2)], "account", np.array([5, 7]), orgs, 100)["fresh"].tolist() == [0.0, 0.0], "it worked yesterday"
    assert floors([heir], "app", np.array([5, 7]), orgs, 100) == {}
    assert floors([heir], "account", np.array([5, 8]), orgs, 100)["fresh"].tolist() == [0.0, 0.0]


def test_heirs_are_known_by_their_first_day_and_forgotten() -> None:
    heir = Heir(level="account", actor=7, org=1, day=88, usual={"fresh": 16.0, "cold": 0.0})
    later = replace(heir, day=90, usual={"fresh": 400.0, "cold": 0.0})
    assert remembered([heir], [later], 90) == (heir,)
    assert remembered([heir], [], 88 + 60) == ()
