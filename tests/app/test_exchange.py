"""Exports from a real home: what leaves is valid, the same each time, recorded with its hash, and names nobody whose data it is."""

from __future__ import annotations

import hashlib
import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from stix2validator import ValidationOptions, validate_string

from nilometer.app import exchange, journal
from nilometer.app.assembly import Home
from nilometer.errors import InputError
from nilometer.exchange import shelf
from tests.app import case_home
from tests.exchange.forms import ocsf_schema


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Home, str]]:
    folder = tmp_path_factory.mktemp("exchange")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        ident = case_home.made(folder / "home")
        home = case_home.opened(folder / "home")
        yield home, ident
        home.close()


@pytest.mark.parametrize("form", shelf())
def test_what_leaves_is_recorded(kept: tuple[Home, str], form: str) -> None:
    home, ident = kept
    texts = [exchange.findings(home, form, by="ama"), exchange.case(home, ident, form, by="ama")]
    for text, about, entry in zip(texts, ("findings", "case"), journal.entries(home, "export")[-2:], strict=True):
        assert entry.by == "ama"
        assert (entry.body["what"], entry.body["as"]) == (about, form)
        assert entry.body["sha256"] == hashlib.sha256(text.encode()).hexdigest()
        assert entry.body["bytes"] == len(text.encode())
        assert "person-" not in text
        assert "new-3" not in text


def test_a_real_case_is_valid_ocsf(kept: tuple[Home, str]) -> None:
    home, ident = kept
    for version in ("1.8.0", "1.6.0"):
        documents = [json.loads(line) for line in exchange.case(home, ident, "ocsf", {"version": version}).splitlines()]
        assert [document["class_uid"] for document in documents] == [2005, 2006]
        assert [ocsf_schema.errors(document) for document in documents] == [[], []]
        assert documents[0]["unmapped"]["nilometer"]["people"] == documents[1]["unmapped"]["nilometer"]["people"]


def test_a_real_case_is_valid_stix(kept: tuple[Home, str]) -> None:
    home, ident = kept
    text = exchange.case(home, ident, "stix", {"tlp": "red"})
    assert validate_string(text, ValidationOptions(version="2.1")).is_valid
    assert text == exchange.case(home, ident, "stix", {"tlp": "red"})


def test_findings_are_the_same_bytes_each_time(kept: tuple[Home, str]) -> None:
    home, _ = kept
    for form in shelf():
        assert exchange.findings(home, form) == exchange.findings(home, form)


def test_what_there_is_not_is_said(kept: tuple[Home, str]) -> None:
    home, ident = kept
    before = len(journal.entries(home, "export"))
    for wrong in (
        lambda: exchange.findings(home, "xml"),
        lambda: exchange.findings(home, "csv", {"a": "b"}),
        lambda: exchange.case(home, "K-1", "csv"),
        lambda: exchange.case(home, ident, "ocsf", {"version": "9"}),
    ):
        with pytest.raises(InputError):
            wrong()
    assert len(journal.entries(home, "export")) == before


def test_a_file_is_the_owners_only(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("old")
    path.chmod(0o644)
    exchange.keep(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(InputError, match="cannot be written"):
        exchange.keep(tmp_path / "nowhere" / "x", b"")
    assert [p.name for p in tmp_path.iterdir()] == ["out.csv"]


def test_every_form_says_what_can_be_chosen() -> None:
    assert {one["id"]: one["switches"].get("tlp") for one in exchange.described()}["stix"] == ["amber", "red", "green", "white"]
