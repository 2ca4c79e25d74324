"""What every scenario on the shelf promises: its truth can be recounted from its table by somebody else's program."""

from __future__ import annotations

from pathlib import Path

import pytest

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
        actor = leak["actors"][0]
        names = ", ".join(f"'{name}'" for name in leak["surfaces"])
        its = f"{actor['level']} = '{actor['id']}' AND surface IN ({names}) AND time BETWEEN '{leak['started']}' AND '{leak['ended']}'"
        assert played.rows(f"SELECT count(*), count(DISTINCT subject) FROM shown WHERE {its}") == [(leak["items"], leak["people"])]
        assert played.one(f"SELECT count(*) FROM d WHERE {its}") == leak["items"] + leak["misses"]
        fields = played.one(f"SELECT list_sort(list_distinct(flatten(list(fields)))) FROM shown WHERE {its}")
        assert fields == leak["fields"]
        assert leak["people"] > 0
    played.database.close()


@pytest.mark.parametrize("ident", SHELF)
def test_it_says_what_it_is_and_what_it_is_modelled_on(ident: str) -> None:
    scenario = SHELF[ident]
    assert scenario.id == ident
    assert len(scenario.title) > 10
    assert len(scenario.modelled_on) > 10
