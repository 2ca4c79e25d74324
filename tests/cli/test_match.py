"""match, identities, canary and `who --by` through the command line: what a person sees, one JSON document, hostile names, clear refusals."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.app import leaked
from tests.cli.running import run


@pytest.fixture(name="home", scope="module")
def _home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return leaked.made(tmp_path_factory.mktemp("leaked"))


@pytest.fixture(name="found")
def _found(tmp_path: Path) -> Path:
    people = sorted(np.random.default_rng(1).choice(leaked.partner(3), 400, replace=False).tolist())
    return leaked.dump(tmp_path / "dump.csv", people, foreign=20)


def test_match_in_words_and_as_json(home: Path, found: Path) -> None:
    words = run("match", found, home=home)
    assert words.code == 0
    for text in (
        "420 rows: 400 of 400 people",
        "Verdict: app app-3 of company firm-1",
        "column 2 is id",
        "tel is phone",
        "by chance",
        "not in the ledger",
    ):
        assert text in words.out, text
    said = run("match", found, "--json", home=home).json
    assert said["verdict"] == "app app-3"
    assert set(said["suspects"][0]) >= {"level", "id", "held", "probability", "low", "high", "window"}
    assert run("match", found, "--json", "--top", "1", home=home).json["suspects"] == said["suspects"][:1]


def test_match_belongs_to_a_case(home: Path, found: Path) -> None:
    done = run("match", found, "--case", "K-2020-00000000", home=home)
    assert done.code == 2
    assert "K-2020-00000000" in done.err


def test_hostile_names_do_not_reach_the_terminal(home: Path, tmp_path: Path) -> None:
    rows = "".join(f"{leaked.ident(one)},{leaked.shown(one)}\n" for one in leaked.partner(3)[:50])
    (tmp_path / "evil\x1b[31m.csv").write_text(f"a\x1b]0;owned\x07,[red]b\u202e\n{rows}")
    done = run("match", tmp_path / "evil\x1b[31m.csv", home=home)
    assert done.code == 0
    assert not {"\x1b", "\x07", "\u202e"} & set(done.out + done.err)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["nothing.csv"], "does not exist"),
        ([], "DUMP"),
        (["{dump}", "--mapping", "no.toml"], "no.toml"),
        (["{dump}", "--country", "xx"], "calling code"),
        (["{dump}", "--nobody", "1"], "nobody"),
        (["{dump}", "--until", "soon"], "soon"),
    ],
)
def test_wrong_use_is_said_in_one_line(home: Path, found: Path, arguments: list[str], why: str) -> None:
    done = run("match", *(one.replace("{dump}", str(found)) for one in arguments), home=home)
    assert (done.code, done.out) == (2, "")
    assert why in done.err


def test_identities_say_what_they_took_in(tmp_path: Path) -> None:
    leaked.identities(tmp_path / "ids.csv")
    first = run("identities", tmp_path / "ids.csv", "--country", "86", home=tmp_path / "home")
    assert first.code == 0
    assert "new identities" in first.out
    again = run("identities", tmp_path / "ids.csv", "--json", home=tmp_path / "home").json
    assert again["new"] == 0
    assert again["people"] == leaked.PEOPLE
    assert run("identities", "--json", home=tmp_path / "home").json["kinds"] == again["kinds"]


def test_who_by_phone(home: Path) -> None:
    one = leaked.partner(3)[1]
    by_id = run("who", leaked.ident(one), "--json", home=home).json
    assert run("who", "--by", "phone", leaked.shown(one), "--json", home=home).json == by_id
    assert run("who", "--by", "Mobile", f"+86 {leaked.shown(one)}", "--json", home=home).json == by_id
    for value, kind, why in (("13099999999", "phone", "nobody's"), ("x", "phone", "no phone"), ("Anonymous", "nickname", "people at the same time"), ("x", "iban", "No identities")):  # fmt: skip
        done = run("who", "--by", kind, value, home=home)
        assert (done.code, why in done.err) == (2, True), done.err


def test_canaries_are_planted_listed_and_removed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    made = run("canary", "plant", "app", "partner-7", "--make", "3", "--like", "88#########", home=home)
    assert made.code == 0
    assert len(made.out.split()) == 3
    listed = run("canary", "list", "--json", home=home).json["canaries"]
    assert [one["value"] for one in listed] == made.out.split()
    assert "partner-7" in run("canary", "list", home=home).out
    assert "3 canaries" in run("canary", "remove", "app", "partner-7", home=home).out
    assert json.loads(run("canary", "list", "--json", home=home).out) == {"canaries": []}
    for wrong in (["--make", "3"], ["--value", "x", "--make", "3", "--like", "######"], []):
        assert run("canary", "plant", "app", "partner-7", *wrong, home=home).code == 2
