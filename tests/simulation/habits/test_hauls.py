"""A haul reads its errands in bulk pages, from elsewhere; a firm that moves goes on as before."""

from __future__ import annotations

import numpy as np

from nilometer.simulation.habits.hauls import PAGE, Errand, Haul, Resettled
from nilometer.simulation.habits.walks import Walk
from nilometer.simulation.rows import Rows
from tests.simulation.habits.stage import Stage

STAGE = Stage()
HAUL = Haul(
    name="haul",
    platform=STAGE.platform,
    credential=0,
    surface=STAGE.surface,
    agent=3,
    ips=4,
    errands=(
        Errand(day=20, begins=36_000.0, lasts=7_200.0, people=16_050),
        Errand(day=20, begins=60_000.0, lasts=600.0, people=1_000),
        Errand(day=23, begins=0.0, lasts=600.0, people=500),
    ),
)


def test_everybody_is_read_once_over_all_errands() -> None:
    days = [STAGE.play(HAUL, number) for number in range(40)]
    assert {number: len(rows) for number, rows in enumerate(days) if len(rows)} == {20: 17_050, 23: 500}
    assert len(np.unique(np.concatenate([rows.subject for rows in days]))) == 17_550


def test_it_keeps_its_time_and_pages() -> None:
    rows = STAGE.play(HAUL, 20)
    seconds = (rows.time - STAGE.days[20].start) / 1e6
    assert 36_000 <= seconds[:16_050].min() <= seconds[:16_050].max() < 43_201
    assert 60_000 <= seconds[16_050:].min() <= seconds[16_050:].max() < 60_601
    _, sizes = np.unique(rows.request, return_counts=True)
    assert sizes.max() == PAGE
    assert len(sizes) == 81 + 5, "a response belongs to one errand"
    assert 2 <= len(np.unique(rows.ip)) <= 4
    assert set(rows.agent.tolist()) == {3}


def test_who_moves_goes_on_as_before() -> None:
    def habit(name: str, who: int) -> Walk:
        return Walk(
            name=name,
            platform=STAGE.platform,
            crew=STAGE.company.everyone[[who]],
            surface=STAGE.surface,
            first_day=0,
            reached=np.arange(0, 410, 10),
            route="one",
        )

    before, after = habit("before", 0), habit("after", 1)
    both = Resettled(name="before", before=before, after=after, on=5)
    people = [set(STAGE.play(both, number).subject.tolist()) for number in (4, 5)]
    assert [set(STAGE.play(both, number).credential.tolist()) for number in (4, 5)] == [{0}, {1}]
    assert people == [set(rows.subject.tolist()) for rows in (STAGE.play(before, 4), STAGE.play(after, 5))]
    assert len(Rows.joined([STAGE.play(both, n) for n in range(40)])) == 400
