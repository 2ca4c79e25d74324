"""erase through the command line: looks first, asks, refuses under a hold with exit code 1, answers one JSON document."""

from __future__ import annotations

from pathlib import Path

import nilometer as nm
from nilometer.app import cases
from tests.app import case_home
from tests.cli.running import lines, row, run, written


def test_looks_erases_and_says_so(tmp_path: Path) -> None:
    home = tmp_path / "home"
    run("ingest", written(tmp_path / "a.ndjson", lines([row(n, subject=f"u{n % 5}") for n in range(50)])), home=home)
    dry = run("erase", "u1", "u2", "--why", "asked", "--dry-run", home=home)
    assert dry.code == 0
    assert "2 people asked for, 2 of them" in dry.out
    assert "20 disclosures" in dry.out
    asked = run("erase", "u1", "--why", "asked", home=home)
    assert asked.code == 2
    assert "--yes" in asked.err
    assert run("who", "u1", "--json", home=home).json["exposures"]
    (tmp_path / "list.txt").write_text("\ufeffu1\nu2\n\n")
    done = run("erase", "--list", tmp_path / "list.txt", "--why", "asked", "--yes", "--json", home=home)
    assert done.code == 0
    assert (done.json["people"], done.json["found"], done.json["rows"], done.json["erased"]) == (2, 2, 20, True)
    assert run("who", "u1", "--json", home=home).json["exposures"] == []
    assert run("evidence", "verify", home, "--deep", home=home).code == 0
    assert "Nothing was kept" in run("erase", "nobody", "--why", "asked", "--yes", home=home).out


def test_wrong_use(tmp_path: Path) -> None:
    home = tmp_path / "home"
    for arguments in (
        ["--why", "x"],
        ["u1"],
        ["u1", "--why", " ", "--yes"],
        ["--list", tmp_path / "no.txt", "--why", "x"],
        ["", "--why", "x", "--yes"],
    ):
        done = run("erase", *arguments, home=home)
        assert (done.code, done.out) in {(2, ""), (2, "1 person asked for, 0 of them in the ledger:\n  0 disclosures in 0 segments\n  0 identities, 0 sealed ids, 0 recorded look-ups\n")}  # fmt: skip
        assert done.err


def test_a_hold_is_exit_code_one_with_the_articles(tmp_path: Path) -> None:
    ident = case_home.made(tmp_path / "home")
    with nm.open(tmp_path / "home") as opened:
        cases.told(opened.home, ident, "hold", "police")
    for extra in (["--yes"], ["--dry-run"]):
        done = run("erase", "new-31-5", "--why", "asked", *extra, home=tmp_path / "home")
        assert done.code == 1
        for text in (ident, "17(3)(e)", "PIPL art. 47"):
            assert text in done.err
    done = run("erase", "new-31-5", "--why", "asked", "--yes", "--json", home=tmp_path / "home")
    assert (done.code, done.json["erased"], done.json["holds"]) == (1, False, [ident])
