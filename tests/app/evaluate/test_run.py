"""A folder goes in, every method's score comes out; what cannot be evaluated is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from nilometer.app.evaluate import baseline, run
from nilometer.app.evaluate.run import OURS, Options, Result
from nilometer.errors import InputError
from tests.app.evaluate.made import folder, innocent, leak, row
from tests.app.evaluate.silent import progress

DAYS = 86_400
ROWS = [
    *[row(day * DAYS + n * 60, f"{day % 3}-{n}", account="a2", request=f"h{day}-{n}") for day in range(12) for n in range(60)],
    *[row(10 * DAYS + 1_000 + n, f"t{n}", request=f"t{n}") for n in range(300)],
]
LEAK = leak(300, 10 * DAYS + 1_000, 10 * DAYS + 1_299, ("account", "a1"))


def evaluated(place: Path, options: Options | None = None) -> Result:
    [result] = run.given([place], options or Options(), jobs=1, tell=lambda _: None, progress=progress)
    return result


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return evaluated(folder(tmp_path_factory.mktemp("made") / "x", ROWS, [LEAK], [innocent(("account", "a2"))]))


def test_every_method_is_scored_by_the_same_code(result: Result) -> None:
    by = {(j.method, j.level, j.setting): j for j in result.judged}
    assert {method for method, _, _ in by} == {OURS, *baseline.shelf()} - set(result.skipped)
    assert result.skipped == {}
    fixed = by["people_a_day", "account", 50.0]
    [caught] = fixed.leaks
    assert (caught.before, caught.people, caught.seconds) == (51, 300, 50.0)
    assert (fixed.false, fixed.accused) == (1, (True,)), "the honest account is shown sixty a day"
    high = by["people_a_day", "account", 200.0]
    assert (high.leaks[0].before, high.false, high.accused) == (201, 0, (False,))
    assert by["people_a_day", "org", 200.0].leaks[0].claim is None, "the company is not named by the truth"
    assert by["crowdsec", "ip", 40.0].leaks[0].claim is None, "one a second is below its leak"
    assert by["akto", "ip", 50.0].leaks[0].claim is None, "the address serves honest work more than the leak"


def test_what_is_told_of_the_folder_is_counted(result: Result) -> None:
    assert (result.disclosures, result.people) == (720 + 300, 180 + 300)
    assert result.actor_months == 4, "one org, one app, two accounts, one month"
    assert set(result.seconds) == {"ingest", "detect"}


def test_columns_left_out_are_left_out_for_all(tmp_path: Path) -> None:
    made = folder(tmp_path, ROWS, [LEAK])
    result = evaluated(made, Options(without=("account", "request", "ip")))
    assert {"salesforce", "purview", "crowdsec", "akto", "elastic"} <= set(result.skipped)
    assert {j.level for j in result.judged if j.method == "people_a_day"} == {"org", "app"}
    assert result.actor_months == 4, "the denominator stays"
    with pytest.raises(InputError, match="has no actor left without org, app, account, session, ip"):
        evaluated(made, Options(without=("org", "app", "account", "session", "ip")))
    with pytest.raises(InputError, match="--without subject: no such column can be left out"):
        evaluated(made, Options(without=("subject",)))


def test_the_sweep_has_more_settings_than_the_table(tmp_path: Path) -> None:
    result = evaluated(folder(tmp_path, ROWS, [LEAK]), Options(sweep=True))
    for ident, one in baseline.shelf().items():
        swept = {j.setting: j.usual for j in result.judged if j.method == ident}
        assert set(swept) == {*one.sweep, *one.usual}
        assert {setting for setting, usual in swept.items() if usual} == set(one.usual)


def test_scenarios_are_played_and_their_data_kept_where_asked(tmp_path: Path) -> None:
    told: list[str] = []
    results = list(run.played(["clean-platform"], [4, 4], 0.005, tmp_path, Options(), jobs=1, tell=told.append, progress=progress))
    assert [(r.truth.scenario, r.truth.seed, r.truth.kind) for r in results] == [("clean_platform", 4, "lookalike")]
    assert (tmp_path / "clean_platform-4" / "truth.json").exists()
    assert len(told) == 1
    assert "clean_platform, seed 4" in told[0]


def test_jobs_in_processes_of_their_own_give_the_same(tmp_path: Path) -> None:
    for name in ("x", "y"):
        folder(tmp_path / name, ROWS, [LEAK])
    both = [list(run.given([tmp_path], Options(), jobs=jobs, tell=lambda _: None, progress=progress)) for jobs in (1, 2)]
    scores = [
        [[(j.method, j.level, j.setting, j.leaks, j.false) for j in r.judged if j.method != OURS] for r in results] for results in both
    ]
    assert scores[0] == scores[1]
    assert [r.truth.folder.name for r in both[1]] == ["x", "y"]


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    made = folder(tmp_path, ROWS, [LEAK])
    (made / "disclosures.parquet").unlink()
    with pytest.raises(InputError, match=r"disclosures\.parquet is missing beside truth\.json"):
        evaluated(made)
    with pytest.raises(InputError, match="No scenario is called 'nope'"):
        list(run.played(["nope"], [0], 1.0, None, Options(), jobs=1, tell=lambda _: None, progress=progress))
