"""A home: its key is made once, kept to its owner, and never made anew beside what only the old one can read."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from nilometer.app import assembly
from nilometer.errors import ConfigError, InputError
from tests.cli.running import row, run, written

KEY = "keys/pseudonym.json"


def test_a_home_is_made_once(tmp_path: Path) -> None:
    home = tmp_path / "a" / "b"
    assert assembly.create(home)
    key = (home / KEY).read_bytes()
    assert not assembly.create(home)
    assert (home / KEY).read_bytes() == key
    assert len(bytes.fromhex(json.loads(key)["secret"])) == 32
    assert (home / KEY).stat().st_mode & 0o777 == 0o600
    assert home.stat().st_mode & 0o777 == 0o700
    assert "# memory" in (home / "nilometer.toml").read_text()
    assert not [p for p in home.rglob("*") if p.name.endswith(".new")]


def test_two_homes_never_share_a_key(tmp_path: Path) -> None:
    for name in "ab":
        assembly.create(tmp_path / name)
    assert (tmp_path / "a" / KEY).read_text() != (tmp_path / "b" / KEY).read_text()


def test_of_many_that_begin_at_once_one_makes_the_key(tmp_path: Path) -> None:
    for number in range(20):
        home, gate = tmp_path / str(number), Barrier(6)

        def begin(home: Path = home, gate: Barrier = gate) -> tuple[bool, bytes]:
            gate.wait()
            return assembly.create(home), (home / KEY).read_bytes()

        with ThreadPoolExecutor(6) as pool:
            done = [f.result() for f in [pool.submit(begin) for _ in range(6)]]
        assert sum(made for made, _ in done) == 1
        assert {key for _, key in done} == {(home / KEY).read_bytes()}
        assert [p.name for p in (home / "keys").iterdir()] == ["pseudonym.json"]


@pytest.mark.parametrize("used", [["detect"], ["who", "1"], []])
def test_no_new_key_beside_an_old_ledger(tmp_path: Path, used: list[str]) -> None:
    home = tmp_path / "home"
    run("ingest", written(tmp_path / "log", [row(1)]), home=home)
    if used:
        run(*used, home=home)
    key = (home / KEY).read_bytes()
    (home / KEY).unlink()
    for command in (["init"], ["ingest", tmp_path / "log"], ["who", "1"], ["doctor"], ["detect"]):
        done = run(*command, home=home)
        assert done.code == 2
        assert "holds a ledger but no key (keys/pseudonym.json). Restore the key" in done.err
        assert not (home / KEY).exists()
    (home / KEY).write_bytes(key)
    (home / KEY).chmod(0o600)
    assert run("who", "user-1", "--json", home=home).json["exposures"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o777])
def test_a_key_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    assembly.create(tmp_path / "home")
    (tmp_path / "home" / KEY).chmod(mode)
    done = run("reach", home=tmp_path / "home")
    assert (done.code, done.out) == (2, "")
    assert f"may be read by others (mode {mode:04o})" in done.err
    assert "chmod 600" in done.err
    assert run("doctor", home=tmp_path / "home").code == 2


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "7", '{"epoch":1}', '{"epoch":"x","secret":"00"}', '{"epoch":1,"secret":"zz"}', '{"epoch":1,"secret":"00"}']
)
def test_what_is_no_key_is_said_and_not_shown(tmp_path: Path, content: str) -> None:
    assembly.create(tmp_path)
    (tmp_path / KEY).write_text(content)
    with pytest.raises(ConfigError, match=r"is not a key file|the key has 1 bytes; expected at least 32"):
        assembly.open_home(tmp_path)


def test_a_folder_with_other_things_is_no_home(tmp_path: Path) -> None:
    (tmp_path / "letters").touch()
    with pytest.raises(InputError, match="holds other files"):
        assembly.create(tmp_path)
    with pytest.raises(InputError, match="is a file; expected a folder"):
        assembly.create(tmp_path / "letters")
    with pytest.raises(ConfigError, match="cannot be made"):
        assembly.create(tmp_path / "letters" / "home")


def test_which_home_is_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NILOMETER_HOME", raising=False)
    assert assembly.chosen(None) == Path("nilometer-home")
    monkeypatch.setenv("NILOMETER_HOME", str(tmp_path))
    assert assembly.chosen(None) == tmp_path
    assert assembly.chosen("x") == Path("x")
    assert run("init", "--json").json == {"home": str(tmp_path), "created": True}


def test_a_temporary_home_is_gone(tmp_path: Path) -> None:
    home = assembly.temporary_home()
    assert home.folder.exists()
    home.close()
    assert not home.folder.exists()
