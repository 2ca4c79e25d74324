"""What every scenario on the shelf promises: its truth can be recounted from its table by somebody else's program."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import pytest

from nilometer.simulation.days import DAY
from nilometer.simulation.directory import Directory
from nilometer.simulation.people import People
from nilometer.simulation.platform import PEOPLE_AT_SCALE_1, Platform
from nilometer.simulation.rows import Rows
from nilometer.simulation.scenario import Cast
from nilometer.simulation.simulate import scenarios, simulate
from tests.simulation.played import opened

SHELF = scenarios()


@pytest.mark.parametrize("ident", SHELF)
def test_the_truth_can_be_recounted(ident: str, tmp_path: Path) -> None:
    simulate(ident, tmp_path, seed=3, scale=0.03)
    played = opened(tmp_path)
    truth = played.truth
    assert played.one("SELECT count(*) FROM d") == truth["disclosures"]
    assert played.one("SELECT count(DISTINCT subject) FROM shown") == truth["people"]
    for end, moment in (("min", truth["first"]), ("max", truth["last"])):
        assert played.one(f"SELECT {end}(epoch_us(time)) = epoch_us(CAST('{moment}' AS TIMESTAMPTZ)) FROM d")
    assert bool(truth["leaks"]) == (SHELF[ident].kind == "leak")
    for leak in truth["leaks"]:
        level = leak["actors"][0]["level"]
        narrowest = ", ".join(f"'{actor['id']}'" for actor in leak["actors"] if actor["level"] == level)
        names = ", ".join(f"'{name}'" for name in leak["surfaces"])
        its = f"{level} IN ({narrowest}) AND surface IN ({names}) AND time BETWEEN '{leak['started']}' AND '{leak['ended']}'"
        items, people = played.rows(f"SELECT count(*), count(DISTINCT subject) FROM shown WHERE {its}")[0]
        asked = played.one(f"SELECT count(*) FROM d WHERE {its}")
        if leak.get("mixed"):  # honest work of the same actors may be in between: see the test below
            assert items >= leak["items"]
            assert people >= leak["people"]
            assert asked >= leak["items"] + leak["misses"]
        else:
            assert (items, people, asked) == (leak["items"], leak["people"], leak["items"] + leak["misses"])
        fields = played.one(f"SELECT list_sort(list_distinct(flatten(list(fields)))) FROM shown WHERE {its}")
        assert fields == leak["fields"]
        assert leak["people"] > 0
    played.database.close()


@dataclass
class Kept:
    """A sink that keeps what it is given."""

    days: list[Rows]

    def write(self, rows: Rows, directory: Directory) -> None:
        self.days.append(rows)


@pytest.mark.parametrize("ident", [ident for ident, scenario in SHELF.items() if scenario.kind == "leak"])
def test_without_its_plots_exactly_the_leak_is_missing(ident: str) -> None:
    """Also where the leak hides in honest work: what is there with it and not without it is what the truth says."""

    def innocent(platform: Platform) -> Cast:
        return replace(SHELF[ident].cast(platform), plots=())

    with_it, without = Kept([]), Kept([])
    truth = SHELF[ident].generate(with_it, seed=3, scale=0.03)
    replace(SHELF[ident], cast=innocent).generate(without, seed=3, scale=0.03)
    people = People(total=max(200, round(PEOPLE_AT_SCALE_1 * 0.03)), seed=3)
    left = Counter(what for day in with_it.days for what in rows_of(day))
    left.subtract(what for day in without.days for what in rows_of(day))
    assert min(left.values()) >= 0, "a plot adds rows and changes none"
    taken = +left
    shown = {subject: n for (_, subject, *_, status), n in taken.items() if status != 404}
    assert truth.leaks, "a leak has a plot"
    assert sum(taken.values()) == sum(leak.items + leak.misses for leak in truth.leaks)
    if len(truth.leaks) == 1:
        assert len(shown) == truth.leaks[0].people
        assert sum(n for (*_, status), n in taken.items() if status != 404) == truth.leaks[0].items
        assert ((people.index(np.array(list(shown))) >= 0) & (people.index(np.array(list(shown))) < people.total)).all()


def rows_of(day: Rows) -> Iterable[tuple[int, ...]]:
    """Everything of each row but its numbers, which depend on who else is there."""
    columns = (day.time, day.subject, day.credential, day.ip, day.surface, day.reference, day.status)
    return zip(*(column.tolist() for column in columns), strict=True)


@pytest.mark.parametrize("ident", SHELF)
def test_every_habit_keeps_its_promises(ident: str) -> None:
    """Any day alone, inside the day, the same again; a request is one actor at one surface; names are unique."""
    scenario = SHELF[ident]
    platform = Platform.of(seed=4, scale=0.05, calendar=scenario.calendar)
    cast = scenario.cast(platform)
    habits = [*cast.honest, *(habit for plot in cast.plots for habit in plot.habits)]
    assert len({habit.name for habit in habits}) == len(habits)
    days = list(scenario.calendar.each(4))
    for number in (3, 58, 64, len(days) - 12):
        day = days[number]
        for habit in habits:
            rows = habit.day(day, platform.rng(habit.name, number))
            again = habit.day(day, platform.rng(habit.name, number))
            assert all(np.array_equal(getattr(rows, f.name), getattr(again, f.name)) for f in fields(Rows)), habit.name
            assert ((rows.time >= day.start) & (rows.time < day.start + DAY)).all(), habit.name
            seen = rows.subject[rows.shown()]
            index = platform.people.index(seen)
            assert np.array_equal(platform.people.ids(index), seen), "nobody is shown who does not exist"
            assert ((index >= 0) & (index < platform.people.total)).all(), habit.name
            whole = np.stack([rows.request, rows.credential, rows.surface, rows.session, rows.ip])
            assert len(np.unique(whole, axis=1).T) == len(np.unique(rows.request)), habit.name


@pytest.mark.parametrize("ident", SHELF)
def test_it_says_what_it_is_and_what_it_is_modelled_on(ident: str) -> None:
    scenario = SHELF[ident]
    assert scenario.id == ident
    assert len(scenario.title) > 10
    assert len(scenario.modelled_on) > 10
