"""What a stranger gets of the settings: those that judge; no address, no token, nothing about other partners."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import nilometer as nm
from nilometer.app import bundle, cases, custody, journal, settingseal
from nilometer.app.assembly import Home
from tests.promises import tampering

TOKEN = "hook-token-5f2e"
SETTINGS = f"""
[evidence]
second_place = "second-{TOKEN}.checkpoint"
[detection]
false_alarms = 2.5
[detectors.reach]
floor = 150
[response.webhook]
url = "https://example.com/hooks/{TOKEN}"
"""
CONTEXT = '[[need]]\nlevel = "app"\nid = "other-partner-app"\npeople_a_day = 20000\nwhy = "their warehouse"\n'


@pytest.fixture(scope="module", name="made")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a case, a webhook's address with a token in it, and facts about a partner who has nothing to do with the case."""
    folder = tmp_path_factory.mktemp("settings") / "home"
    folder.mkdir()
    (folder / "nilometer.toml").write_text(SETTINGS)
    (folder / "context.toml").write_text(CONTEXT)
    with nm.open(folder) as opened:
        opened.ingest(tampering.table(1))
        cases.opened(opened.home, [opened.detect()[0].id])
    return folder


@pytest.fixture(name="home")
def _home(made: Path, tmp_path: Path) -> Iterator[Home]:
    """A copy of it."""
    shutil.copytree(made, tmp_path / "home")
    with nm.open(tmp_path / "home") as opened:
        yield opened.home


def exported(home: Home, out: Path) -> dict[str, bytes]:
    """The files of a bundle that verifies, by their names in it."""
    ident = cases.listed(home)[0]["id"]
    bundle.export(home, ident, out)
    said = custody.verify(out)
    assert said["holds"], said["wrong"]
    with zipfile.ZipFile(out) as archive:
        return {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}


def revealed(held: dict[str, bytes]) -> str:
    """Everything in a bundle, entries decoded, as one text."""
    import base64

    entries = [json.loads(line)["plain"] for line in held["data/log/entries.ndjson"].splitlines()]
    return b"\n".join([*held.values(), *(base64.b64decode(plain) for plain in entries if plain)]).decode("utf-8", "replace")


def test_a_stranger_gets_the_settings_that_judge_and_no_address(home: Home, tmp_path: Path) -> None:
    held = exported(home, tmp_path / "case.zip")
    everything = revealed(held)
    for secret in (TOKEN, "other-partner-app", "their warehouse", "second_place = "):
        assert secret not in everything, secret
    said = json.loads(held["data/settings.json"])
    assert said["in_force"]["detection"] == {"false_alarms": 2.5}
    assert said["in_force"]["detectors"] == {"reach": {"floor": 150}}
    assert said["in_force"]["evidence"] == {"origin": "", "second_place": True}
    assert set(said["digests"]) == {"nilometer.toml", "context.toml"}


def test_entries_of_older_homes_verify_and_are_not_shown(home: Home, tmp_path: Path) -> None:
    texts = {"nilometer.toml": SETTINGS, "context.toml": CONTEXT}
    old = journal.record(home, "settings", {"files": texts, "nilometer": "0.1.0", "python": "3.11.2", "machine": "Linux"})
    gap = journal.record(home, "gap", {"did": "began the second place anew", "why": "moved", "second_place": f"/mnt/{TOKEN}"})
    assert settingseal.changed(home, old.body) == []
    held = exported(home, tmp_path / "case.zip")
    assert TOKEN not in revealed(held)
    assert "other-partner-app" not in revealed(held)
    lines = {json.loads(line)["index"]: json.loads(line) for line in held["data/log/entries.ndjson"].splitlines()}
    assert [lines[entry.index]["plain"] for entry in (old, gap)] == [None, None]
    assert json.loads(lines[old.index]["leaf"])["kind"] == "settings"
    assert custody.verify(home.folder)["holds"]


def test_that_a_file_was_edited_is_noticed_and_sealed(home: Home) -> None:
    before = settingseal.last(home)
    assert before is not None
    assert settingseal.changed(home, before) == []
    (home.folder / "context.toml").write_text(CONTEXT.replace("20000", "30000"))
    assert settingseal.changed(home, before) == ["context.toml"]
    assert any("context.toml was changed since it was sealed" in one for one in custody.verify(home.folder)["noticed"])
    custody.seal(home)
    assert settingseal.changed(home, settingseal.last(home) or {}) == []


def test_a_reveal_key_is_no_settings_file(home: Home) -> None:
    journal.record(home, "settings", {"reveal_key": "x", "did": "made a key that reveals"})
    assert custody.verify(home.folder)["holds"]
