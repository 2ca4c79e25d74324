"""The case command through the front door: every step, in words and as JSON, and what goes wrong in one clear sentence."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import nilometer as nm
from nilometer.app import detect
from tests.app.test_reveal import expected, found, rows
from tests.cli.running import run

FINDING, OTHER = "F-2026-00000001", "F-2026-00000002"
HOSTILE = "a\x1b[31m\u202e<b>|\n=1"


@pytest.fixture(name="home")
def _home(tmp_path: Path) -> Path:
    (tmp_path / "rows.ndjson").write_bytes(rows())
    with nm.open(tmp_path / "home") as home:
        home.ingest(tmp_path / "rows.ndjson")
        detect._keep(home.home, [found(), found("shop", id=OTHER, title=HOSTILE)])
    return tmp_path / "home"


def opened(home: Path) -> str:
    return str(run("case", "open", FINDING, "--json", home=home).json["id"])


def test_a_case_from_its_opening_to_its_verdict_and_back(home: Path) -> None:
    ident = opened(home)
    for words, did in (
        (("note", ident, "--why", "called them"), "noted"),
        (("state", ident, "investigating", "--why", "x"), "open -> investigating"),
        (("assign", ident, "dana"), "assigned to dana"),
        (("hold", ident, "--why", "court order"), "put under legal hold"),
        (("release", ident, "--why", "over"), "released from legal hold"),
        (("join", ident, OTHER), f"joined {OTHER}"),
        (("close", ident, "--verdict", "confirmed", "--why", "they said so"), "closed as confirmed"),
        (("reopen", ident, "--why", "new facts"), "reopened; the verdict is taken back"),
    ):
        done = run("case", *words, "--json", home=home)
        assert (done.code, done.json["history"][-1]["did"]) == (0, did)
    done = run("case", "split", ident, OTHER, "--why", "strangers", "--json", home=home)
    assert done.json["made"]["findings"] == [OTHER]
    told = run("case", "list", "--json", home=home).json["cases"]
    assert [one["findings"] for one in told] == [[OTHER], [FINDING]]
    assert run("case", "list", "--state", "closed", "--json", home=home).json == {"cases": []}
    page = run("case", "show", ident, "--json", home=home).json
    assert (page["people"], page["state"], len(page["history"])) == (20, "open", 10)


def test_words_for_a_terminal_hold_no_control_characters(home: Path) -> None:
    assert "No cases" in run("case", "list", home=home).out
    ident = opened(home)
    run("case", "join", ident, OTHER, "--why", HOSTILE, home=home)
    run("case", "assign", ident, HOSTILE, home=home)
    for words in (("list",), ("show", ident), ("note", ident, "--why", HOSTILE), ("scope", ident), ("assign", ident, HOSTILE + "b")):
        done = run("case", *words, home=home)
        assert done.code == 0
        assert "\x1b" not in done.out
        assert "\u202e" not in done.out
    assert "40 people (exact)" in run("case", "show", ident, home=home).out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("show", "K-2026-000000"), 2, "No case"),
        (("open", "F-none"), 2, "No finding"),
        (("open",), 2, "Missing argument"),
        (("close", "{case}", "--verdict", "benign"), 2, "--why"),
        (("close", "{case}", "--verdict", "perhaps", "--why", "x"), 2, "perhaps"),
        (("note", "{case}", "--why", "  "), 2, "Say why"),
        (("reopen", "{case}", "--why", "x"), 2, "is not closed"),
        (("scope", "{case}", "--reveal"), 2, "--reveal-key FILE or --ids FILE"),
        (("scope", "{case}", "--ids", "x.csv"), 2, "--reveal"),
        (("scope", "{case}", "--reveal", "--ids", "x.csv"), 2, "--people FILE"),
        (("scope", "{case}", "--people", "x.xlsx"), 2, ".csv or .parquet"),
    ],
)
def test_what_goes_wrong_is_said_in_one_sentence(home: Path, words: tuple[str, ...], code: int, said: str) -> None:
    ident = opened(home)
    done = run("case", *(word.replace("{case}", ident) for word in words), home=home)
    assert done.code == code
    assert said in done.err
    assert "Traceback" not in done.err


def test_people_and_asked_go_to_files_apart(home: Path, tmp_path: Path) -> None:
    ident = opened(home)
    people, asked = tmp_path / "people.csv", tmp_path / "asked.parquet"
    done = run("case", "scope", ident, "--people", people, "--asked", asked, "--json", home=home)
    assert (done.json["people"], done.json["asked_not_shown"]) == (20, 1)
    assert len(people.read_text().splitlines()) == 21
    assert asked.exists()
    assert "people.example" not in people.read_text()


def test_a_key_is_made_and_reveals_and_that_shows(home: Path, tmp_path: Path) -> None:
    ident = opened(home)
    made = run("reveal-key", "-o", tmp_path / "reveal.key", "--json", home=home)
    assert made.code == 0
    assert (tmp_path / "reveal.key").stat().st_mode & 0o077 == 0
    (home / "nilometer.toml").write_text("[reveal]\nkeep = true\n")
    (tmp_path / "more.ndjson").write_bytes(rows(50))
    assert run("ingest", tmp_path / "more.ndjson", home=home).code == 0
    given = ("--people", tmp_path / "notice.csv", "--reveal", "--reveal-key", tmp_path / "reveal.key")
    done = run("case", "scope", ident, *given, "--why", "notice", "--json", home=home)
    assert (done.json["people"], done.json["revealed"]) == (25, 25)
    with (tmp_path / "notice.csv").open() as stream:
        assert {one["id"] for one in csv.DictReader(stream)} == expected(50)
    assert "Revealed by Nilometer itself" in run("who", "000@people.example", home=home).out
    assert run("case", "show", ident, "--json", home=home).json["history"][-1]["why"] == "notice"


def test_detect_says_what_belongs_together(home: Path, tmp_path: Path) -> None:
    done = run("case", "open", FINDING, "--related", "--json", home=home)
    assert done.json["findings"] == [FINDING]  # different apps, different people: nothing belongs with it
    assert done.json["suggestions"] == []
