"""nilometer evaluate: one command, one document, tables, a plot; wrong use is said plainly."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.app.evaluate.made import folder, innocent, leak, row
from tests.cli.running import Done, run

DAYS = 86_400


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two folders in one: a leak and a look-alike."""
    place = tmp_path_factory.mktemp("simulated")
    honest = [row(day * DAYS + n * 60, f"{day % 3}-{n}", account="a2") for day in range(12) for n in range(60)]
    taken = [row(10 * DAYS + 1_000 + n, f"t{n}") for n in range(300)]
    folder(place / "walk", [*honest, *taken], [leak(300, 10 * DAYS + 1_000, 10 * DAYS + 1_299, ("account", "a1"))])
    folder(place / "quiet", honest, innocents=[innocent(("account", "a2"))])
    return place


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    out = tmp_path_factory.mktemp("evaluated") / "results"
    asked = ["--scenario", "marketing-consultancy", "--seed", "1", "--scale", "0.01", "--date", "2026-01-31", "-o", out]
    return out, run("evaluate", *asked, "--plot", out / "plots" / "plot.svg", "--markdown", out / "table.md", "--json")


def test_folders_give_one_document(made: Path) -> None:
    done = run("evaluate", made, "--json")
    assert done.code == 0, done.err
    document = done.json
    assert [(s["kind"], s["disclosures"]) for s in document["scenarios"]] == [("lookalike", 720), ("leak", 1020)]
    fixed = [m for m in document["scenarios"][1]["methods"] if (m["method"], m["level"], m["setting"]) == ("people_a_day", "account", 200)]
    assert [(m["leaks"][0]["people_before"], m["leaks"][0]["seconds_to_alarm"], m["false_findings"]) for m in fixed] == [(201, 200.0, 0)]
    assert document["command"] == f"nilometer evaluate {made}"
    assert "[2/2]" in done.err


def test_tables_are_for_people(made: Path) -> None:
    done = run("evaluate", made / "walk")
    assert done.code == 0, done.err
    assert "handmade, seed 3 (leak): By hand" in done.out
    assert "All 1 tables: 4 actor-months" in done.out
    for word in ("nilometer", "people_a_day 200", "isolation_forest", "67 %", "skipped because the table has no request"):
        assert word in done.out


def test_a_simulated_scenario_is_kept_with_its_results(simulated: tuple[Path, Done]) -> None:
    out, done = simulated
    assert done.code == 0, done.err
    document = done.json
    assert json.loads((out / "results.json").read_text()) == document
    assert (out / "results.csv").read_text().startswith("scenario,kind,seed,scale,method,")
    assert (out / "marketing_consultancy-1" / "leaks.parquet").exists()
    assert "<svg" in (out / "plots" / "plot.svg").read_text()
    assert (
        "made by `nilometer evaluate --scenario marketing-consultancy --seed 1 --scale 0.01 --plot plot.svg`"
        in (out / "table.md").read_text()
    )
    assert (document["date"], document["seeds"], document["scale"]) == ("2026-01-31", [1], [0.01])
    [scenario] = document["scenarios"]
    assert scenario["leaks"][0]["people"] == json.loads((out / "marketing_consultancy-1" / "truth.json").read_text())["leaks"][0]["people"]
    assert scenario["skipped"] == {}
    assert {m["method"] for m in scenario["methods"]} >= {"nilometer", "isolation_forest", "crowdsec", "salesforce"}


def test_what_was_kept_gives_the_same_again(simulated: tuple[Path, Done]) -> None:
    out, done = simulated
    again = run("evaluate", out / "marketing_consultancy-1", "--json").json

    def scored(document: dict[str, object]) -> list[object]:
        [scenario] = document["scenarios"]  # type: ignore[misc, attr-defined]
        wanted = ("method", "level", "setting", "leaks", "false_findings")
        return [[m[k] if k != "leaks" else [{**c, "by": None} for c in m[k]] for k in wanted] for m in scenario["methods"] if m["usual"]]

    assert scored(again) == scored(done.json)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere"], "nowhere is no folder"),
        (["--seeds", "4-1"], "--seeds '4-1': expected two whole numbers"),
        (["--seeds", "x"], "expected two whole numbers"),
        (["--scenario", "nope"], "No scenario is called 'nope'"),
        (["--without", "subject", "--scenario", "clean_platform"], "--without subject"),
        (["--scale", "0"], "0"),
        (["nowhere", "--seed", "1"], "are for playing"),
        (["--date", "soon"], "soon"),
    ],
)
def test_wrong_use_is_two_and_one_message(arguments: list[str], says: str) -> None:
    done = run("evaluate", *arguments)
    assert (done.code, done.out) == (2, "")
    assert says in done.err


def test_a_folder_that_is_not_whole_is_named(tmp_path: Path) -> None:
    (tmp_path / "truth.json").write_text("{}")
    done = run("evaluate", tmp_path)
    assert done.code == 2
    assert f"{tmp_path / 'disclosures.parquet'} is missing" in done.err.replace("\n", " ")
    made = folder(tmp_path / "x", [row(1, "a")])
    (made / "truth.json").write_text("{}")
    done = run("evaluate", made)
    assert done.code == 2
    assert "truth.json is not a truth" in done.err
    blocked = tmp_path / "file"
    blocked.write_text("")
    done = run("evaluate", made, "-o", blocked / "below")
    assert done.code == 2
    assert "cannot be made" in done.err


def test_the_context_is_read_or_left_out(made: Path, tmp_path: Path) -> None:
    assert run("evaluate", made / "quiet", "--no-context", "--json").json["context"] is False
    seeds = run("evaluate", "--scenario", "clean_platform", "--seeds", "2-3", "--scale", "0.004", "--without", "reference", "--json").json
    assert (seeds["seeds"], seeds["without"]) == ([2, 3], ["reference"])
    assert "--seeds 2-3" in seeds["command"]
