"""Settings: everything has a default, and what is not known is an error that names the key."""

from __future__ import annotations

import tempfile
import tomllib
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nilometer.app import context, settings
from nilometer.errors import ConfigError
from tests.cli.running import run


def test_none_and_the_template_are_the_defaults(tmp_path: Path) -> None:
    assert settings.load(tmp_path) == settings.Settings()
    (tmp_path / settings.FILE).write_text(settings.TEMPLATE)
    assert settings.load(tmp_path) == settings.Settings()


def test_the_template_shows_the_defaults() -> None:
    lines = [line for line in settings.TEMPLATE.splitlines() if line.startswith("[") or (line.startswith("# ") and " = " in line)]
    shown = "\n".join(line.removeprefix("# ") for line in lines if "floor" not in line)
    said = tomllib.loads(shown)
    del said["evidence"]  # whose defaults are found out: what stands there is an example
    assert msgspec.convert(said, settings.Settings) == settings.Settings()
    every = {
        f"{table}.{key}"
        for table in ("engine", "detection", "evidence", "reveal")
        for key in getattr(settings.Settings(), table).__struct_fields__
    }
    assert {f"{table}.{key}" for table, keys in tomllib.loads(shown).items() for key in keys} == every


def test_the_template_names_the_other_file_an_operator_writes() -> None:
    assert context.FILE in settings.TEMPLATE


@given(st.floats(min_value=0, max_value=1000, exclude_min=True))
def test_a_stated_rate_is_read_as_it_was_written(rate: float) -> None:
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / settings.FILE).write_text(f"[detection]\nfalse_alarms = {rate!r}\n")
        assert settings.load(Path(place)).detection.false_alarms == rate


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[engine]\nmemroy = '1GB'\n", "memroy"), ("[engin]\n", "engin"), ("[engine]\nthreads = 'two'\n", r"\$\.engine\.threads"), ("[engine", "not a TOML file"),
        ("[detectors.reach]\nfloor = []\n", "detectors"), ("\x00", "not a TOML file"), ("[engine]\nthreads = 0\n", "threads"), ("[engine]\nmemory = 'much'\n", "memory"),
        ("[engine]\nmemory = \"1GB'; DROP\"\n", "memory"),
        ("[detection]\nfalse_alarms = 0\n", "false_alarms"), ("[detection]\nfalse_alarms = -1.0\n", "false_alarms"),
        ("[detection]\nfalse_alarms = 1000.5\n", "false_alarms"), ("[detection]\nfalse_alarms = nan\n", "false_alarms"),
        ("[detection]\nfalse_alarms = inf\n", "false_alarms"), ("[detection]\nfalse_alarms = '1'\n", "false_alarms"),
        ("[detection]\nfalse_alarm = 1\n", "false_alarm"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / settings.FILE).write_text(text)
    with pytest.raises(ConfigError, match=says) as told:
        settings.load(tmp_path)
    assert str(tmp_path / settings.FILE) in str(told.value)


def test_the_front_door_says_so(tmp_path: Path) -> None:
    home = tmp_path / "home"
    run("init", home=home)
    for text, says in (
        ("[detectors.nonsense]\nx = 1\n", "no such detector"),
        ("[detectors.reach]\nnonsense = 1\n", "its settings are"),
        ("[detectors.reach]\npower = 'x'\n", "expected a number from 1 to 100"),
        ("[detectors.reach]\npower = nan\n", "expected a number from 1 to 100"),
        ("[detectors.reach]\npower = -1\n", "expected a number from 1 to 100"),
        ("[detectors.reach]\nfloor = true\n", "expected a whole number"),
        ("[detectors.reach]\nwindow = 1.5\n", "expected a whole number"),
        ("[detectors.novelty]\nleast = -5\n", "expected a whole number from 1"),
        ("[detectors.reach]\nshare = 1e400\n", "expected a number from 0 to 1"),
        ("[detectors.novelty]\nratio = 1\n", "expected a number from 1.01"),
        (b"\xff\xfe", "TOML"),
    ):
        (home / settings.FILE).write_bytes(text if isinstance(text, bytes) else text.encode())
        done = run("detect", home=home)
        assert (done.code, done.out) == (2, "")
        assert says in done.err
        assert "nilometer.toml" in done.err
