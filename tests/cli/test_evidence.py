"""The evidence commands as a person and a stranger use them: sealed, exported, verified by the bundle's own script, and refused when spoiled."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import nilometer as nm
from nilometer.app import journal
from nilometer.tlog.note import SecretKey
from tests.app import case_home
from tests.cli.running import COMMAND, lines, row, run, written


@pytest.fixture(name="made", scope="module")
def _made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, Path, str]:
    """A home with a case under hostile names, the case, its bundle, and the log's key."""
    folder = tmp_path_factory.mktemp("made")
    ident = case_home.made(folder / "home")
    done = run("evidence", "export", ident, "-o", folder / "case.zip", "--why", "for <b>the police</b>", home=folder / "home")
    assert done.code == 0, done.err
    return folder / "home", ident, folder / "case.zip", run("evidence", "key", home=folder / "home").out.strip()


@pytest.fixture(name="home")
def _home(made: tuple[Path, str, Path, str], tmp_path: Path) -> Path:
    """A copy of the home, with a second place of its own."""
    shutil.copytree(made[0], tmp_path / "home")
    return tmp_path / "home"


def test_seal_says_what_is_signed(home: Path) -> None:
    said = run("evidence", "seal", "--json", home=home).json
    words = run("evidence", "seal", home=home)
    assert words.code == 0
    assert f"{said['size']:,} entries are sealed" in words.out
    assert said["root"] in words.out
    assert run("evidence", "seal", "--json", home=home).json["size"] == said["size"], "nothing new, nothing sealed"


def test_an_empty_home_has_nothing_that_is_wrong(tmp_path: Path) -> None:
    assert run("evidence", "seal", home=tmp_path / "home").code == 0
    done = run("evidence", "verify", tmp_path / "home")
    assert (done.code, "Everything holds." in done.out) == (0, True)


def test_verify_a_home_and_its_bundle(made: tuple[Path, str, Path, str], home: Path) -> None:
    _, _, bundle, key = made
    for what, more in ((home, ["--deep"]), (bundle, []), (bundle, ["--key", key])):
        done = run("evidence", "verify", what, *more)
        assert (done.code, "Everything holds." in done.out) == (0, True), done.out
        said = run("evidence", "verify", what, *more, "--json").json
        assert (said["holds"], said["wrong"]) == (True, "")
    for what in (bundle, home):
        other = run("evidence", "verify", what, "--key", SecretKey(name=key.split("+")[0], seed=b"2" * 32).public.vkey)
        assert (other.code, "DOES NOT HOLD" in other.out) == (1, True)


def test_what_is_no_key_and_no_bundle_is_wrong_input(made: tuple[Path, str, Path, str], tmp_path: Path) -> None:
    home, _, bundle, key = made
    for what in (bundle, home, tmp_path / "one.tlog-proof"):
        for wrong in ("garbage", "", key[:-3] + ("AAA" if key[-3:] != "AAA" else "BBB")):
            done = run("evidence", "verify", what, "--key", wrong)
            assert (done.code, done.out, "--key is no key" in done.err) == (2, "", True), (what, wrong, done.out)
    (tmp_path / "key.txt").write_text(key)
    done = run("evidence", "verify", tmp_path / "key.txt")
    assert (done.code, done.out, "neither a bundle" in done.err) == (2, "", True)


@pytest.mark.parametrize("command", [("export", "findings", "--as", "ocsf"), ("export", "forms"), ("evidence", "verify"), ("--help",)])
def test_a_reader_that_goes_away_is_no_answer(made: tuple[Path, str, Path, str], command: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        environment = {**os.environ, "NILOMETER_HOME": str(made[0])}
        done = subprocess.run([*COMMAND, *command], stdout=writing, stderr=subprocess.PIPE, env=environment, check=False, timeout=120)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


def test_a_stranger_with_nothing_but_python(made: tuple[Path, str, Path, str], tmp_path: Path) -> None:
    _, _, bundle, key = made
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(tmp_path / "unpacked")
    [script] = (tmp_path / "unpacked").rglob("verify.py")

    def verdict(*more: str) -> subprocess.CompletedProcess[str]:
        folder = next(path.parent for path in (tmp_path / "unpacked").rglob("bagit.txt"))
        return subprocess.run([sys.executable, "-I", "-S", str(script), *more], cwd=folder, capture_output=True, text=True, check=False)

    for more in ((), ("--key", key)):
        done = verdict(*more)
        assert done.returncode == 0, done.stdout + done.stderr
    people = next((tmp_path / "unpacked").rglob("people*.csv"))
    people.write_bytes(people.read_bytes().replace(b"nickname", b"nickmame", 1))
    done = verdict()
    assert done.returncode == 1
    assert people.name in done.stdout + done.stderr
    assert run("evidence", "verify", people.parents[len(people.relative_to(tmp_path / "unpacked").parents) - 2]).code == 1


def test_names_that_attack_reach_nobody(made: tuple[Path, str, Path, str], tmp_path: Path) -> None:
    home, ident, bundle, _ = made
    with zipfile.ZipFile(bundle) as archive:
        texts = {
            name: archive.read(name).decode("utf-8", "replace")
            for name in archive.namelist()
            if name.endswith((".html", ".csv", ".txt", ".md"))
        }
    assert texts
    for name, text in texts.items():
        assert "<b>the police" not in text or not name.endswith(".html"), name
        for line in text.splitlines():
            assert not (name.endswith(".csv") and line.startswith(("=", "+", "@"))), (name, line[:40])
    for command in (("case", "show", ident), ("evidence", "verify", bundle)):
        out = run(*command, home=home).out if command[0] == "case" else run(*command).out
        assert "\u202e" not in out


@pytest.mark.parametrize("spoil", ["segment", "journal", "findings", "checkpoint", "tile"])
def test_a_spoiled_home_is_named(home: Path, spoil: str) -> None:
    path = {
        "segment": next((home / "ledger" / "segments").glob("*.parquet")),
        "journal": home / "evidence" / "journal.ndjson",
        "findings": home / "findings.sealed",
        "checkpoint": home / "evidence" / "checkpoint",
        "tile": next(one for one in (home / "evidence" / "tile").rglob("*") if one.is_file()),
    }[spoil]
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)
    done = run("evidence", "verify", home)
    assert done.code == 1, done.out
    assert "DOES NOT HOLD" in done.out
    assert run("evidence", "verify", home, "--json").json["wrong"]


def test_what_a_folder_is_called_excuses_nothing(made: tuple[Path, str, Path, str], tmp_path: Path) -> None:
    home = tmp_path / "the next `nilometer who` makes it anew"
    shutil.copytree(made[0], home)
    next((home / "ledger" / "names").iterdir()).unlink()
    done = run("evidence", "verify", home)
    assert (done.code, "DOES NOT HOLD" in done.out) == (1, True), done.out


def test_bundles_that_are_none(made: tuple[Path, str, Path, str], tmp_path: Path) -> None:
    whole = made[2].read_bytes()
    cases = {
        "empty": b"",
        "text": b"no zip",
        "half": whole[: len(whole) // 2],
        "flip": whole[:2000] + bytes([whole[2000] ^ 1]) + whole[2001:],
    }
    for name, content in cases.items():
        (tmp_path / f"{name}.zip").write_bytes(content)
        done = run("evidence", "verify", tmp_path / f"{name}.zip")
        assert done.code in (1, 2), name
        assert "Everything holds" not in done.out
    outside = tmp_path / "outside.zip"
    shutil.copyfile(made[2], outside)
    with zipfile.ZipFile(outside, "a") as archive:
        archive.writestr("../../evil.txt", "x")
    done = run("evidence", "verify", outside)
    assert done.code == 1
    assert not (tmp_path.parent / "evil.txt").exists()
    for wrong in (tmp_path / "nothing.zip", tmp_path):
        done = run("evidence", "verify", wrong)
        assert (done.code, done.out) == (2, "")


def test_proving_one_disclosure(home: Path, tmp_path: Path) -> None:
    run("evidence", "seal", home=home)
    with nm.open(home) as opened:
        segment, key = opened.home.ledger.manifest.segments[0].file, journal.log(opened.home).key.vkey
    done = run("evidence", "prove", segment, "5", "-o", tmp_path / "one.tlog-proof", home=home)
    assert done.code == 0, done.err
    assert (tmp_path / "one.tlog-proof").stat().st_size < 4096
    checked = run("evidence", "verify", tmp_path / "one.tlog-proof", "--key", key)
    assert (checked.code, "subject" in checked.out) == (0, True)
    spoilt = bytearray((tmp_path / "one.tlog-proof").read_bytes())
    spoilt[len(spoilt) // 2] ^= 1
    (tmp_path / "bad.tlog-proof").write_bytes(spoilt)
    assert run("evidence", "verify", tmp_path / "bad.tlog-proof", "--key", key).code == 1
    for arguments in ((segment, "99999999", "-o", tmp_path / "x.tlog-proof"), ("segments/none.parquet", "1", "-o", tmp_path / "x.tlog-proof"), (segment, "1", "-o", tmp_path / "x.txt")):  # fmt: skip
        wrong = run("evidence", "prove", *arguments, home=home)
        assert (wrong.code, wrong.out) == (2, "")
    assert not (tmp_path / "x.tlog-proof").exists()


def test_export_of_what_is_not_there(home: Path, tmp_path: Path) -> None:
    for arguments in (("K-2020-00000000", "-o", tmp_path / "x.zip"), ("K-2020-00000000",)):
        done = run("evidence", "export", *arguments, home=home)
        assert (done.code, done.out) == (2, "")
    assert not list(tmp_path.glob("x.zip*"))


def test_a_rolled_back_home_is_seen_and_a_lost_second_place_renewed(tmp_path: Path) -> None:
    home, second = tmp_path / "home", tmp_path / "second" / "last.checkpoint"
    second.parent.mkdir()
    home.mkdir()
    (home / "nilometer.toml").write_text(f'[evidence]\nsecond_place = "{second}"\n')
    run("ingest", written(tmp_path / "a.ndjson", lines([row(n) for n in range(20)])), home=home)
    shutil.copytree(home, tmp_path / "earlier")
    run("ingest", written(tmp_path / "b.ndjson", lines([row(100 + n) for n in range(20)])), home=home)
    assert run("evidence", "verify", home).code == 0
    back = run("evidence", "verify", tmp_path / "earlier")
    assert (back.code, "rolled back" in back.out) == (1, True)
    assert run("evidence", "seal", home=tmp_path / "earlier").code == 3, "signing refuses to go backwards"
    second.unlink()
    assert run("evidence", "verify", home).code == 1
    assert run("evidence", "renew", home=home).code == 2
    renewed = run("evidence", "renew", "--why", "the disk was replaced", home=home)
    assert renewed.code == 0
    assert run("evidence", "verify", home).code == 0
    with nm.open(home) as opened:
        assert "the disk was replaced" in json.dumps([entry.body for entry in journal.entries(opened.home)])


def second_place(home: Path, where: str) -> None:
    (home / "nilometer.toml").write_text(f'[evidence]\nsecond_place = "{where}"\n' if where else "")


@pytest.mark.parametrize("first", ["", "first.checkpoint"])
def test_a_home_from_before_the_second_place_moved_is_found(tmp_path: Path, first: str) -> None:
    """From the account's own place to another disk, and from one disk to another."""
    home, other = tmp_path / "home", tmp_path / "other.checkpoint"
    home.mkdir()
    second_place(home, str(tmp_path / first) if first else "")
    run("ingest", written(tmp_path / "a.ndjson", lines([row(n) for n in range(20)])), home=home)
    shutil.copytree(home, tmp_path / "before")
    second_place(home, str(other))
    assert run("evidence", "verify", home).code == 1, "the new place is empty"
    assert run("evidence", "renew", "--why", "another disk", home=home).code == 0
    run("who", "user-1", home=home)
    said = run("evidence", "verify", home, "--json")
    assert (said.code, [text for text in said.json["noticed"] if "place" in text]) == (0, [])
    shutil.copytree(home, tmp_path / "between")

    old = run("evidence", "verify", tmp_path / "before")
    assert (old.code, f"is kept in {other}" in old.out) == (1, True), old.out
    assert run("evidence", "seal", home=tmp_path / "before").code == 3, "it signs no other history"
    assert run("evidence", "renew", "--why", "x", home=tmp_path / "before").code == 3, "nor does it say that nothing was"
    second_place(tmp_path / "before", str(tmp_path / "third.checkpoint"))
    assert run("evidence", "renew", "--why", "x", home=tmp_path / "before").code == 3

    run("who", "user-2", home=home)
    second_place(home, str(tmp_path / first) if first else "")
    assert run("evidence", "verify", home).code == 1
    assert run("evidence", "seal", home=home).code == 3
    assert run("evidence", "renew", "--why", "the disk goes back", home=home).code == 0
    run("who", "user-3", home=home)
    assert run("evidence", "verify", home).code == 0
    assert run("evidence", "renew", "--why", "again", home=home).code == 2, "nothing to renew"
    back = run("evidence", "verify", tmp_path / "between")
    assert (back.code, "rolled back" in back.out or "moved" in back.out) == (1, True), back.out


def test_a_second_place_that_was_copied_by_hand_leaves_word_too(tmp_path: Path) -> None:
    home, other = tmp_path / "home", tmp_path / "other.checkpoint"
    run("ingest", written(tmp_path / "a.ndjson", lines([row(n) for n in range(20)])), home=home)
    shutil.copytree(home, tmp_path / "before")
    shutil.copyfile(run("evidence", "seal", "--json", home=home).json["second_place"], other)
    second_place(home, str(other))
    noticed = run("evidence", "verify", home, "--json").json["noticed"]
    assert any("does not say yet" in text for text in noticed)
    run("who", "user-1", home=home)
    assert run("evidence", "verify", home).code == 0
    old = run("evidence", "verify", tmp_path / "before")
    assert (old.code, "moved" in old.out) == (1, True)
