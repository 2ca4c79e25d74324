"""What every look-alike promises: nobody steals, the named innocents are there, what is declared can be read and is kept to."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from nilometer.simulation.days import DAY
from nilometer.simulation.platform import Platform
from nilometer.simulation.rows import Rows
from nilometer.simulation.simulate import scenarios, simulate
from tests.simulation.played import opened

SHELF = {ident: scenario for ident, scenario in scenarios().items() if scenario.kind == "lookalike"}
KEYS = {
    "need": {"level", "id", "people_a_day", "why"},
    "planned": {"level", "id", "from", "until", "people", "kind", "why"},
}


@pytest.mark.parametrize("ident", SHELF)
def test_a_day_is_whole_by_itself(ident: str) -> None:
    scenario = SHELF[ident]
    platform = Platform.of(seed=4, scale=0.05, calendar=scenario.calendar)
    cast = scenario.cast(platform)
    assert cast.plots == ()
    assert len({habit.name for habit in cast.honest}) == len(cast.honest)
    days = list(platform.calendar.each(4))
    for number in (0, 26, 55, 60, 61, 70, 75, 76, len(days) - 1):
        for habit in cast.honest:
            rows = habit.day(days[number], platform.rng(habit.name, number))
            again = habit.day(days[number], platform.rng(habit.name, number))
            assert all(np.array_equal(getattr(rows, f.name), getattr(again, f.name)) for f in fields(Rows)), habit.name
            assert ((rows.time >= days[number].start) & (rows.time < days[number].start + DAY)).all(), habit.name
            index = platform.people.index(rows.subject)
            assert np.array_equal(platform.people.ids(index), rows.subject), "nobody is shown who does not exist"
            whole = np.stack([rows.request, rows.credential, rows.surface, rows.ip])
            assert len(np.unique(whole, axis=1).T) == len(np.unique(rows.request)), "a request is one actor at one surface"


@pytest.mark.parametrize("ident", SHELF)
def test_the_innocents_are_there_and_nobody_is_guilty(ident: str, tmp_path: Path) -> None:
    simulate(ident, tmp_path, seed=2, scale=0.03)
    played = opened(tmp_path)
    assert played.truth["leaks"] == []
    assert len(played.truth["innocents"]) > 10
    for innocent in played.truth["innocents"]:
        assert len(innocent["why"]) > 15
        for actor in innocent["actors"]:
            assert played.one(f"SELECT count(*) FROM d WHERE {actor['level']} = '{actor['id']}'") > 0, actor
    played.database.close()


@pytest.mark.parametrize("ident", [ident for ident in SHELF if ident in ("onboarding_sync", "welcome_crawler")])
def test_what_is_declared_is_kept_to(ident: str, tmp_path: Path) -> None:
    simulate(ident, tmp_path, seed=2, scale=0.1)
    played = opened(tmp_path)
    declared = tomllib.loads((tmp_path / "context.toml").read_text())
    innocents = {(actor["level"], actor["id"]) for innocent in played.truth["innocents"] for actor in innocent["actors"]}
    for kind, entries in declared.items():
        for entry in entries:
            assert set(entry) == KEYS[kind]
            assert (entry["level"], entry["id"]) in innocents
            its = f"{entry['level']} = '{entry['id']}'"
            if kind == "planned":
                its += f" AND time >= '{entry['from'].isoformat()}' AND time < '{entry['until'].isoformat()}'"
                reached, ceiling = played.one(f"SELECT count(DISTINCT subject) FROM shown WHERE {its}"), entry["people"]
            else:
                by_day = f"SELECT count(DISTINCT subject) AS n FROM shown WHERE {its} GROUP BY CAST(time AS DATE)"
                reached, ceiling = played.one(f"SELECT max(n) FROM ({by_day})"), entry["people_a_day"]
            assert 0.5 * ceiling < reached <= ceiling, "tight enough to mean something, wide enough to be kept to"
    played.database.close()


def test_only_those_declare_anything() -> None:
    declaring = set()
    for ident, scenario in SHELF.items():
        platform = Platform.of(seed=0, scale=0.01, calendar=scenario.calendar)
        if scenario.cast(platform).context:
            declaring.add(ident)
    assert declaring == {"onboarding_sync", "welcome_crawler"}
