"""Settings: everything has a default, and what is not known is an error that names the key."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec
import pytest

from nilometer.app import settings
from nilometer.errors import ConfigError
from tests.cli.running import run


def test_none_and_the_template_are_the_defaults(tmp_path: Path) -> None:
    assert settings.load(tmp_path) == settings.Settings()
    (tmp_path / settings.FILE).write_text(settings.TEMPLATE)
    assert settings.load(tmp_path) == settings.Settings()


def test_the_template_shows_the_defaults() -> None:
    shown = "\n".join(
        line.removeprefix("# ").split("  #")[0] for line in settings.TEMPLATE.splitlines() if " = " in line and "floor" not in line
    )
    assert msgspec.convert(tomllib.loads("[engine]\n" + shown), settings.Settings) == settings.Settings()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[engine]\nmemroy = '1GB'\n", "memroy"), ("[engin]\n", "engin"), ("[engine]\nthreads = 'two'\n", r"\$\.engine\.threads"), ("[engine", "not a TOML file"),
        ("[detectors.reach]\nfloor = []\n", "detectors"), ("\x00", "not a TOML file"), ("[engine]\nthreads = 0\n", "threads"), ("[engine]\nmemory = 'much'\n", "memory"),
        ("[engine]\nmemory = \"1GB'; DROP\"\n", "memory"),
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
        (b"\xff\xfe", "TOML"),
    ):
        (home / settings.FILE).write_bytes(text if isinstance(text, bytes) else text.encode())
        done = run("detect", home=home)
        assert (done.code, done.out) == (2, "")
        assert says in done.err
        assert "nilometer.toml" in done.err
