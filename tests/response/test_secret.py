"""Secrets: from files that only the owner reads; no error holds one."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nilometer.errors import ConfigError
from nilometer.response import secret
from tests.response import desks


def test_a_secret_is_read(tmp_path: Path) -> None:
    assert secret.read(tmp_path, desks.secret_file(tmp_path, "  tok3n "), "x") == "tok3n"
    assert secret.signing(tmp_path, desks.secret_file(tmp_path), "x") == desks.SECRET
    assert secret.read(Path("/nowhere"), str(tmp_path / "hook.secret"), "x") == desks.WHSEC


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o601])
def test_what_others_can_read_is_no_secret(tmp_path: Path, mode: int) -> None:
    with pytest.raises(ConfigError, match=f"{mode:04o}.*chmod 600"):
        secret.read(tmp_path, desks.secret_file(tmp_path, mode=mode), "[response.webhook] secret_file")


@pytest.mark.parametrize("content", ["", "\n", "two\nlines", "x" * 5000, "a\x00b", "\x1b[31m"])
def test_what_is_no_secret_is_refused(tmp_path: Path, content: str) -> None:
    name = desks.secret_file(tmp_path, content)
    with pytest.raises(ConfigError, match="one line"):
        secret.read(tmp_path, name, "key")


def test_bytes_folders_pipes_and_nothing(tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    (tmp_path / "bytes").chmod(0o600)
    os.mkfifo(tmp_path / "pipe", 0o600)
    for name, says in (("bytes", "text"), (".", "no file"), ("pipe", "no file"), ("absent", "cannot be read")):
        with pytest.raises(ConfigError, match=says):
            secret.read(tmp_path, name, "key")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(content=st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]), min_size=8, max_size=120))
def test_no_error_holds_a_secret(tmp_path: Path, content: str) -> None:
    name = desks.secret_file(tmp_path, content)
    with pytest.raises(ConfigError) as told:
        secret.signing(tmp_path, name, "key")
    assert content not in str(told.value)
    assert told.value.__cause__ is None


@pytest.mark.parametrize(("size", "good"), [(23, False), (24, True), (64, True), (65, False), (0, False)])
def test_how_long_a_signing_secret_is(tmp_path: Path, size: int, good: bool) -> None:
    name = desks.secret_file(tmp_path, "whsec_" + base64.b64encode(b"s" * size).decode())
    if good:
        assert len(secret.signing(tmp_path, name, "key")) == size
    else:
        with pytest.raises(ConfigError, match="24 to 64 bytes"):
            secret.signing(tmp_path, name, "key")


def test_a_bare_secret_is_not_guessed_at(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="whsec_"):
        secret.signing(tmp_path, desks.secret_file(tmp_path, base64.b64encode(b"s" * 32).decode()), "key")
