"""Canaries: an actor's own seed, nobody's real value, sealed, and refused where they would prove nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import nilometer as nm
from nilometer.app import canaries, identityfiles, journal
from nilometer.errors import EvidenceError, InputError
from tests.cli.running import every_byte, lines, row


@pytest.fixture(name="home")
def _home(tmp_path: Path) -> Path:
    (tmp_path / "rows.ndjson").write_bytes(lines([row(n, subject=f"88{n:03d}", app="shop" if n % 2 else "leak") for n in range(40)]))
    (tmp_path / "ids.csv").write_text("subject,phone\n88001,13900000001\n")
    with nm.open(tmp_path / "home") as home:
        home.ingest(tmp_path / "rows.ndjson")
        identityfiles.take(home.home, [str(tmp_path / "ids.csv")])
    return tmp_path / "home"


def test_each_actor_has_a_seed_of_its_own(home: Path) -> None:
    with nm.open(home) as opened:
        first = canaries.made(opened.home, "app", "shop", 20, "77#######?")
        assert first == canaries.made(opened.home, "app", "shop", 20, "77#######?")
        other = canaries.made(opened.home, "app", "leak", 20, "77#######?")
        canaries.plant(opened.home, "app", "shop", first)
        more = canaries.made(opened.home, "app", "shop", 20, "77#######?")
    assert len(set(first) | set(other) | set(more)) == 60
    assert all(re.fullmatch(r"77[0-9]{7}[a-z]", value) for value in first + other + more)


def test_made_values_are_nobodys(home: Path) -> None:
    with nm.open(home) as opened:
        made = canaries.made(opened.home, "app", "shop", 100, "88########")
    assert not {f"88{n:03d}" for n in range(40)} & set(made)


@pytest.mark.parametrize(("count", "like"), [(0, "####"), (10, "88######"), (5, "fixed"), (1, "#" * 65), (20_000, "#" * 9)])
def test_patterns_that_can_be_guessed_are_refused(home: Path, count: int, like: str) -> None:
    with nm.open(home) as opened, pytest.raises(InputError):
        canaries.made(opened.home, "app", "shop", count, like)


def test_planting_is_kept_sealed_listed_recorded_and_undone(home: Path) -> None:
    with nm.open(home) as opened:
        added = canaries.plant(opened.home, "app", "shop", ["made-1", "made-2", "made-1"])
        assert [one.value for one in added] == ["made-1", "made-2"]
        assert canaries.plant(opened.home, "app", "shop", ["made-2"]) == []
        assert [(one.level, one.actor, one.kind, one.value) for one in canaries.kept(opened.home)] == [
            ("app", "shop", "subject", "made-1"), ("app", "shop", "subject", "made-2"),
        ]  # fmt: skip
        assert not [path for path, content in every_byte(home) if b"made-1" in content]
        assert (home / canaries.FILE).stat().st_mode & 0o077 == 0
        assert canaries.remove(opened.home, "app", "shop") == 2
        assert canaries.remove(opened.home, "app", "shop") == 0
        assert canaries.kept(opened.home) == []
        assert [entry.body["did"] for entry in journal.entries(opened.home, "canary")][0::2] == ["planted 2 canaries", "removed 2 canaries"]


def test_what_would_prove_nothing_is_refused(home: Path) -> None:
    with nm.open(home) as opened:
        canaries.plant(opened.home, "app", "shop", ["made-1"])
        for values, kind, why in (
            (["made-1"], "subject", "another actor's"),
            (["88001"], "subject", "shown to others"),
            (["13900000001"], "phone", "real people"),
            (["no number"], "phone", "cannot be a phone"),
            ([], "subject", "at least one"),
        ):
            with pytest.raises(InputError, match=why) as refused:
                canaries.plant(opened.home, "app", "leak", values, kind=kind)
            assert not any(value in str(refused.value) for value in values)
        with pytest.raises(InputError, match="level"):
            canaries.plant(opened.home, "planet", "leak", ["x"])
        assert len(canaries.kept(opened.home)) == 1


def test_a_changed_file_is_said(home: Path) -> None:
    with nm.open(home) as opened:
        canaries.plant(opened.home, "app", "shop", ["made-1"])
        raw = bytearray((home / canaries.FILE).read_bytes())
        raw[-1] ^= 1
        (home / canaries.FILE).write_bytes(raw)
        with pytest.raises(EvidenceError, match=canaries.FILE):
            canaries.kept(opened.home)
