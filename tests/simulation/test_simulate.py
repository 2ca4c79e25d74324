"""From a name to a directory."""

from __future__ import annotations

import hashlib
import json
import tomllib
from pathlib import Path

import pytest

from nilometer.errors import InputError
from nilometer.simulation.simulate import scenarios, simulate, simulate_all
from tests.simulation.played import SCALE, Played


def digest(directory: Path) -> str:
    return hashlib.sha256((directory / "disclosures.parquet").read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("small")
    simulate("marketing_consultancy", directory, seed=1, scale=SCALE / 5)
    return directory


def test_the_same_seed_and_scale_give_the_same_bytes(small: Path, tmp_path: Path) -> None:
    simulate("marketing-consultancy", tmp_path, seed=1, scale=SCALE / 5)
    assert digest(tmp_path) == digest(small)
    assert (tmp_path / "truth.json").read_bytes() == (small / "truth.json").read_bytes()


def test_another_seed_gives_another_table_of_the_same_story(small: Path, tmp_path: Path) -> None:
    truth = simulate("marketing_consultancy", tmp_path, seed=2, scale=SCALE / 5)
    assert digest(tmp_path) != digest(small)
    before = json.loads((small / "truth.json").read_text())
    assert truth.leaks[0].people == pytest.approx(before["leaks"][0]["people"], rel=0.1)
    assert truth.disclosures == pytest.approx(before["disclosures"], rel=0.1)


def test_scale_changes_everything_in_proportion(small: Path, played: Played) -> None:
    fifth = json.loads((small / "truth.json").read_text())
    assert fifth["disclosures"] * 5 == pytest.approx(played.truth["disclosures"], rel=0.1)
    assert fifth["people"] * 5 == pytest.approx(played.truth["people"], rel=0.1)
    assert fifth["leaks"][0]["people"] * 5 == pytest.approx(played.truth["leaks"][0]["people"], rel=0.1)


def test_only_the_table_and_its_truth_are_left(small: Path) -> None:
    assert sorted(path.name for path in small.iterdir()) == ["disclosures.parquet", "leaks.parquet", "truth.json"]


def test_the_table_is_sorted_by_time_over_all_row_groups(played: Played) -> None:
    backwards = played.one("SELECT count(*) FROM (SELECT time < lag(time) OVER (ORDER BY place) AS back FROM d) WHERE back")
    assert backwards == 0


def test_several_scenarios_get_a_directory_each_and_one_gets_none(tmp_path: Path) -> None:
    assert list(simulate_all(["marketing-consultancy", "marketing_consultancy"], tmp_path / "a", scale=0.001)) == [tmp_path / "a"]
    known = list(scenarios())
    if len(known) > 1:
        places = simulate_all(known[:2], tmp_path / "b", scale=0.001)
        assert list(places) == [tmp_path / "b" / ident for ident in known[:2]]


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan"), float("inf")])
def test_a_scale_that_makes_no_sense_is_refused(tmp_path: Path, scale: float) -> None:
    with pytest.raises(InputError, match="above 0"):
        simulate("marketing_consultancy", tmp_path / "x", scale=scale)
    assert not (tmp_path / "x").exists()


def test_a_negative_seed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="seed"):
        simulate("marketing_consultancy", tmp_path, seed=-1)


def test_an_unknown_scenario_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no_such.*Known:.*marketing_consultancy"):
        simulate("no_such", tmp_path / "x")
    with pytest.raises(InputError, match="no_such"):
        simulate_all(["marketing_consultancy", "no_such"], tmp_path / "x")
    with pytest.raises(InputError, match="Known"):
        simulate_all([], tmp_path / "x")
    assert not (tmp_path / "x").exists(), "refused before anything is made"


def test_a_file_in_the_way_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("")
    with pytest.raises(InputError, match="directory"):
        simulate("marketing_consultancy", tmp_path / "x", scale=0.01)


def test_a_run_that_breaks_leaves_no_truth_of_another_run(tmp_path: Path) -> None:
    (tmp_path / "truth.json").write_text("{}")
    (tmp_path / "disclosures.parquet").write_text("")

    def stop(done: int, whole: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate("marketing_consultancy", tmp_path, scale=0.001, seed=9, progress=stop)
    assert [path.name for path in tmp_path.iterdir()] == ["disclosures.parquet"]


def test_what_was_declared_lies_beside_the_truth_and_never_beside_another(tmp_path: Path) -> None:
    simulate("welcome_crawler", tmp_path, scale=0.001)
    declared = tomllib.loads((tmp_path / "context.toml").read_text())
    assert [entry["level"] for entry in declared["need"]] == ["app"]
    assert "context" not in json.loads((tmp_path / "truth.json").read_text())
    simulate("clean_platform", tmp_path, scale=0.001)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["disclosures.parquet", "truth.json"]
